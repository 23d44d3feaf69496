using System.Text.Json;
using Dapper;
using HealthTeams.FhirGateway.Ehr;
using HealthTeams.SmartLauncher.Keys;
using HealthTeams.SmartLauncher.Launch;
using Microsoft.AspNetCore.DataProtection;

namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>The tokens that launches left: encrypted, refreshed before they expire and once on a 401, rotated (SMART-A22).</summary>
public sealed class LaunchTokens(Db db, KeyRing keys, EhrDiscovery discovery, EhrTokenCall call)
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);
    private static readonly Problem StartAgain = Problem.Unauthorized("The EHR's session is over. Start again from the EHR.", "launch-token-over");

    private IDataProtector Protector => keys.Protection.CreateProtector("launch-tokens");

    /// <summary>A connection that is not kept: for the launch itself, before it led to a visit.</summary>
    internal static EhrConnection Passing(Ehr ehr, string issUsed, EhrTokens tokens) =>
        new(ehr.Id, Base(issUsed), (fresh, _) => Task.FromResult<Outcome<string>>(fresh ? StartAgain : tokens.Access));

    internal async Task Keep(Tx tx, Guid ehr, string issUsed, Guid visit, Guid person, EhrTokens tokens) =>
        await tx.Execute("""
            insert into auth.launch_token
              (tenant, id, ehr, iss_used, visit, person, scope, tokens, expires_at, refreshable, created_at)
            values (@Tenant, @id, @ehr, @issUsed, @visit, @person, @Scope, @kept, @ExpiresAt, @refreshable, @Now)
            """, new
        {
            tx.Tenant, id = tx.NewId(), ehr, issUsed, visit, person, tokens.Scope, kept = Seal(tokens), tokens.ExpiresAt,
            refreshable = tokens.Refresh is not null, tx.Now,
        });

    /// <summary>Newest launches of the visit first, those with usable tokens only.</summary>
    internal async Task<IReadOnlyList<(Ehr Ehr, EhrConnection Connection, string Scope)>> Of(
        int tenant, Guid visit, IReadOnlyList<Ehr> ehrs, CancellationToken stop)
    {
        var rows = await db.In(tenant, Actor.Product, async tx => (await tx.Query<Row>("""
            select id, ehr, iss_used as IssUsed, scope from auth.launch_token
            where tenant = @Tenant and visit = @visit and (refreshable or expires_at > @Now)
            order by created_at desc limit 20
            """, new { tx.Tenant, visit, tx.Now })).AsList(), stop);
        return [.. from row in rows
            let ehr = ehrs.FirstOrDefault(e => e.Id == row.Ehr)
            where ehr is not null
            select (ehr, new EhrConnection(ehr.Id, Base(row.IssUsed), (fresh, stopping) => Token(tenant, row.Id, ehr, fresh, stopping)), row.Scope)];
    }

    private async Task<Outcome<string>> Token(int tenant, Guid id, Ehr ehr, bool fresh, CancellationToken stop) =>
        // The row stays locked while the EHR answers: a refresh token is used once, whoever asks at the same time waits.
        await db.In<Outcome<string>>(tenant, Actor.Product, async tx =>
        {
            var row = await tx.OneOrNone<Row>(
                "select id, ehr, iss_used as IssUsed, scope, tokens from auth.launch_token where tenant = @Tenant and id = @id for update",
                new { tx.Tenant, id });
            if (row is null) return StartAgain;
            var tokens = Open(row.Tokens);
            if (!fresh && tokens.ExpiresAt - Margin > tx.Now) return tokens.Access;
            if (tokens.Refresh is null) return StartAgain;
            var renewed = await Refresh(ehr, row, tokens, tx.Now, stop);
            if (!renewed.Ok)
            {
                if (renewed.Problem.Where != "invalid_grant") return renewed.Problem;
                await tx.Execute("delete from auth.launch_token where tenant = @Tenant and id = @id", new { tx.Tenant, id });
                return StartAgain;
            }
            await tx.Execute("""
                update auth.launch_token set tokens = @kept, scope = @Scope, expires_at = @ExpiresAt where tenant = @Tenant and id = @id
                """, new { tx.Tenant, id, kept = Seal(renewed.Value), renewed.Value.Scope, renewed.Value.ExpiresAt });
            return renewed.Value.Access;
        }, stop);

    private async Task<Outcome<EhrTokens>> Refresh(Ehr ehr, Row row, EhrTokens old, DateTimeOffset now, CancellationToken stop)
    {
        var at = await discovery.Find(row.IssUsed, stop);
        if (!at.Ok) return at.Problem;
        var answer = await call.AsApp(ehr, at.Value, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = old.Refresh! }, stop);
        if (!answer.Ok) return answer.Problem;
        var read = TokenAnswer.ReadTokens(answer.Value, old.Scope, now);
        return read.Ok ? read.Value with { Refresh = read.Value.Refresh ?? old.Refresh } : read;
    }

    internal static Uri Base(string iss) => new(iss + "/");

    private byte[] Seal(EhrTokens tokens) => Protector.Protect(JsonSerializer.SerializeToUtf8Bytes(tokens));

    private EhrTokens Open(byte[] sealed_) => JsonSerializer.Deserialize<EhrTokens>(Protector.Unprotect(sealed_))!;

    private sealed record Row
    {
        public Guid Id { get; init; }
        public Guid Ehr { get; init; }
        public string IssUsed { get; init; } = "";
        public string Scope { get; init; } = "";
        public byte[] Tokens { get; init; } = [];
    }
}
