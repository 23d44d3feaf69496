using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Keys;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>
/// ./run token: an access token made at the console by whoever may read the keys. It has a row like any other token, so
/// that it can be revoked, and leaves an event with the operating system's user. Needs no web server.
/// </summary>
public sealed class OperatorTokens(Db db, KeyRing keys, TenantDirectory tenants, LauncherSettings settings)
{
    public const string DefaultScope = "system/*.cruds";
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromHours(1);
    public static readonly TimeSpan Longest = TimeSpan.FromHours(8);

    /// <param name="tenant">Slug.</param>
    /// <param name="osUser">The operating system's user, for the record.</param>
    public async Task<Outcome<string>> Mint(string tenant, string? scope, string? patient, TimeSpan? lifetime, string osUser, CancellationToken stop)
    {
        var ttl = lifetime ?? DefaultLifetime;
        if (ttl <= TimeSpan.Zero || ttl > Longest) return Problem.Invalid($"A token lives at most {Longest.TotalSeconds:0} seconds.", "ttl");
        if (Wrong(scope ?? DefaultScope, patient) is { } wrong) return wrong;
        if (await tenants.Find(tenant, stop) is not { } hospital) return Problem.NotFound($"There is no tenant {tenant}.");
        var subject = $"operator:{osUser}";
        return await db.In(hospital.Id, new Actor(subject, CallerKind.System), async tx =>
        {
            var id = tx.NewId().ToString();
            await tx.Execute("""
                insert into auth."OpenIddictTokens" ("Id", "ConcurrencyToken", "CreationDate", "ExpirationDate", "Status", "Subject", "Type")
                values (@id, @stamp, @Now, @until, 'valid', @subject, 'urn:ietf:params:oauth:token-type:access_token')
                """, new { id, stamp = tx.NewId().ToString(), tx.Now, until = tx.Now + ttl, subject });
            tx.Publish("token.issued", $"token/{id}", patient is null ? null : $"Patient/{patient}", new { scope = scope ?? DefaultScope, seconds = (int)ttl.TotalSeconds });
            return Sign(id, subject, hospital.Slug, scope ?? DefaultScope, patient, tx.Now, ttl);
        }, stop);
    }

    /// <summary>A patient's token is for one patient, and only such a token names one.</summary>
    public static Problem? Wrong(string scope, string? patient)
    {
        var parsed = new List<SmartScope>();
        foreach (var name in scope.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!SmartScope.TryParse(name, out var one)) return Problem.Invalid($"{name} is not a SMART scope.", "scope");
            parsed.Add(one);
        }
        if (parsed.Count == 0) return Problem.Invalid("A token needs a scope.", "scope");
        var forPatients = parsed.Any(s => s.Level == ScopeLevel.Patient);
        if (forPatients && patient is null) return Problem.Invalid("patient/ scopes need --patient.", "patient");
        if (!forPatients && patient is not null) return Problem.Invalid("--patient needs patient/ scopes.", "scope");
        return patient is not null && !Launch.TokenAnswer.IsFhirId(patient) ? Problem.Invalid("--patient is not a FHIR id.", "patient") : null;
    }

    private string Sign(string id, string subject, string tenant, string scope, string? patient, DateTimeOffset now, TimeSpan ttl)
    {
        var claims = new Dictionary<string, object>
        {
            ["sub"] = subject,
            ["client_id"] = "operator",
            ["scope"] = scope,
            ["jti"] = Secrets.Random(16),
            [TokenClaims.Tenant] = tenant,
            [TokenClaims.Kind] = nameof(CallerKind.System),
            [TokenClaims.Entry] = id,
        };
        if (patient is not null) claims[TokenClaims.Patient] = patient;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = "at+jwt",
            Issuer = settings.Issuer,
            Audience = settings.FhirBase,
            IssuedAt = now.UtcDateTime,
            Expires = (now + ttl).UtcDateTime,
            Claims = claims,
            SigningCredentials = keys.Signing,
        });
    }
}
