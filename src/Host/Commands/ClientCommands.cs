using System.Globalization;
using HealthTeams.FhirGateway.Access;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Problems;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Apps;
using HealthTeams.SmartLauncher.Clients;
using static HealthTeams.Host.Commands.Operator;

namespace HealthTeams.Host.Commands;

/// <summary>FHIR and SMART clients at the console: registered, approved, taken back, started.</summary>
internal static class ClientCommands
{
    private static Actor Me => new($"operator:{Environment.UserName}", CallerKind.System);

    public static Task<int> Add(Options o) => With(async (services, _) =>
    {
        var added = await services.GetRequiredService<ClientRegistry>().Add(new ClientToAdd(o.Must("id"), o.Must("auth"), o.One("tenant") ?? "demo", o.Has("backend"))
        {
            Name = o.One("name"), Secret = o.One("secret"), Jwks = o.One("jwks") is { } file ? await File.ReadAllTextAsync(file) : null, JwksUrl = o.One("jwks-url"),
            Redirects = o.All("redirect"), Scope = o.One("scope"), LaunchUrl = o.One("launch-url"), Frame = o.Has("in-frame"), Trusted = o.Has("trusted"), PrivateNetwork = o.Has("private-network"),
        }, Me, default);
        return Say(added, secret => secret is null || o.Has("secret") ? $"registered {o.Must("id")}" : $"registered {o.Must("id")}; its secret, shown once:\n{secret}");
    });

    public static Task<int> List(Options o) => With(async (services, _) =>
    {
        var clients = await services.GetRequiredService<ClientRegistry>().All(o.One("tenant") ?? "demo", default);
        Console.WriteLine(clients.Count == 0 ? "no client is registered" : "state\tid\tname\tauth\tkind\tscope\tsince");
        foreach (var c in clients)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{(c.Pending ? "WAITS" : "active")}\t{c.Id}\t{c.Name}\t{c.Auth}\t{(c.Backend ? "backend" : c.LaunchUrl is null ? "users" : "users, started by us")}\t{c.Scope}\t{c.RegisteredAt:yyyy-MM-dd}"));
        }
        return 0;
    });

    public static Task<int> Approve(Options o) => Do(o, (clients, tenant, id) => clients.Approve(tenant, id, o.One("scope"), o.Has("private-network"), Me, default), "may act from now on");

    /// <summary>Only what waits: an active client is removed, which says what it does.</summary>
    public static Task<int> Refuse(Options o) => Do(o, async (clients, tenant, id) =>
        (await clients.All(tenant, default)).Any(c => c.Id == id && c.Pending) ? await clients.Remove(tenant, id, Me, default)
            : Problem.Conflict($"{id} does not wait for approval; to take an active client away: ./run client remove."), "is refused");

    public static Task<int> Remove(Options o) => Do(o, (clients, tenant, id) => clients.Remove(tenant, id, Me, default), "is removed; its tokens are worth nothing");

    public static Task<int> NewSecret(Options o) => With(async (services, _) =>
        Say(await services.GetRequiredService<ClientRegistry>().NewSecret(o.One("tenant") ?? "demo", o.Must("id"), Me, default), secret => $"the new secret, shown once; the old one is worth nothing:\n{secret}"));

    public static Task<int> Revoke(Options o) => With(async (services, _) =>
        Say(await services.GetRequiredService<ClientRegistry>().RevokeTokens(o.One("tenant") ?? "demo", o.Must("id"), Me, default), count => $"{count} tokens revoked; every host notices within ten seconds"));

    /// <summary>A launch of a SMART client for whoever of the hospital signs in (SMART-S6).</summary>
    public static Task<int> LaunchContext(Options o) => With(async (services, _) =>
    {
        var slug = o.One("tenant") ?? "demo";
        if (await services.GetRequiredService<TenantDirectory>().Find(slug, default) is not { } tenant) return Fail($"There is no tenant {slug}.");
        if (!tenant.Demo && !o.Has("production")) return Fail($"{slug} holds real data: repeat with --production if you mean it. It is recorded.");
        if (await services.GetRequiredService<ClientRegistry>().Find(o.Must("client"), default) is not { Backend: false } client || client.Tenant != slug)
        {
            return Fail($"There is no client with users of the id {o.Must("client")} in {slug}: ./run client list.");
        }
        var handle = await services.GetRequiredService<AppLaunches>().Issue(tenant.Id, Me,
            new AppLaunch(client.Id, new ChartContext(o.Must("patient"), o.One("encounter"), o.One("appointment"))) { Intent = o.One("intent") }, default);
        return Say(handle, h => $"for {client.Id}, once, within {AppLaunches.Lifetime.TotalMinutes:0} minutes:\n{h}");
    });

    private static Task<int> Do(Options o, Func<ClientRegistry, string, string, Task<Problem?>> act, string done) => With(async (services, _) =>
    {
        if (await act(services.GetRequiredService<ClientRegistry>(), o.One("tenant") ?? "demo", o.Must("id")) is { } problem) return Fail(problem.Detail);
        Console.WriteLine($"{o.Must("id")} {done}");
        return 0;
    });
}
