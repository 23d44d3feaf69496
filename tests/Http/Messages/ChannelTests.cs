using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HealthTeams.Host;
using HealthTeams.Platform.Due;
using HealthTeams.Tests.Subscriptions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Messages;

/// <summary>Ways out of the page, against a push service that decrypts, a mail server that talks SMTP and a text message gateway.</summary>
public sealed class ChannelTests : IAsyncLifetime
{
    private readonly Receiver outside = new();
    private readonly MailServer mail = new();
    private ChannelProduct product = null!;

    private sealed class ChannelProduct(ChannelTests test) : TestProduct
    {
        protected override HostSettings Settings(HostSettings usual) =>
            usual with { Smtp = new Uri($"smtp://127.0.0.1:{test.mail.Port}"), MailFrom = "teams@hospital.example", Sms = new Uri($"{test.outside.Url}/sms"), SmsSecret = "shared" };
    }

    public async Task InitializeAsync()
    {
        await outside.Start();
        mail.Start();
        product = new ChannelProduct(this);
        await product.InitializeAsync();
        await product.Sql($"insert into platform.outbound_host (origin, private_ranges, added_at) values ('{outside.Url}', true, now()) on conflict do nothing");
    }

    public async Task DisposeAsync()
    {
        await product.DisposeAsync();
        await outside.DisposeAsync();
        mail.Dispose();
    }

    [Fact]
    [Trait("Row", "MSG-03")]
    public async Task Each_way_out_carries_its_key_and_nothing_clinical_and_a_dead_one_delays_no_other()
    {
        var sender = await product.Staff("sender", "Sender");
        var receiver = await product.Staff("receiver", "Receiver");
        using var device = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var auth = RandomNumberGenerator.GetBytes(16);
        var phone = await product.SignedIn("receiver");
        outside.Answers["dead"] = (_, _) => Task.FromResult(500);
        outside.Answers["gone"] = (_, _) => Task.FromResult(410);
        foreach (var path in (string[])["push", "dead", "gone"])
        {
            var added = await TestProduct.Post(phone, "/messages/reach?handler=Device", ("endpoint", $"{outside.Url}/{path}/1"), ("p256dh", Base64Url.EncodeToString(Point(device))), ("auth", Base64Url.EncodeToString(auth)), ("label", path));
            Assert.Equal(HttpStatusCode.OK, added.StatusCode);
        }
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(phone, "/messages/reach?handler=Address", ("kind", "email"), ("address", "receiver@hospital.example"))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(phone, "/messages/reach?handler=Address", ("kind", "sms"), ("address", "+33 6 12 34 56 78"))).StatusCode);
        var desk = await product.SignedIn("sender");
        await Send(desk, receiver, "urgent", "Potassium 6.9");
        await Until(() => outside.At("push").Length == 1 && outside.At("sms").Length == 1 && mail.Messages.Count == 1, "push, text message and e-mail went out");

        var delivery = await product.Ask<Guid>("select id from collab.message_delivery");
        var pushed = outside.At("push")[0];
        Assert.Equal(("aes128gcm", "1200", "high"), (pushed.Headers["Content-Encoding"], pushed.Headers["TTL"], pushed.Headers["Urgency"]));
        Assert.True(pushed.Headers["Topic"].Length <= 32);
        var told = Decrypt(device, auth, pushed.Body);
        Assert.Equal($"{delivery}:0", told.GetProperty("key").GetString());
        Assert.Equal("Urgent message", told.GetProperty("title").GetString());
        Signed(pushed.Headers["Authorization"]);
        var sms = outside.At("sms")[0];
        Assert.Equal(("+33612345678", $"{delivery}:0"), (sms.Json.GetProperty("to").GetString(), sms.Headers["Idempotency-Key"]));
        var seal = sms.Headers["X-HealthTeams-Signature"].Split(',');
        Assert.Equal("v1=" + Convert.ToHexStringLower(HMACSHA256.HashData("shared"u8, (byte[])[.. Encoding.ASCII.GetBytes(seal[0][2..] + "."), .. sms.Body])), seal[1]);
        Assert.Contains($"{product.Url}messages/{delivery}", mail.Messages.Single(), StringComparison.Ordinal);
        Assert.All((string[])[told.ToString(), sms.Text, mail.Messages.Single()], said => Assert.DoesNotContain("Potassium", said, StringComparison.Ordinal));

        // The device that is gone is taken off; the dead service is tried again, and the sender sees it.
        await Until(async () => await product.Ask<long>("select count(*) from collab.person_channel where label = 'gone'") == 0, "the lost device was removed");
        await Until(async () => await product.Ask<string>("select o.error from collab.message_push o join collab.person_channel c on c.id = o.channel where c.label = 'dead'") == "The push service answered 500.", "the failure was kept");
        Assert.Contains("E-mail: sent", WebUtility.HtmlDecode(await desk.GetStringAsync($"/messages/sent/{await product.Ask<Guid>("select id from collab.message")}")), StringComparison.Ordinal);
        outside.Answers["dead"] = (_, _) => Task.FromResult(201);
        product.Clock.Advance(TimeSpan.FromSeconds(70));
        await Until(() => outside.At("dead").Length == 1, "the service that came back was rung");
        Assert.Single(outside.At("push"));
    }

    [Fact]
    public async Task Do_not_disturb_holds_back_what_is_important_and_never_what_is_urgent()
    {
        await product.Staff("sender", "Sender");
        var receiver = await product.Staff("receiver", "Receiver");
        var phone = await product.SignedIn("receiver");
        await TestProduct.Post(phone, "/messages/reach?handler=Address", ("kind", "sms"), ("address", "+33612345678"));
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(phone, "/messages/reach?handler=Quiet", ("from", ""), ("to", ""), ("hours", "2"))).StatusCode);
        var desk = await product.SignedIn("sender");
        await Send(desk, receiver, "important", "Later.");
        await Until(async () => await product.Ask<string>("select state from collab.message_push") == "quiet", "the important one was held");
        await Send(desk, receiver, "urgent", "Now.");
        await Until(() => outside.At("sms").Length == 1, "the urgent one went out");
    }

    [Fact]
    public async Task What_is_no_device_address_or_number_is_refused_and_another_persons_is_not_mine_to_remove()
    {
        await product.Staff("receiver", "Receiver");
        await product.Staff("other", "Other");
        var phone = await product.SignedIn("receiver");
        var bad = await TestProduct.Post(phone, "/messages/reach?handler=Device", ("endpoint", "https://push.example/1"), ("p256dh", Base64Url.EncodeToString([4, .. new byte[64]])), ("auth", Base64Url.EncodeToString(new byte[16])), ("label", ""));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, bad.StatusCode);
        foreach (var (kind, address) in ((string, string)[])[("email", "no address"), ("email", "a@b\r\nBcc: c@d"), ("sms", "0612"), ("fax", "1")])
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TestProduct.Post(phone, "/messages/reach?handler=Address", ("kind", kind), ("address", address))).StatusCode);
        await TestProduct.Post(phone, "/messages/reach?handler=Address", ("kind", "sms"), ("address", "+33612345678"));
        var id = await product.Ask<Guid>("select id from collab.person_channel");
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(await product.SignedIn("other"), "/messages/reach?handler=Removal", ("id", id.ToString()))).StatusCode);
        Assert.Equal(1L, await product.Ask<long>("select count(*) from collab.person_channel"));
    }

    private static async Task Send(HttpClient desk, Guid to, string priority, string text) => Assert.Equal(HttpStatusCode.SeeOther,
        (await TestProduct.Post(desk, "/messages/new", ("Person", to.ToString()), ("Priority", priority), ("Text", text), ("Key", Guid.CreateVersion7().ToString()))).StatusCode);

    private Task Until(Func<bool> happened, string what) => Until(() => Task.FromResult(happened()), what);

    private Task Until(Func<Task<bool>> happened, string what) => TestProduct.Until(() =>
    {
        product.App.Services.GetRequiredService<Wake>().Ring();
        return happened();
    }, what);

    private static byte[] Point(ECDiffieHellman key) => key.ExportParameters(false).Q is var q ? [4, .. q.X!, .. q.Y!] : [];

    /// <summary>As a browser does (RFC 8291, RFC 8188).</summary>
    private static JsonElement Decrypt(ECDiffieHellman device, byte[] auth, byte[] body)
    {
        var server = body[21..86];
        using var theirs = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = server[1..33], Y = server[33..] } });
        var ikm = HKDF.DeriveKey(HashAlgorithmName.SHA256, device.DeriveRawSecretAgreement(theirs.PublicKey), 32, auth, [.. "WebPush: info\0"u8, .. Point(device), .. server]);
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, ikm, 16, body[..16], "Content-Encoding: aes128gcm\0"u8.ToArray());
        var nonce = HKDF.DeriveKey(HashAlgorithmName.SHA256, ikm, 12, body[..16], "Content-Encoding: nonce\0"u8.ToArray());
        var plain = new byte[body.Length - 86 - 16];
        using var aes = new AesGcm(key, 16);
        aes.Decrypt(nonce, body.AsSpan(86, plain.Length), body.AsSpan(86 + plain.Length), plain);
        Assert.Equal(2, plain[^1]);
        return JsonDocument.Parse(plain.AsMemory(0, plain.Length - 1)).RootElement;
    }

    /// <summary>RFC 8292: the token is signed by the key that it names, for this push service.</summary>
    private void Signed(string authorization)
    {
        var parts = authorization["vapid ".Length..].Split(", ").ToDictionary(p => p[..1], p => p[2..]);
        var point = Base64Url.DecodeFromChars(parts["k"]);
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[1..33], Y = point[33..] } });
        var jwt = parts["t"].Split('.');
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{jwt[0]}.{jwt[1]}"), Base64Url.DecodeFromChars(jwt[2]), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(jwt[1])).RootElement;
        Assert.Equal(outside.Url, claims.GetProperty("aud").GetString());
        Assert.True(claims.GetProperty("exp").GetInt64() <= product.Clock.GetUtcNow().AddHours(24).ToUnixTimeSeconds());
    }

    /// <summary>A mail server of one kind: says yes, keeps what it is given.</summary>
    private sealed class MailServer : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        public System.Collections.Concurrent.ConcurrentQueue<string> Messages { get; } = new();
        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public void Start()
        {
            listener.Start();
            _ = Accept();
        }

        private async Task Accept()
        {
            while (true)
            {
                TcpClient client;
                try
                {
                    client = await listener.AcceptTcpClientAsync();
                }
                catch (SocketException)
                {
                    return;
                }
                _ = Talk(client);
            }
        }

        private async Task Talk(TcpClient client)
        {
            using var _ = client;
            using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
            await using var writer = new StreamWriter(client.GetStream(), new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
            await writer.WriteLineAsync("220 test");
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase))
                {
                    await writer.WriteLineAsync("221 bye");
                    return;
                }
                if (!line.StartsWith("DATA", StringComparison.OrdinalIgnoreCase))
                {
                    await writer.WriteLineAsync("250 ok");
                    continue;
                }
                await writer.WriteLineAsync("354 go on");
                var message = new StringBuilder();
                while (await reader.ReadLineAsync() is { } part && part != ".") message.AppendLine(part);
                Messages.Enqueue(message.ToString());
                await writer.WriteLineAsync("250 kept");
            }
        }

        public void Dispose() => listener.Stop();
    }
}
