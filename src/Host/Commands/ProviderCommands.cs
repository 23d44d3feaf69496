using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher;
using HealthTeams.SmartLauncher.Staff;
using static HealthTeams.Host.Commands.Operator;

namespace HealthTeams.Host.Commands;

/// <summary>The OpenID Connect providers where a hospital's staff have accounts.</summary>
internal static class ProviderCommands
{
    public static Task<int> Add(Options o) => Of(o, async (services, tenant) =>
    {
        var added = await services.GetRequiredService<IdentityProviders>().Add(
            new IdentityProviderToAdd(tenant.Id, o.Must("name"), o.Must("issuer"), o.Must("client-id"), o.Must("auth"))
            {
                Secret = o.One("secret"), UsernameClaim = o.One("username-claim"), UsernameDomain = o.One("username-domain"), PrivateNetwork = o.Has("private-network"),
            }, default);
        var us = services.GetRequiredService<LauncherSettings>();
        return Say(added, p => $"staff of {tenant.Slug} sign in with {p.Name}\nredirect URI to give to the provider: {us.At("/auth/provider/callback")}"
            + (p.Auth == "private_key_jwt" ? $"\nour keys: {us.At("/.well-known/jwks.json")}" : ""));
    });

    public static Task<int> List(Options o) => Of(o, async (services, tenant) =>
    {
        foreach (var p in await services.GetRequiredService<IdentityProviders>().All(tenant.Id, default))
        {
            Console.WriteLine($"{p.Issuer}  {p.Name}  {p.Auth}  {(p.UsernameClaim is { } claim ? $"user names from {claim}{(p.UsernameDomain is { } d ? $" without @{d}" : "")}" : "joined by each person")}");
        }
        return 0;
    });

    public static Task<int> Remove(Options o) => Of(o, async (services, tenant) =>
        await services.GetRequiredService<IdentityProviders>().Remove(tenant.Id, o.Must("issuer"), default) is { } problem ? Fail(problem.Detail) : 0);

    private static Task<int> Of(Options o, Func<IServiceProvider, Tenant, Task<int>> work) => With(async (services, _) =>
    {
        var slug = o.One("tenant") ?? "demo";
        return await services.GetRequiredService<TenantDirectory>().Find(slug, default) is { } tenant ? await work(services, tenant) : Fail($"There is no tenant {slug}.");
    });
}
