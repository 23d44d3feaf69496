using System.Security.Cryptography;
using System.Text;
using Dapper;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Keys;
using HealthTeams.SmartLauncher.Staff;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>
/// Checks our access tokens: signature, type, issuer, audience, time, and the row that says whether it was revoked.
/// What was found right is remembered for ten seconds, so that a read costs no signature check and no query.
/// </summary>
public sealed class AccessTokens(Db db, KeyRing keys, TenantDirectory tenants, LauncherSettings settings)
{
    public static readonly TimeSpan RevocationSeenWithin = TimeSpan.FromSeconds(10);
    private const int LongestToken = 8000;
    private static readonly Problem Expired = Problem.Unauthorized("The access token is expired.", "expired");
    private static readonly Problem Invalid = Problem.Unauthorized("The access token is not valid here.");
    private static readonly Problem Revoked = Problem.Unauthorized("The access token was revoked.");

    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false };
    private readonly BriefMemory<string, Caller> known = new(db.Clock, RevocationSeenWithin, 10_000);
    private int forgotten;

    public async ValueTask<Outcome<Caller>> Check(string token, CancellationToken stop)
    {
        if (token.Length > LongestToken) return Invalid;
        var key = Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(token)));
        if (known.TryGet(key, out var caller)) return caller;
        var before = Volatile.Read(ref forgotten);
        var read = await Read(token, stop);
        if (!read.Ok) return read.Problem;
        if (Text(read.Value, TokenClaims.Tenant) is not { } slug || await tenants.Find(slug, stop) is not { } tenant) return Invalid;
        caller = await Describe(read.Value, tenant, stop);
        // What was revoked while it was read here is not remembered as standing.
        if (before == Volatile.Read(ref forgotten)) known.Keep(key, caller, new DateTimeOffset(read.Value.ValidTo, TimeSpan.Zero));
        return caller;
    }

    /// <summary>What was just revoked is noticed here at once, on other hosts within <see cref="RevocationSeenWithin"/> (SMART-S10).</summary>
    public void Forget(string? client)
    {
        Interlocked.Increment(ref forgotten);
        known.ForgetWhere(caller => client is null || caller.Client == client);
    }

    /// <summary>The token itself, signed by us, for us, in time and not revoked.</summary>
    internal async ValueTask<Outcome<JsonWebToken>> Read(string token, CancellationToken stop)
    {
        if (token.Length > LongestToken) return Invalid;
        var validated = await handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            IssuerSigningKey = keys.Signing.Key,
            ValidIssuer = settings.Issuer,
            ValidAudience = settings.FhirBase,
            LifetimeValidator = (_, expires, _, _) => expires is not null && expires > db.Clock.GetUtcNow().UtcDateTime,
        });
        if (!validated.IsValid) return validated.Exception is SecurityTokenInvalidLifetimeException ? Expired : Invalid;
        var jwt = (JsonWebToken)validated.SecurityToken;
        return await Standing(Text(jwt, TokenClaims.Entry), stop) ? jwt : Revoked;
    }

    private async Task<bool> Standing(string? entry, CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        return await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            """
            select t."Status" from auth."OpenIddictTokens" t left join auth."OpenIddictAuthorizations" a on a."Id" = t."AuthorizationId"
            where t."Id" = @entry and coalesce(a."Status", 'valid') = 'valid'
            """, new { entry }, cancellationToken: stop)) == "valid";
    }

    private async Task<Caller> Describe(JsonWebToken jwt, Tenant tenant, CancellationToken stop)
    {
        Guid? person = Guid.TryParse(Text(jwt, TokenClaims.Person), out var id) ? id : null;
        var kind = Enum.TryParse<CallerKind>(Text(jwt, TokenClaims.Kind), out var said) ? said : CallerKind.System;
        return new Caller
        {
            Tenant = tenant.Id,
            TenantSlug = tenant.Slug,
            Id = jwt.Subject,
            Kind = kind,
            Person = person,
            Roles = kind == CallerKind.Staff && person is { } staff
                ? await db.In(tenant.Id, Actor.Product, tx => StaffRoles.Of(tx, staff), stop) : new HashSet<string>(),
            Scopes = (Text(jwt, "scope") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries),
            LaunchPatient = Text(jwt, TokenClaims.Patient),
            FhirUser = Text(jwt, TokenClaims.FhirUser) is { } user && user.StartsWith(settings.FhirBase + "/", StringComparison.Ordinal) ? user[(settings.FhirBase.Length + 1)..] : null,
            Client = Text(jwt, "client_id"),
        };
    }

    internal static string? Text(JsonWebToken jwt, string name) => jwt.TryGetPayloadValue<string>(name, out var value) ? value : null;
}
