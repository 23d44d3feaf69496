using System.Globalization;
using System.Text.Json;
using Dapper;
using HealthTeams.FhirGateway.Ehr;
using HealthTeams.SmartLauncher.Keys;
using HealthTeams.SmartLauncher.Launch;
using Microsoft.AspNetCore.DataProtection;
using Npgsql;

namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>The tokens that launches left: encrypted, refreshed before they expire and once on a 401, rotated (SMART-A22).</summary>
public sealed class LaunchTokens(Db db, KeyRing keys, EhrDiscovery discovery, EhrTokenCall call, EhrRegistry ehrs)
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    /// <summary>Longer than discovery and the token call together may take; after it a stopped host's claim is anybody's.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan WaitEvery = TimeSpan.FromMilliseconds(250);
    private const int LongestWait = 80, StoreAttempts = 20;
    internal static readonly Problem StartAgain = Problem.Unauthorized("The EHR's session is over. Start again from the EHR.", LaunchProblem.SessionOver);

    private IDataProtector Protector => keys.Protection.CreateProtector("launch-tokens");

    /// <summary>For the launch itself, before it led to a visit: nothing is stored yet, a refresh replaces what is held.</summary>
    internal PassingTokens Passing(Ehr ehr, string issUsed, EhrTokens tokens) => new(tokens, Base(issUsed), ehr,
        (old, stop) => Refresh(ehr, issUsed, old, db.Clock.GetUtcNow(), TimeSpan.Zero, stop));

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
            select (ehr, new EhrConnection(ehr.Id, Base(row.IssUsed), Way(tenant, row.Id, ehr)), row.Scope)];
    }

    /// <summary>A visit's way to its EHR; knows which token it gave out, so that a 401 of an old one does not renew a new one.</summary>
    private Func<bool, CancellationToken, Task<Outcome<string>>> Way(int tenant, Guid id, Ehr ehr)
    {
        string? given = null;
        return async (fresh, stop) =>
        {
            var token = await Token(tenant, id, ehr, fresh ? given : null, stop);
            if (token.Ok) given = token.Value;
            return token;
        };
    }

    /// <param name="refused">The access token the EHR no longer takes.</param>
    private async Task<Outcome<string>> Token(int tenant, Guid id, Ehr ehr, string? refused, CancellationToken stop)
    {
        for (var waited = 0; waited < LongestWait; waited++)
        {
            if (waited > 0) await Task.Delay(WaitEvery, stop);
            var taken = await Claim(tenant, id, refused, stop);
            if (!taken.Ok) return taken.Problem;
            if (taken.Value is not { } claim) continue;
            if (claim.Id is null) return claim.Tokens.Access;
            // From here to the store nothing stops it, the caller's leaving neither: the EHR rotates, and what it gives is lost once only.
            return await Renew(tenant, id, ehr, claim, CancellationToken.None);
        }
        return new Problem(503, "launch-token-busy", "The EHR takes long to renew its token.");
    }

    /// <summary>
    /// Usable tokens, or the claim to renew them: a refresh token is used by one at a time, and no transaction is open while
    /// the EHR answers. Null: somebody else has the claim.
    /// </summary>
    private Task<Outcome<Claimed?>> Claim(int tenant, Guid id, string? refused, CancellationToken stop) =>
        db.In<Outcome<Claimed?>>(tenant, Actor.Product, async tx =>
        {
            var row = await tx.OneOrNone<Row>("""
                select t.id, t.ehr, t.iss_used as IssUsed, t.scope, t.tokens, t.claimed_until as ClaimedUntil,
                  greatest(t.created_at, (select max(greatest(p.waiting_since, p.joined_at, p.left_at, c.at))
                    from collab.participant p left join collab.room_chat c on c.tenant = p.tenant and c.visit = p.visit and c.participant = p.id
                    where p.tenant = t.tenant and p.visit = t.visit and p.person = t.person)) as ActiveAt
                from auth.launch_token t where t.tenant = @Tenant and t.id = @id for update of t
                """, new { tx.Tenant, id });
            if (row is null) return StartAgain;
            var tokens = Open(row.Tokens);
            if (tokens.Access != refused && tokens.ExpiresAt - Margin > tx.Now) return new Claimed(null, row.IssUsed, tokens, default);
            if (tokens.Refresh is null) return StartAgain;
            if (row.ClaimedUntil > tx.Now) return (Claimed?)null;
            var claim = tx.NewId();
            await tx.Execute("update auth.launch_token set claim = @claim, claimed_until = @until where tenant = @Tenant and id = @id",
                new { tx.Tenant, id, claim, until = tx.Now + Lease });
            return new Claimed(claim, row.IssUsed, tokens, tx.Now - row.ActiveAt);
        }, stop);

    private async Task<Outcome<string>> Renew(int tenant, Guid id, Ehr ehr, Claimed claim, CancellationToken stop)
    {
        var renewed = await Refresh(ehr, claim.IssUsed, claim.Tokens, db.Clock.GetUtcNow(), claim.Inactive, stop);
        if (renewed.Ok)
        {
            await Store(tenant, """
                update auth.launch_token set tokens = @kept, scope = @Scope, expires_at = @ExpiresAt, claim = null, claimed_until = null
                where tenant = @Tenant and id = @id and claim = @claim
                """, new { Tenant = tenant, id, claim = claim.Id, kept = Seal(renewed.Value), renewed.Value.Scope, renewed.Value.ExpiresAt }, stop);
            return renewed.Value.Access;
        }
        var over = renewed.Problem.Where == "invalid_grant";
        await Store(tenant, over
            ? "delete from auth.launch_token where tenant = @Tenant and id = @id and claim = @claim"
            : "update auth.launch_token set claim = null, claimed_until = null where tenant = @Tenant and id = @id and claim = @claim",
            new { Tenant = tenant, id, claim = claim.Id }, stop);
        return over ? StartAgain : renewed.Problem;
    }

    /// <summary>Again until the database takes it: the token before was used up with the EHR's answer.</summary>
    private async Task Store(int tenant, string sql, object args, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await db.In(tenant, Actor.Product, tx => tx.Execute(sql, args), stop);
                return;
            }
            catch (Exception e) when (attempt < StoreAttempts && e is NpgsqlException or TimeoutException or IOException)
            {
                await Task.Delay(WaitEvery * attempt, stop);
            }
        }
    }

    private async Task<Outcome<EhrTokens>> Refresh(Ehr ehr, string issUsed, EhrTokens old, DateTimeOffset now, TimeSpan inactive, CancellationToken stop)
    {
        var at = await discovery.Find(issUsed, stop);
        if (!at.Ok) return at.Problem;
        var form = new Dictionary<string, string> { ["grant_type"] = "refresh_token", ["refresh_token"] = old.Refresh! };
        // https://fhir.cerner.com/authorization/active-user-presence/ (SMART-A23): how long ago this person last did something here.
        if (old.ActiveTtl is not null) form["active_at"] = Math.Max(0, (long)inactive.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var answer = await call.AsApp(ehr, at.Value, form, stop);
        if (!answer.Ok) return answer.Problem;
        var read = TokenAnswer.ReadTokens(answer.Value, old.Scope, now);
        return read.Ok ? read.Value with { Refresh = read.Value.Refresh ?? old.Refresh, ActiveTtl = read.Value.ActiveTtl ?? old.ActiveTtl } : read;
    }

    /// <summary>
    /// Ends the tokens of a visit, or one person's in it, at the EHR and here (SMART-A30). What an EHR refuses to end is
    /// forgotten all the same; what it could not be told yet is tried again.
    /// </summary>
    /// <param name="person">Null: everybody's, the visit being over.</param>
    internal async Task<Problem?> End(int tenant, Guid visit, Guid? person, CancellationToken stop)
    {
        var rows = await db.In(tenant, Actor.Product, async tx => (await tx.Query<Row>("""
            select id, ehr, iss_used as IssUsed, scope from auth.launch_token
            where tenant = @Tenant and visit = @visit and (@person::uuid is null or person = @person)
            """, new { tx.Tenant, visit, person })).AsList(), stop);
        Problem? failed = null;
        foreach (var row in rows)
        {
            var ehr = await ehrs.Get(tenant, row.Ehr, stop);
            if (ehr is null || (person is not null && ehr.BackendClientId is null && LaunchScopes.MayWrite(row.Scope))) continue;
            failed = await End(tenant, row, ehr, stop) ?? failed;
        }
        return failed;
    }

    private async Task<Problem?> End(int tenant, Row row, Ehr ehr, CancellationToken stop)
    {
        var claim = Guid.CreateVersion7(db.Clock.GetUtcNow());
        var held = await db.In(tenant, Actor.Product, tx => tx.Scalar<byte[]>("""
            update auth.launch_token set claim = @claim, claimed_until = @until
            where tenant = @Tenant and id = @Id and (claimed_until is null or claimed_until <= @Now) returning tokens
            """, new { tx.Tenant, row.Id, claim, tx.Now, until = tx.Now + Lease }), stop);
        if (held is null) return new Problem(503, "launch-token-busy", "The token is being renewed.");
        var tokens = Open(held);
        var at = await discovery.Find(row.IssUsed, stop);
        var problem = !at.Ok ? at.Problem
            : (tokens.Refresh is { } refresh ? await call.Revoke(ehr, at.Value, refresh, "refresh_token", stop) : null)
              ?? (tokens.ExpiresAt > db.Clock.GetUtcNow() ? await call.Revoke(ehr, at.Value, tokens.Access, "access_token", stop) : null);
        var later = problem is { Code: "host-unreachable" or "host-slow" };
        await Store(tenant, later
            ? "update auth.launch_token set claim = null, claimed_until = null where tenant = @Tenant and id = @Id and claim = @claim"
            : "delete from auth.launch_token where tenant = @Tenant and id = @Id and claim = @claim", new { Tenant = tenant, row.Id, claim }, CancellationToken.None);
        return later ? problem : null;
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
        public DateTimeOffset? ClaimedUntil { get; init; }
        public DateTimeOffset ActiveAt { get; init; }
    }

    /// <param name="Id">Null: the tokens are good as they are.</param>
    private sealed record Claimed(Guid? Id, string IssUsed, EhrTokens Tokens, TimeSpan Inactive);
}

/// <summary>The tokens of a launch under way: refreshed once on a 401, and only then rotated (SMART-A22).</summary>
internal sealed class PassingTokens(
    EhrTokens tokens, Uri fhirBase, Ehr ehr, Func<EhrTokens, CancellationToken, Task<Outcome<EhrTokens>>> refresh)
{
    public EhrTokens Current { get; private set; } = tokens;

    public EhrConnection Connection => new(ehr.Id, fhirBase, Token);

    private async Task<Outcome<string>> Token(bool fresh, CancellationToken stop)
    {
        if (!fresh) return Current.Access;
        if (Current.Refresh is null) return LaunchTokens.StartAgain;
        var renewed = await refresh(Current, stop);
        if (!renewed.Ok) return renewed.Problem.Where == "invalid_grant" ? LaunchTokens.StartAgain : renewed.Problem;
        Current = renewed.Value;
        return Current.Access;
    }
}
