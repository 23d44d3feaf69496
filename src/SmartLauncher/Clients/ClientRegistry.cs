using System.Collections.Immutable;
using System.Text.Json;
using Dapper;
using HealthTeams.Platform.Outbound;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Tokens;
using Microsoft.Extensions.DependencyInjection;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthTeams.SmartLauncher.Clients;

/// <summary>SMART clients, kept as OpenIddict applications with their tenant among the properties (SMART-S11).</summary>
public sealed class ClientRegistry(IServiceScopeFactory scopes, Db db, TenantDirectory tenants, EhrDiscovery documents, LauncherSettings settings)
{
    /// <returns>The secret to hand to the client's owner: shown once, kept only as a hash. Null for other kinds of client.</returns>
    public Task<Outcome<string?>> Add(ClientToAdd said, CancellationToken stop) => Add(said, Actor.Product, stop);

    public async Task<Outcome<string?>> Add(ClientToAdd said, Actor by, CancellationToken stop)
    {
        if (ClientRules.Wrong(said) is { } wrong) return wrong;
        if (await tenants.Find(said.Tenant, stop) is not { } tenant) return Problem.NotFound($"There is no tenant {said.Tenant}.");
        // What registered itself is not fetched from before somebody approved (no SSRF).
        if (said is { JwksUrl: { } url, Pending: false } && await Reach(url, said.PrivateNetwork, stop) is { } unreachable) return unreachable;
        var secret = said.Auth == "secret" ? said.Secret ?? Secrets.New() : null;

        await using var scope = scopes.CreateAsyncScope();
        var manager = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        if (await manager.FindByClientIdAsync(said.Id, stop) is { } known)
        {
            if (ClientProperties.Read(said.Id, await manager.GetPropertiesAsync(known, stop)).Tenant != said.Tenant) return Problem.Conflict("Another hospital has this client.", "client-taken");
            await manager.UpdateAsync(known, Describe(said, secret), stop);
        }
        else
        {
            await manager.CreateAsync(Describe(said, secret), stop);
        }
        await Tell(tenant.Id, by, said.Pending ? "client.requested" : "client.registered", said.Id, stop);
        return secret;
    }

    /// <summary>A client that may act; those that wait for approval are found by <see cref="All"/> only.</summary>
    public async Task<Client?> Find(string id, CancellationToken stop)
    {
        await using var scope = scopes.CreateAsyncScope();
        var manager = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        if (await manager.FindByClientIdAsync(id, stop) is not { } known) return null;
        return ClientProperties.Read(id, await manager.GetPropertiesAsync(known, stop)) is { Pending: false } client ? client : null;
    }

    /// <summary>All of a hospital, those that wait first.</summary>
    public async Task<IReadOnlyList<Client>> All(string tenant, CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        var rows = await connection.QueryAsync<(string Id, string? Properties, string? Redirects)>(new CommandDefinition("""
            select "ClientId", "Properties", "RedirectUris" from auth."OpenIddictApplications" where "Properties"::jsonb ->> 'tenant' = @tenant
            order by ("Properties"::jsonb ->> 'pending' = 'true') desc nulls last, lower("DisplayName"), "ClientId" limit 1000
            """, new { tenant }, cancellationToken: stop));
        return [.. rows.Select(r => ClientProperties.Read(r.Id, JsonSerializer.Deserialize<ImmutableDictionary<string, JsonElement>>(r.Properties ?? "{}")!) with
        {
            Redirects = JsonSerializer.Deserialize<string[]>(r.Redirects ?? "[]")!,
        })];
    }

    /// <summary>A pending client may act from now on, with this scope or the one it asked for (SMART-S11).</summary>
    public async Task<Problem?> Approve(string tenant, string id, string? scope, bool privateNetwork, Actor by, CancellationToken stop)
    {
        if (scope is not null && ScopeRules.NotUnderstood(scope) is { } odd) return Problem.Invalid($"{odd} is not a scope we know.", "scope");
        return await Change(tenant, id, "client.approved", by, async (client, descriptor) =>
        {
            if (!client.Pending) return Problem.Conflict($"{id} does not wait for approval.", "not-pending");
            if (client.JwksUrl is { } url && await Reach(url, privateNetwork, stop) is { } unreachable) return unreachable;
            descriptor.Permissions.UnionWith(ClientProperties.Permitted(client.Backend));
            ClientProperties.Write(descriptor, client with { Pending = false, Scope = scope ?? client.Scope });
            return null;
        }, stop);
    }

    /// <summary>A new secret; the old one is worth nothing from this moment on.</summary>
    public async Task<Outcome<string>> NewSecret(string tenant, string id, Actor by, CancellationToken stop)
    {
        var secret = Secrets.New();
        var problem = await Change(tenant, id, "client.secret-changed", by, (client, descriptor) =>
        {
            if (client.Auth != "secret") return Task.FromResult<Problem?>(Problem.Conflict($"{id} has no secret: it is a client with {client.Auth}.", "no-secret"));
            descriptor.ClientSecret = secret;
            return Task.FromResult<Problem?>(null);
        }, stop);
        return problem is null ? secret : problem;
    }

    /// <summary>The client and all its tokens are gone; so is a request that is refused.</summary>
    public async Task<Problem?> Remove(string tenant, string id, Actor by, CancellationToken stop)
    {
        await using var scope = scopes.CreateAsyncScope();
        var manager = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        if (await Own(manager, tenant, id, stop) is not { } own) return Unknown(id);
        await Revoke(scope.ServiceProvider, manager, own.Application, id, stop);
        await manager.DeleteAsync(own.Application, stop);
        await Tell((await tenants.Find(tenant, stop))!.Id, by, own.Client.Pending ? "client.refused" : "client.removed", id, stop);
        return null;
    }

    /// <summary>Every token of the client, at once on this host, within seconds on others (SMART-S10).</summary>
    public async Task<Outcome<long>> RevokeTokens(string tenant, string id, Actor by, CancellationToken stop)
    {
        await using var scope = scopes.CreateAsyncScope();
        var manager = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        if (await Own(manager, tenant, id, stop) is not { } own) return Unknown(id);
        var revoked = await Revoke(scope.ServiceProvider, manager, own.Application, id, stop);
        await Tell((await tenants.Find(tenant, stop))!.Id, by, "client.tokens-revoked", id, stop);
        return revoked;
    }

    private static async Task<long> Revoke(IServiceProvider services, IOpenIddictApplicationManager manager, object application, string id, CancellationToken stop)
    {
        var key = (await manager.GetIdAsync(application, stop))!;
        // The grants first: a token that is being given at this moment belongs to one, and counts no more than it does.
        await services.GetRequiredService<IOpenIddictAuthorizationManager>().RevokeByApplicationIdAsync(key, stop);
        var revoked = await services.GetRequiredService<IOpenIddictTokenManager>().RevokeByApplicationIdAsync(key, stop);
        // The command line has no memory to clear.
        services.GetService<AccessTokens>()?.Forget(id);
        return revoked;
    }

    private async Task<Problem?> Change(string tenant, string id, string told, Actor by, Func<Client, OpenIddictApplicationDescriptor, Task<Problem?>> change, CancellationToken stop)
    {
        await using var scope = scopes.CreateAsyncScope();
        var manager = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        if (await Own(manager, tenant, id, stop) is not { } own) return Unknown(id);
        var descriptor = new OpenIddictApplicationDescriptor();
        await manager.PopulateAsync(descriptor, own.Application, stop);
        if (await change(own.Client, descriptor) is { } problem) return problem;
        await manager.UpdateAsync(own.Application, descriptor, stop);
        await Tell((await tenants.Find(tenant, stop))!.Id, by, told, id, stop);
        return null;
    }

    private static async Task<(object Application, Client Client)?> Own(IOpenIddictApplicationManager manager, string tenant, string id, CancellationToken stop) =>
        await manager.FindByClientIdAsync(id, stop) is { } known && ClientProperties.Read(id, await manager.GetPropertiesAsync(known, stop)) is var client && client.Tenant == tenant
            ? (known, client) : null;

    /// <summary>From now on the address may be spoken to, and it answers with keys.</summary>
    private async Task<Problem?> Reach(string address, bool privateNetwork, CancellationToken stop)
    {
        var url = new Uri(address);
        await using (var connection = await db.App.OpenConnectionAsync(stop))
        {
            await OutboundHttp.Register(connection, url, privateNetwork || (url.IsLoopback && settings.DemoMode), db.Clock.GetUtcNow(), stop);
        }
        var answer = await documents.Json(url, stop);
        return !answer.Ok ? answer.Problem : ClientRules.Keys(answer.Value.GetRawText()) is { Ok: false } bad ? bad.Problem : null;
    }

    private Task<Event> Tell(int tenant, Actor by, string what, string id, CancellationToken stop) => db.In(tenant, by, tx => Task.FromResult(tx.Publish(what, $"client/{id}")), stop);

    private static Problem Unknown(string id) => Problem.NotFound($"There is no client {id} here.");

    private OpenIddictApplicationDescriptor Describe(ClientToAdd said, string? secret)
    {
        var application = new OpenIddictApplicationDescriptor
        {
            ClientId = said.Id,
            ClientType = said.Auth == "public" ? ClientTypes.Public : ClientTypes.Confidential,
            // Whose keys are at an address proves itself by them alone (ClientKeys); OpenIddict wants one or the other, so it has a secret that nobody knows.
            ClientSecret = said is { Auth: "private_key_jwt", Jwks: null } ? Secrets.New() : secret,
            JsonWebKeySet = said is { Auth: "private_key_jwt", Jwks: { } jwks } ? ClientRules.Keys(jwks).Value : null,
            ConsentType = ConsentTypes.Explicit,
            DisplayName = said.Name?.Trim() ?? said.Id,
            Requirements = { Requirements.Features.ProofKeyForCodeExchange },
        };
        application.RedirectUris.UnionWith(said.Redirects.Select(r => new Uri(r)));
        if (!said.Pending) application.Permissions.UnionWith(ClientProperties.Permitted(said.Backend));
        ClientProperties.Write(application, new Client(said.Id, said.Tenant, said.Scope ?? (said.Backend ? ClientRules.BackendScope : ScopeRules.UserScope), said.Auth)
        {
            Name = said.Name?.Trim() ?? said.Id, Backend = said.Backend, Pending = said.Pending, JwksUrl = said.Auth == "private_key_jwt" ? said.JwksUrl : null, LaunchUrl = said.LaunchUrl, Frame = said.Frame,
            Trusted = said.Trusted, RegisteredAt = db.Clock.GetUtcNow(),
        });
        return application;
    }
}
