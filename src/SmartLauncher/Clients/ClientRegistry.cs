using System.Collections.Immutable;
using System.Text.Json;
using HealthTeams.Platform.Outbound;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Ehrs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthTeams.SmartLauncher.Clients;

/// <summary>A registered FHIR or SMART client.</summary>
/// <param name="Tenant">Slug of the hospital it belongs to.</param>
/// <param name="Scope">What it may ask for, space-separated.</param>
public sealed record Client(string Id, string Tenant, string Scope, string Auth);

/// <summary>A client as an operator registers it; registering the same id again replaces it.</summary>
/// <param name="Auth">"public", "secret" or "private_key_jwt".</param>
/// <param name="Backend">SMART backend services: client_credentials with system/ scopes instead of users.</param>
public sealed record ClientToAdd(string Id, string Auth, string Tenant, bool Backend)
{
    public string? Secret { get; init; }

    /// <summary>The client's JWKS document.</summary>
    public string? Jwks { get; init; }
    public string? JwksUrl { get; init; }
    public IReadOnlyList<string> Redirects { get; init; } = [];
    public string? Scope { get; init; }
    public bool PrivateNetwork { get; init; }
}

/// <summary>SMART clients, kept as OpenIddict applications with their tenant among the properties (SMART-S11).</summary>
public sealed class ClientRegistry(
    IServiceScopeFactory scopes, Db db, TenantDirectory tenants, EhrDiscovery documents, LauncherSettings settings)
{
    private const string TenantProperty = "tenant", ScopeProperty = "scope", AuthProperty = "auth", JwksUrlProperty = "jwks_url";
    private const string BackendScope = "system/*.cruds";
    private const string UserScope = "openid fhirUser offline_access online_access user/*.cruds";
    private readonly BriefMemory<string, JsonWebKeySet> fetched = new(db.Clock, TimeSpan.FromMinutes(5), 1000);

    /// <returns>The secret to hand to the client's owner: shown once, kept only as a hash. Null for other kinds of client.</returns>
    public async Task<Outcome<string?>> Add(ClientToAdd said, CancellationToken stop)
    {
        if (said.Id.Length is 0 or > 100 || said.Id.Any(c => c <= ' ' || c > '~')) return Problem.Invalid("A client id has 1 to 100 visible ASCII characters.", "id");
        if (said.Auth is not ("public" or "secret" or "private_key_jwt")) return Problem.Invalid("auth is public, secret or private_key_jwt.", "auth");
        if (await tenants.Find(said.Tenant, stop) is not { } tenant) return Problem.NotFound($"There is no tenant {said.Tenant}.");
        if (said is { Backend: true, Auth: "public" }) return Problem.Invalid("A backend client proves who it is.", "auth");
        if (!said.Backend && said.Redirects.Count == 0) return Problem.Invalid("A client with users needs --redirect.", "redirect");
        var keys = await KeysSaid(said, stop);
        if (!keys.Ok) return keys.Problem;
        var secret = said.Auth == "secret" ? said.Secret ?? Secrets.New() : null;
        var application = Describe(said, keys.Value, secret);
        if (!application.Ok) return application.Problem;

        await using var scope = scopes.CreateAsyncScope();
        var manager = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        if (await manager.FindByClientIdAsync(said.Id, stop) is { } known)
        {
            if (Text(await manager.GetPropertiesAsync(known, stop), TenantProperty) != said.Tenant) return Problem.Conflict("Another hospital has this client.", "client-taken");
            await manager.UpdateAsync(known, application.Value, stop);
        }
        else
        {
            await manager.CreateAsync(application.Value, stop);
        }
        await db.In(tenant.Id, Actor.Product, tx => Task.FromResult(tx.Publish("client.registered", $"client/{said.Id}")), stop);
        return secret;
    }

    public async Task<Client?> Find(string id, CancellationToken stop)
    {
        await using var scope = scopes.CreateAsyncScope();
        var manager = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        if (await manager.FindByClientIdAsync(id, stop) is not { } known) return null;
        var properties = await manager.GetPropertiesAsync(known, stop);
        return new Client(id, Text(properties, TenantProperty) ?? "", Text(properties, ScopeProperty) ?? "", Text(properties, AuthProperty) ?? "");
    }

    /// <summary>The public keys of that name which a client's assertions may be signed with; its address is asked again after five minutes.</summary>
    internal async Task<IReadOnlyList<SecurityKey>> Keys(string? clientId, string? kid, CancellationToken stop)
    {
        if (string.IsNullOrEmpty(clientId)) return [];
        await using var scope = scopes.CreateAsyncScope();
        var manager = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        if (await manager.FindByClientIdAsync(clientId, stop) is not { } known) return [];
        var set = await manager.GetJsonWebKeySetAsync(known, stop);
        if (Text(await manager.GetPropertiesAsync(known, stop), JwksUrlProperty) is { } url && !fetched.TryGet(url, out set!))
        {
            var answer = await documents.Json(new Uri(url), stop);
            if (!answer.Ok) return [];
            set = new JsonWebKeySet(answer.Value.GetRawText());
            fetched.Keep(url, set);
        }
        return set is null ? [] : [.. set.Keys.Where(k => k.Use != "enc" && k.Kty is "RSA" or "EC" && (string.IsNullOrEmpty(kid) || k.Kid == kid))];
    }

    private async Task<Outcome<JsonWebKeySet?>> KeysSaid(ClientToAdd said, CancellationToken stop)
    {
        if (said.Auth != "private_key_jwt") return (JsonWebKeySet?)null;
        if ((said.Jwks is null) == (said.JwksUrl is null)) return Problem.Invalid("private_key_jwt needs either --jwks or --jwks-url.", "jwks");
        var text = said.Jwks;
        if (said.JwksUrl is not null)
        {
            if (!Uri.TryCreate(said.JwksUrl, UriKind.Absolute, out var url) || (url.Scheme != "https" && !url.IsLoopback)) return Problem.Invalid("A JWKS address is https.", "jwks-url");
            await using (var connection = await db.App.OpenConnectionAsync(stop))
            {
                await OutboundHttp.Register(connection, url, said.PrivateNetwork || (url.IsLoopback && settings.DemoMode), db.Clock.GetUtcNow(), stop);
            }
            var answer = await documents.Json(url, stop);
            if (!answer.Ok) return answer.Problem;
            text = answer.Value.GetRawText();
        }
        try
        {
            var set = new JsonWebKeySet(text);
            return set.Keys.Any(k => k.Kty is "RSA" or "EC") && set.Keys.All(k => k is { D: null, K: null })
                ? set : Problem.Invalid("The JWKS holds no public RSA or EC key, or holds secrets.", "jwks");
        }
        catch (ArgumentException)
        {
            return Problem.Invalid("The JWKS cannot be read.", "jwks");
        }
    }

    private static Outcome<OpenIddictApplicationDescriptor> Describe(ClientToAdd said, JsonWebKeySet? keys, string? secret)
    {
        var application = new OpenIddictApplicationDescriptor
        {
            ClientId = said.Id,
            ClientType = said.Auth == "public" ? ClientTypes.Public : ClientTypes.Confidential,
            ClientSecret = secret,
            JsonWebKeySet = keys,
            ConsentType = ConsentTypes.Explicit,
            DisplayName = said.Id,
            Requirements = { Requirements.Features.ProofKeyForCodeExchange },
        };
        foreach (var redirect in said.Redirects)
        {
            if (!Uri.TryCreate(redirect, UriKind.Absolute, out var uri) || uri.Fragment.Length > 0 || (uri.Scheme == "http" && !uri.IsLoopback))
            {
                return Problem.Invalid($"{redirect} is not a usable redirect address.", "redirect");
            }
            application.RedirectUris.Add(uri);
        }
        application.Permissions.UnionWith(said.Backend
            ? [Permissions.Endpoints.Token, Permissions.Endpoints.Introspection, Permissions.Endpoints.Revocation, Permissions.GrantTypes.ClientCredentials]
            : [Permissions.Endpoints.Authorization, Permissions.Endpoints.Token, Permissions.Endpoints.Introspection, Permissions.Endpoints.Revocation,
                Permissions.GrantTypes.AuthorizationCode, Permissions.GrantTypes.RefreshToken, Permissions.ResponseTypes.Code]);
        application.Properties[TenantProperty] = JsonSerializer.SerializeToElement(said.Tenant);
        application.Properties[ScopeProperty] = JsonSerializer.SerializeToElement(said.Scope ?? (said.Backend ? BackendScope : UserScope));
        application.Properties[AuthProperty] = JsonSerializer.SerializeToElement(said.Auth);
        if (said.JwksUrl is not null) application.Properties[JwksUrlProperty] = JsonSerializer.SerializeToElement(said.JwksUrl);
        return application;
    }

    private static string? Text(ImmutableDictionary<string, JsonElement> properties, string name) =>
        properties.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
