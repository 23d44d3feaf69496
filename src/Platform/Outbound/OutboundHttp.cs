using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Dapper;
using HealthTeams.Platform.Database;

namespace HealthTeams.Platform.Outbound;

/// <summary>
/// The one client for everything that leaves: EHR discovery and FHIR, hooks, federation. Registered origins only;
/// private address ranges only where an operator registered them; the address that was checked is the address that is
/// connected to; no redirects; answers capped in size and time. (SMART-A3: nothing is fetched for an unknown iss.)
/// </summary>
public sealed class OutboundHttp : IDisposable
{
    public const int AnswerLimit = 8 * 1024 * 1024;

    /// <summary>Set on a request that follows what a registered partner's own document names.</summary>
    public static readonly HttpRequestOptionsKey<NamedHosts> Named = new("named-hosts");

    private readonly Db db;
    private readonly HttpClient client;
    private readonly HttpClient publicOnly;

    public OutboundHttp(Db db)
    {
        this.db = db;
        client = Client(Connect);
        publicOnly = Client(ConnectPublic);
    }

    private static HttpClient Client(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            AutomaticDecompression = DecompressionMethods.All,
            ConnectCallback = connect,
        })
        {
            Timeout = TimeSpan.FromSeconds(15),
            MaxResponseContentBufferSize = AnswerLimit,
        };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("HealthTeams", "0.1"));
        return client;
    }

    /// <summary>Sends if the origin is registered; unreachable, slow, oversized and refused become a problem of status 502.</summary>
    public async Task<Outcome<HttpResponseMessage>> Send(HttpRequestMessage request, CancellationToken stop)
    {
        var origin = request.RequestUri!.GetLeftPart(UriPartial.Authority);
        var named = request.Options.TryGetValue(Named, out var hosts) && hosts.Origins.Contains(origin) ? hosts : null;
        var trusted = await Registered(origin, stop) || named?.IsHome(request.RequestUri) == true;
        if (!trusted && named is null) return new Problem(502, "host-not-registered", $"{origin} is not a registered host.");
        try
        {
            return await (trusted ? client : publicOnly).SendAsync(request, HttpCompletionOption.ResponseContentRead, stop);
        }
        catch (HttpRequestException e)
        {
            return new Problem(502, "host-unreachable", $"{origin} cannot be reached: {e.HttpRequestError}.", Reason(e));
        }
        catch (TaskCanceledException) when (!stop.IsCancellationRequested)
        {
            return new Problem(504, "host-slow", $"{origin} did not answer within {client.Timeout.TotalSeconds:0} s.");
        }
    }

    /// <summary>At which step it failed, for those who mend it: "name", "private", "tls" or "connection".</summary>
    private static string Reason(HttpRequestException e) => e switch
    {
        { HttpRequestError: HttpRequestError.NameResolutionError } or { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } } => "name",
        { HttpRequestError: HttpRequestError.SecureConnectionError } => "tls",
        { Message: NotRegisteredPrivate } or { InnerException.Message: NotRegisteredPrivate } => "private",
        _ => "connection",
    };

    private const string NotRegisteredPrivate = "private address range not registered for this host";

    /// <summary>A large answer, streamed to where it is kept; the same rules, with a cap of its own and time as long as bytes come.</summary>
    public async Task<Problem?> Download(HttpRequestMessage request, Stream to, long limit, CancellationToken stop)
    {
        var origin = request.RequestUri!.GetLeftPart(UriPartial.Authority);
        if (!await Registered(origin, stop)) return new Problem(502, "host-not-registered", $"{origin} is not a registered host.");
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            silence.CancelAfter(client.Timeout);
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            if (!answer.IsSuccessStatusCode) return new Problem(502, "host-refused", $"{origin} answered {(int)answer.StatusCode}.");
            await using var from = await answer.Content.ReadAsStreamAsync(silence.Token);
            var buffer = new byte[128 * 1024];
            for (var all = 0L; ;)
            {
                silence.CancelAfter(client.Timeout);
                var read = await from.ReadAsync(buffer, silence.Token);
                if (read == 0) return null;
                if ((all += read) > limit) return new Problem(413, "too-long", $"{origin} sent more than {limit / 1024 / 1024} MB.");
                await to.WriteAsync(buffer.AsMemory(0, read), silence.Token);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new Problem(502, "host-unreachable", $"{origin} cannot be reached, or broke off: {(e as HttpRequestException)?.HttpRequestError ?? HttpRequestError.ResponseEnded}.");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new Problem(504, "host-slow", $"{origin} was silent for {client.Timeout.TotalSeconds:0} s.");
        }
    }

    /// <summary>An operator's or a registration's act: from now on this origin may be spoken to.</summary>
    public static Task Register(Npgsql.NpgsqlConnection connection, Uri uri, bool privateRanges, DateTimeOffset now, CancellationToken stop) =>
        connection.ExecuteAsync(new CommandDefinition(RegisterSql, new { origin = uri.GetLeftPart(UriPartial.Authority), privateRanges, now }, cancellationToken: stop));

    public static Task Register(Tx tx, Uri uri, bool privateRanges) =>
        tx.Execute(RegisterSql, new { origin = uri.GetLeftPart(UriPartial.Authority), privateRanges, now = tx.Now });

    private const string RegisterSql = """
        insert into platform.outbound_host (origin, private_ranges, added_at) values (@origin, @privateRanges, @now)
        on conflict (origin) do update set private_ranges = outbound_host.private_ranges or excluded.private_ranges
        """;

    /// <summary>Whether this address may be spoken to; asked before something is promised that needs it.</summary>
    public Task<bool> Registered(Uri uri, CancellationToken stop) => Registered(uri.GetLeftPart(UriPartial.Authority), stop);

    private async Task<bool> Registered(string origin, CancellationToken stop) => (await Rights(origin, stop)).Known;

    private async Task<(bool Known, bool PrivateRanges, bool LocalNetwork)> Rights(string origin, CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        return await connection.QuerySingleAsync<(bool, bool, bool)>(new CommandDefinition(
            "select known, private_ranges, local_network from platform.host_rights(@origins)", new { origins = Origins(origin) }, cancellationToken: stop));
    }

    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        var request = context.InitialRequestMessage.RequestUri!;
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, stop);
        var home = context.InitialRequestMessage.Options.TryGetValue(Named, out var named) && named.IsHome(request) ? named.Home : request;
        var inside = Array.FindAll(addresses, AddressRanges.IsPrivate);
        if (inside.Length > 0 && !await PrivateAllowed(request.GetLeftPart(UriPartial.Authority), inside, stop)
            && !(home != request && await PrivateAllowed(home.GetLeftPart(UriPartial.Authority), inside, stop)))
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, NotRegisteredPrivate);
        }
        return await Open(addresses, context.DnsEndPoint.Port, stop);
    }

    private static async ValueTask<Stream> ConnectPublic(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, stop);
        if (addresses.Any(AddressRanges.IsPrivate)) throw new HttpRequestException(HttpRequestError.ConnectionError, "private address range not registered for this host");
        return await Open(addresses, context.DnsEndPoint.Port, stop);
    }

    /// <summary>The addresses that were looked at are those that are connected to: a name that answers otherwise a moment later changes nothing.</summary>
    private static async ValueTask<Stream> Open(IPAddress[] addresses, int port, CancellationToken stop)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, stop);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>An operator allows any private range, a hospital's administrator the local network's only.</summary>
    private async Task<bool> PrivateAllowed(string origin, IPAddress[] inside, CancellationToken stop)
    {
        var rights = await Rights(origin, stop);
        return rights.PrivateRanges || (rights.LocalNetwork && inside.All(AddressRanges.IsLocalNetwork));
    }

    /// <summary>With demo data this machine's own addresses are registered, whatever the port: rows that end in ":*", which count for nothing else.</summary>
    private static string[] Origins(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.IsLoopback ? [origin, $"{uri.Scheme}://{uri.Host}:*"] : [origin];

    public static readonly IReadOnlyList<string> Loopback = ["http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*"];

    public void Dispose()
    {
        client.Dispose();
        publicOnly.Dispose();
    }
}

/// <summary>
/// Origins that a registered partner's document names: reachable on that partner's behalf, by this request alone. Another port
/// of its own host stands where that host stands; any other must be public, over connections that no registration opened.
/// </summary>
public sealed record NamedHosts(Uri Home, IReadOnlySet<string> Origins)
{
    internal bool IsHome(Uri address) => string.Equals(Home.IdnHost, address.IdnHost, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Address ranges that are not on the public internet (RFC 6890).</summary>
public static class AddressRanges
{
    private static readonly IPNetwork[] Ranges =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "::/127", "fc00::/7", "fe80::/10", "ff00::/8", "64:ff9b::/96",
        }.Select(IPNetwork.Parse),
    ];

    /// <summary>Where a hospital's own servers stand; neither this machine nor link-local, which holds a cloud's metadata.</summary>
    private static readonly IPNetwork[] LocalNetworks =
        [.. new[] { "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7" }.Select(IPNetwork.Parse)];

    public static bool IsPrivate(IPAddress address) => In(Ranges, address);

    public static bool IsLocalNetwork(IPAddress address) => In(LocalNetworks, address);

    private static bool In(IPNetwork[] ranges, IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return ranges.Any(r => r.BaseAddress.AddressFamily == plain.AddressFamily && r.Contains(plain));
    }
}
