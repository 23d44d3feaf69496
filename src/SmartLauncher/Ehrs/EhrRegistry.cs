using Dapper;
using HealthTeams.FhirGateway.Ehr;
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
        backend_client_id as BackendClientId, write_back as WriteBack, test, environment, adapter, join_link as JoinLink
        """;

    private readonly BriefMemory<string, IReadOnlyList<string>> frames = new(db.Clock, TimeSpan.FromSeconds(10), 1000);

    private IDataProtector Protector => keys.Protection.CreateProtector("ehr-client-secret");

    /// <summary>Registers an EHR, or replaces what is registered of it. Nothing is fetched.</summary>
    public async Task<Outcome<Ehr>> Add(EhrToAdd said, CancellationToken stop)
    {
        var iss = IssMatch.Normalise(said.Iss);
        if (!iss.Ok) return iss.Problem;
        var owner = await Find(iss.Value, exactly: true, stop);
        var before = owner.Ok && owner.Value.Tenant == said.Tenant ? owner.Value : null;
        var read = EhrRules.Check(said, settings.DemoMode, before?.SecretProtected is not null);
        if (!read.Ok) return read.Problem;
        if (owner.Ok && before is null) return Problem.Conflict("Another hospital has registered this iss.", "iss-taken");
        if (before is not null && said.Environment is { } asked && asked != before.Environment) return OtherEnvironment(before);
        if (before is not null && said.New) return Problem.Conflict("This iss is registered already.", "iss-known");
        return await db.In<Outcome<Ehr>>(said.Tenant, said.By, async tx =>
        {
            // The EHR's own host and its issuer's; a discovered authorization server elsewhere is added when discovery names it.
            foreach (var host in read.Value.Issuer is { } issuer ? new[] { read.Value.Iss, issuer } : [read.Value.Iss])
            {
                // An administrator may open the local network, an operator any private address.
                var fromPage = said.By.Kind == CallerKind.Staff;
                await OutboundHttp.Register(tx, host, (said.PrivateNetwork && !fromPage) || (host.IsLoopback && settings.DemoMode));
                if (said.PrivateNetwork && fromPage) await TenantHosts.Keep(tx, host.GetLeftPart(UriPartial.Authority), privateRanges: true);
            }
            var ehr = await Keep(tx, new Ehr
            {
                Id = before?.Id ?? tx.NewId(), Iss = iss.Value, ClientId = said.ClientId, Auth = said.Auth,
                SecretProtected = said.Auth != "secret" ? null
                    : string.IsNullOrEmpty(said.Secret) ? before?.SecretProtected : Protector.Protect(System.Text.Encoding.UTF8.GetBytes(said.Secret)),
                Issuer = said.Issuer, FrameOrigins = read.Value.FrameOrigins, BackendClientId = said.BackendClientId,
                WriteBack = said.WriteBack && said.Adapter != "none", Test = said.Test,
                Environment = said.Environment ?? before?.Environment ?? Ehr.Production, Adapter = said.Adapter, JoinLink = said.JoinLink,
            });
            // Somebody registered it in between: another hospital, or for the other environment.
            if (ehr is null) return tx.Abandon<Outcome<Ehr>>(Problem.Conflict("This iss was registered at the same moment. Look at it again.", "iss-known"));
            tx.Publish(before is null ? "ehr.registered" : "ehr.changed", $"ehr/{ehr.Id}", null, new { ehr.Environment });
            return ehr;
        }, stop);
    }

    /// <summary>Takes a registration back as it was before it was replaced.</summary>
    public Task Restore(Ehr before, Actor by, CancellationToken stop) => db.In(before.Tenant, by, async tx =>
    {
        await Keep(tx, before);
        tx.Publish("ehr.changed", $"ehr/{before.Id}", null, new { before.Environment });
    }, stop);

    /// <summary>Launches of it end at once, its tokens are forgotten; visits stay. Its hosts stay registered: others may need them.</summary>
    public Task<Outcome<bool>> Remove(int tenant, Guid id, Actor by, CancellationToken stop) => db.In<Outcome<bool>>(tenant, by, async tx =>
    {
        if (await tx.Execute("delete from auth.ehr where tenant = @Tenant and id = @id", new { tx.Tenant, id }) == 0) return Problem.NotFound("There is no such EHR here.");
        tx.Publish("ehr.removed", $"ehr/{id}");
        return true;
    }, stop);

    /// <summary>"Tenant config not found" is what others say where test and production are mixed; here is which it is.</summary>
    private static Problem OtherEnvironment(Ehr before) => Problem.Conflict(
        $"{before.Iss} is registered as {before.Environment}. One address is either test or production: ask the vendor for the other one's address, or remove this registration first.",
        "environment-mixed");

    private static Task<Ehr?> Keep(Tx tx, Ehr ehr) => tx.OneOrNone<Ehr>($"""
        insert into auth.ehr
          (tenant, id, iss, client_id, auth, secret_protected, issuer, frame_origins, backend_client_id, write_back, test, environment, adapter, join_link, created_at)
        values
          (@Tenant, @Id, @Iss, @ClientId, @Auth, @SecretProtected, @Issuer, @FrameOrigins, @BackendClientId, @WriteBack, @Test, @Environment, @Adapter, @JoinLink, @Now)
        on conflict (iss) do update
        set client_id = excluded.client_id, auth = excluded.auth, secret_protected = excluded.secret_protected,
          issuer = excluded.issuer, frame_origins = excluded.frame_origins,
          backend_client_id = excluded.backend_client_id, write_back = excluded.write_back, test = excluded.test,
          environment = excluded.environment, adapter = excluded.adapter, join_link = excluded.join_link
        where ehr.tenant = excluded.tenant and ehr.environment = excluded.environment
        returning {Columns}
        """, new
    {
        tx.Tenant, ehr.Id, ehr.Iss, ehr.ClientId, ehr.Auth, ehr.SecretProtected, ehr.Issuer, ehr.FrameOrigins, ehr.BackendClientId,
        ehr.WriteBack, ehr.Test, ehr.Environment, ehr.Adapter, ehr.JoinLink, tx.Now,
    });

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

    /// <summary>Bound to <see cref="WriteRulesOf"/>.</summary>
    public async Task<IReadOnlyDictionary<Guid, WriteRules>> WriteRules(int tenant, CancellationToken stop) =>
        (await All(tenant, stop)).ToDictionary(e => e.Id, e => new WriteRules(e.Adapter, e.JoinLink, e.ForTests));

    internal string? Secret(Ehr ehr) =>
        ehr.SecretProtected is { } bytes ? System.Text.Encoding.UTF8.GetString(Protector.Unprotect(bytes)) : null;

    private static readonly Problem Unknown = Problem.Forbidden("This EHR is not registered here.", "iss-unknown");
}
