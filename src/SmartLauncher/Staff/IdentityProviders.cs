using Dapper;
using HealthTeams.Platform.Outbound;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Keys;
using Microsoft.AspNetCore.DataProtection;

namespace HealthTeams.SmartLauncher.Staff;

/// <summary>A hospital's own OpenID Connect provider, where its staff have accounts.</summary>
public sealed record IdentityProvider
{
    public int Tenant { get; init; }
    public Guid Id { get; init; }
    public string Name { get; init; } = "";
    public string Issuer { get; init; } = "";
    public string ClientId { get; init; } = "";
    public string Auth { get; init; } = "";
    public byte[]? SecretProtected { get; init; }
    public string? UsernameClaim { get; init; }
    public string? UsernameDomain { get; init; }

    /// <summary>The user name of ours that a claim's value means; null when it means none.</summary>
    public string? Username(string? said)
    {
        if (said is null || UsernameClaim is null) return null;
        if (UsernameDomain is not { } domain) return said.Contains('@', StringComparison.Ordinal) ? null : said.ToLowerInvariant();
        return said.Length > domain.Length + 1 && said.EndsWith("@" + domain, StringComparison.OrdinalIgnoreCase) ? said[..^(domain.Length + 1)].ToLowerInvariant() : null;
    }
}

/// <summary>A provider as an operator registers it; registering the same issuer again replaces it and keeps who is joined.</summary>
/// <param name="Auth">"public", "secret" or "private_key_jwt".</param>
public sealed record IdentityProviderToAdd(int Tenant, string Name, string Issuer, string ClientId, string Auth)
{
    public string? Secret { get; init; }

    /// <summary>The claim that holds a user name of ours, where the hospital gives both out. Null: each person joins their account once, with our password.</summary>
    public string? UsernameClaim { get; init; }

    /// <summary>The domain behind user names in that claim: only they count, and it is cut off.</summary>
    public string? UsernameDomain { get; init; }
    public bool PrivateNetwork { get; init; }
}

/// <summary>What the sign-in page shows of a provider.</summary>
/// <param name="Hospital">The tenant's slug.</param>
public sealed record ProviderOffer(Guid Id, string Name, string Hospital);

/// <summary>The providers whose accounts open a session of staff.</summary>
public sealed class IdentityProviders(Db db, KeyRing keys, LauncherSettings settings)
{
    private const string Columns =
        "tenant, id, name, issuer, client_id as ClientId, auth, secret_protected as SecretProtected, username_claim as UsernameClaim, username_domain as UsernameDomain";

    private readonly BriefMemory<int, IReadOnlyList<(int Tenant, ProviderOffer Offer)>> known = new(db.Clock, TimeSpan.FromSeconds(5), 1);

    private IDataProtector Protector => keys.Protection.CreateProtector("identity-provider-secret");

    /// <param name="by">An administrator, whose private network is the hospital's own; null: the operator at the console.</param>
    public async Task<Outcome<IdentityProvider>> Add(IdentityProviderToAdd said, CancellationToken stop, Actor? by = null)
    {
        if (!Uri.TryCreate(said.Issuer, UriKind.Absolute, out var issuer) || issuer.UserInfo.Length > 0 || issuer.Query.Length > 0 || issuer.Fragment.Length > 0
            || !(issuer.Scheme == "https" || (issuer.Scheme == "http" && issuer.IsLoopback)))
        {
            return Problem.Invalid("issuer is an https address without query.", "issuer");
        }
        if (string.IsNullOrWhiteSpace(said.Name) || said.Name.Length > 60) return Problem.Invalid("name has 1 to 60 characters; staff read it on the button.", "name");
        if (said.ClientId.Length is 0 or > 200) return Problem.Invalid("client-id has 1 to 200 characters.", "client-id");
        if (said.Auth is not ("public" or "secret" or "private_key_jwt")) return Problem.Invalid("auth is public, secret or private_key_jwt.", "auth");
        if ((said.Auth == "secret") == string.IsNullOrEmpty(said.Secret)) return Problem.Invalid("secret goes with auth secret, and only there.", "secret");
        if (said.UsernameClaim is { } claim && !(claim.Length is > 0 and <= 100 && claim.All(c => char.IsAsciiLetterOrDigit(c) || "_:/.-".Contains(c, StringComparison.Ordinal))))
        {
            return Problem.Invalid("username-claim is the name of a claim, like preferred_username.", "username-claim");
        }
        if (said.UsernameDomain is { } domain && (said.UsernameClaim is null || domain.Length is 0 or > 200 || !domain.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-')))
        {
            return Problem.Invalid("username-domain is a domain in lower case, like hospital.example, and goes with username-claim.", "username-domain");
        }
        return await db.In<Outcome<IdentityProvider>>(said.Tenant, by ?? Actor.Product, async tx =>
        {
            await OutboundHttp.Register(tx, issuer, (said.PrivateNetwork && by is null) || (issuer.IsLoopback && settings.DemoMode));
            if (said.PrivateNetwork && by is not null) await TenantHosts.Keep(tx, issuer.GetLeftPart(UriPartial.Authority), privateRanges: true);
            var provider = await tx.OneOrNone<IdentityProvider>($"""
                insert into auth.identity_provider (tenant, id, name, issuer, client_id, auth, secret_protected, username_claim, username_domain, created_at)
                values (@Tenant, @id, @Name, @Issuer, @ClientId, @Auth, @secret, @UsernameClaim, @UsernameDomain, @Now)
                on conflict (tenant, issuer) do update
                set name = excluded.name, client_id = excluded.client_id, auth = excluded.auth, secret_protected = excluded.secret_protected,
                  username_claim = excluded.username_claim, username_domain = excluded.username_domain
                returning {Columns}
                """, new
            {
                tx.Tenant, id = tx.NewId(), said.Name, said.Issuer, said.ClientId, said.Auth, said.UsernameClaim, said.UsernameDomain, tx.Now,
                secret = said.Auth == "secret" ? Protector.Protect(System.Text.Encoding.UTF8.GetBytes(said.Secret!)) : null,
            });
            tx.Publish("identity-provider.registered", $"identity-provider/{provider!.Id}");
            return provider;
        }, stop);
    }

    public async Task<IReadOnlyList<IdentityProvider>> All(int tenant, CancellationToken stop) =>
        await db.In(tenant, Actor.Product, async tx =>
            (await tx.Query<IdentityProvider>($"select {Columns} from auth.identity_provider where tenant = @Tenant order by name", new { tx.Tenant })).AsList(), stop);

    /// <summary>Nobody signs in there any more; who was joined must join again should it come back. Sessions go on until they end.</summary>
    public async Task<Problem?> Remove(int tenant, string issuer, CancellationToken stop, Actor? by = null) => await db.In(tenant, by ?? Actor.Product, async tx =>
    {
        var id = await tx.Scalar<Guid?>("delete from auth.identity_provider where tenant = @Tenant and issuer = @issuer returning id", new { tx.Tenant, issuer });
        if (id is null) return Problem.NotFound("No provider with this issuer is registered.");
        tx.Publish("identity-provider.removed", $"identity-provider/{id}");
        return null;
    }, stop);

    /// <summary>How many of the staff have joined an account, by provider.</summary>
    public async Task<IReadOnlyDictionary<Guid, long>> Joined(int tenant, CancellationToken stop) => await db.In(tenant, Actor.Product, async tx =>
        (await tx.Query<(Guid Provider, long Count)>("select provider, count(*) from auth.staff_identity where tenant = @Tenant group by provider", new { tx.Tenant }))
            .ToDictionary(r => r.Provider, r => r.Count), stop);

    /// <param name="hospital">A tenant's slug; null: of all.</param>
    public async Task<IReadOnlyList<ProviderOffer>> Offers(string? hospital, CancellationToken stop) =>
        [.. (await Known(stop)).Select(k => k.Offer).Where(o => hospital is null || o.Hospital == hospital)];

    internal async Task<IdentityProvider?> Find(Guid id, CancellationToken stop)
    {
        var tenant = (await Known(stop)).Where(k => k.Offer.Id == id).Select(k => k.Tenant).FirstOrDefault();
        return tenant == 0 ? null : await db.In(tenant, Actor.Product, tx => tx.OneOrNone<IdentityProvider>(
            $"select {Columns} from auth.identity_provider where tenant = @Tenant and id = @id", new { tx.Tenant, id }), stop);
    }

    internal ClientLogin Login(IdentityProvider provider) => new(provider.ClientId, provider.Auth,
        provider.SecretProtected is { } bytes ? System.Text.Encoding.UTF8.GetString(Protector.Unprotect(bytes)) : null);

    private async Task<IReadOnlyList<(int Tenant, ProviderOffer Offer)>> Known(CancellationToken stop)
    {
        if (known.TryGet(0, out var offers)) return offers;
        await using var connection = await db.App.OpenConnectionAsync(stop);
        offers = [.. (await connection.QueryAsync<(int Tenant, Guid Id, string Name, string Hospital)>(new CommandDefinition(
            "select tenant, id, name, hospital from auth.identity_providers()", cancellationToken: stop)))
            .Select(r => (r.Tenant, new ProviderOffer(r.Id, r.Name, r.Hospital)))];
        known.Keep(0, offers);
        return offers;
    }
}
