using Dapper;
using HealthTeams.Platform.Outbound;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Keys;
using Microsoft.AspNetCore.DataProtection;

namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>The EHRs that may launch us, and nobody else.</summary>
public sealed class EhrRegistry(Db db, KeyRing keys, LauncherSettings settings)
{
    private const string Columns = """
        tenant, id, iss, client_id as ClientId, auth, secret_protected as SecretProtected, issuer, frame_origins as FrameOrigins,
        backend_client_id as BackendClientId, write_back as WriteBack, test
        """;

    private readonly BriefMemory<string, IReadOnlyList<string>> frames = new(db.Clock, TimeSpan.FromSeconds(10), 1000);

    private IDataProtector Protector => keys.Protection.CreateProtector("ehr-client-secret");

    public async Task<Outcome<Ehr>> Add(EhrToAdd said, CancellationToken stop)
    {
        var iss = IssMatch.Normalise(said.Iss);
        if (!iss.Ok) return iss.Problem;
        var uri = new Uri(iss.Value);
        if (uri.Scheme != "https" && !uri.IsLoopback && !settings.DemoMode) return Problem.Invalid("An EHR is reached over https.", "iss");
        if (said.Test && !settings.DemoMode) return Problem.Invalid("--test is for demo data only.", "test");
        if (said.Auth is not ("public" or "secret" or "private_key_jwt")) return Problem.Invalid("auth is public, secret or private_key_jwt.", "auth");
        if (said.Auth == "secret" && string.IsNullOrEmpty(said.Secret)) return Problem.Invalid("auth secret needs --secret.", "secret");
        Uri? issuer = null;
        if (said.Issuer is not null && !(Uri.TryCreate(said.Issuer, UriKind.Absolute, out issuer) && issuer.Scheme is "https" or "http"))
        {
            return Problem.Invalid("issuer is an address.", "issuer");
        }
        foreach (var origin in said.FrameOrigins)
        {
            if (FrameOrigin(origin) is null) return Problem.Invalid($"{origin} is not an origin (scheme, host and port).", "frame-origin");
        }
        var owner = await Find(iss.Value, exactly: true, stop);
        if (owner.Ok && owner.Value.Tenant != said.Tenant) return Problem.Conflict("Another hospital has registered this iss.", "iss-taken");
        return await db.In<Outcome<Ehr>>(said.Tenant, Actor.Product, async tx =>
        {
            // The EHR's own host and its issuer's; a discovered authorization server elsewhere is added when discovery names it.
            foreach (var host in issuer is null ? [uri] : new[] { uri, issuer })
            {
                await OutboundHttp.Register(tx, host, said.PrivateNetwork || (host.IsLoopback && settings.DemoMode));
            }
            var ehr = await tx.OneOrNone<Ehr>($"""
                insert into auth.ehr
                  (tenant, id, iss, client_id, auth, secret_protected, issuer, frame_origins, backend_client_id, write_back, test, created_at)
                values
                  (@Tenant, @id, @iss, @ClientId, @Auth, @secret, @Issuer, @origins, @BackendClientId, @WriteBack, @Test, @Now)
                on conflict (iss) do update
                set client_id = excluded.client_id, auth = excluded.auth, secret_protected = excluded.secret_protected,
                  issuer = excluded.issuer, frame_origins = excluded.frame_origins,
                  backend_client_id = excluded.backend_client_id, write_back = excluded.write_back, test = excluded.test
                where ehr.tenant = excluded.tenant
                returning {Columns}
                """, new
            {
                tx.Tenant, id = tx.NewId(), iss = iss.Value, said.ClientId, said.Auth,
                secret = string.IsNullOrEmpty(said.Secret) ? null : Protector.Protect(System.Text.Encoding.UTF8.GetBytes(said.Secret)),
                said.Issuer, origins = said.FrameOrigins.Select(o => FrameOrigin(o)!).Distinct().ToArray(),
                said.BackendClientId, said.WriteBack, said.Test, tx.Now,
            });
            tx.Publish("ehr.registered", $"ehr/{ehr!.Id}");
            return ehr;
        }, stop);
    }

    /// <summary>The registration an iss means. Nothing is fetched here or before here (SMART-A3).</summary>
    /// <param name="iss">Normalised.</param>
    public async Task<Outcome<Ehr>> Find(string iss, bool exactly, CancellationToken stop)
    {
        (int Tenant, Guid Id)? found;
        await using (var connection = await db.App.OpenConnectionAsync(stop))
        {
            found = await connection.QuerySingleOrDefaultAsync<(int, Guid)?>(new CommandDefinition(
                "select tenant, id from auth.ehr_by_iss(@iss)", new { iss }, cancellationToken: stop));
            if (found is null && !exactly && settings.DemoMode)
            {
                var tests = await connection.QueryAsync<(int Tenant, Guid Id, string Iss)>(new CommandDefinition(
                    "select tenant, id, iss from auth.ehrs_for_test()", cancellationToken: stop));
                // The longest registration wins where several cover it.
                var best = tests.Where(t => IssMatch.Covers(t.Iss, iss, test: true)).OrderByDescending(t => t.Iss.Length).FirstOrDefault();
                if (best.Iss is not null) found = (best.Tenant, best.Id);
            }
        }
        if (found is null || await Get(found.Value.Tenant, found.Value.Id, stop) is not { } ehr) return Unknown;
        return ehr;
    }

    public Task<Ehr?> Get(int tenant, Guid id, CancellationToken stop) =>
        db.In(tenant, Actor.Product, tx => tx.OneOrNone<Ehr>($"select {Columns} from auth.ehr where tenant = @Tenant and id = @id", new { tx.Tenant, id }), stop);

    public async Task<IReadOnlyList<Ehr>> All(int tenant, CancellationToken stop) =>
        await db.In(tenant, Actor.Product, async tx =>
            (await tx.Query<Ehr>($"select {Columns} from auth.ehr where tenant = @Tenant order by created_at", new { tx.Tenant })).AsList(), stop);

    /// <summary>Origins for CSP frame-ancestors: the EHRs' own and those registered for their charts (SMART-A27); null: of every tenant.</summary>
    public async ValueTask<IReadOnlyList<string>> FrameAncestors(int? tenant, CancellationToken stop)
    {
        var key = tenant?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "all";
        if (frames.TryGet(key, out var known)) return known;
        await using var connection = await db.App.OpenConnectionAsync(stop);
        var rows = await connection.QueryAsync<(int Tenant, string Iss, string[] Origins)>(new CommandDefinition(
            "select tenant, iss, frame_origins from auth.frame_origins()", cancellationToken: stop));
        string[] origins = [.. rows.Where(r => tenant is null || r.Tenant == tenant)
            .SelectMany(r => r.Origins.Append(new Uri(r.Iss).GetLeftPart(UriPartial.Authority))).Distinct().Order(StringComparer.Ordinal)];
        frames.Keep(key, origins);
        return origins;
    }

    internal string? Secret(Ehr ehr) =>
        ehr.SecretProtected is { } bytes ? System.Text.Encoding.UTF8.GetString(Protector.Unprotect(bytes)) : null;

    private static readonly Problem Unknown = Problem.Forbidden("This EHR is not registered here.", "iss-unknown");

    private static string? FrameOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.PathAndQuery == "/"
            ? uri.GetLeftPart(UriPartial.Authority) : null;
}
