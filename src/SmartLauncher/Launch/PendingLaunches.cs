using System.Text.Json;
using Dapper;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Keys;
using HealthTeams.SmartLauncher.Sessions;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>What must not leave the server while the user is at the EHR.</summary>
internal sealed record LaunchSecrets(string Verifier, string Nonce, string AskedScope)
{
    public LaunchHints Hints { get; init; } = LaunchHints.None;
}

/// <summary>A launch whose answer just came, consumed.</summary>
internal sealed record TakenLaunch(int Tenant, Guid Ehr, string IssUsed, LaunchSecrets Secrets, BrowserBond Browser);

/// <summary>
/// Launches on their way: state is single use, ten minutes, and bound to the browser by a cookie of its own, so that
/// several launches at once keep apart (SMART-A6, A25, A28).
/// </summary>
public sealed class PendingLaunches(Db db, KeyRing keys)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>One network address is often a whole hospital's.</summary>
    public const int MostPerSource = 300;

    private IDataProtector Protector => keys.Protection.CreateProtector("launch-secrets");

    internal async Task<Outcome<string>> Start(Ehr ehr, string issUsed, LaunchSecrets secrets, HttpContext http, CancellationToken stop)
    {
        var source = http.Connection.RemoteIpAddress?.ToString();
        var bond = BrowserBond.New();
        var state = bond.Short + "." + Secrets.New();
        var kept = await db.In<Outcome<string>>(ehr.Tenant, Actor.Product, async tx =>
        {
            var waiting = await tx.Scalar<long>("""
                select count(*) from auth.launch where tenant = @Tenant and source = @source and created_at > @since and used_at is null
                """, new { tx.Tenant, source, since = tx.Now - Lifetime });
            if (waiting >= MostPerSource) return LaunchProblem.Of(LaunchProblem.TooMany, "Too many launches wait for an answer.");
            await tx.Execute("""
                insert into auth.launch (tenant, state_hash, ehr, iss_used, browser_hash, secrets, source, created_at, expires_at)
                values (@Tenant, @hash, @Id, @issUsed, @browser, @kept, @source, @Now, @until)
                """, new
            {
                tx.Tenant, hash = Secrets.Hash(state), ehr.Id, issUsed, browser = Secrets.Hash(bond.Secret),
                kept = Protector.Protect(JsonSerializer.SerializeToUtf8Bytes(secrets)), source, tx.Now, until = tx.Now + Lifetime,
            });
            return state;
        }, stop);
        if (kept.Ok) bond.HandOver(http, db.Clock.GetUtcNow() + Lifetime);
        return kept;
    }

    /// <summary>Uses the state up; a second answer never makes a second session.</summary>
    internal async Task<Outcome<TakenLaunch>> Take(string state, HttpContext http, LaunchTrace trace, CancellationToken stop)
    {
        if (state.Length > 200 || BrowserBond.FromState(state, http) is not { } bond) return Unknown;
        var hash = Secrets.Hash(state);
        int? tenant;
        await using (var connection = await db.App.OpenConnectionAsync(stop))
        {
            tenant = await connection.ExecuteScalarAsync<int?>(new CommandDefinition("select auth.launch_tenant(@hash)", new { hash }, cancellationToken: stop));
        }
        if (tenant is null) return Unknown;
        return await db.In<Outcome<TakenLaunch>>(tenant.Value, Actor.Product, async tx =>
        {
            var row = await tx.OneOrNone<Row>("""
                select ehr, iss_used as IssUsed, browser_hash as BrowserHash, secrets, expires_at as ExpiresAt, used_at as UsedAt
                from auth.launch where tenant = @Tenant and state_hash = @hash for update
                """, new { tx.Tenant, hash });
            if (row is null) return Unknown;
            // The right browser decides first: whoever merely saw the address can neither use nor spoil the launch.
            trace.Iss = row.IssUsed;
            if (!Secrets.Same(bond.Secret, row.BrowserHash)) return bond.Secret.Length == 0 && InFrame(http) ? NoCookies : Other;
            if (row.UsedAt is not null) return LaunchProblem.Of(LaunchProblem.StateUsed, "The answer was used before.");
            if (row.ExpiresAt <= tx.Now) return LaunchProblem.Of(LaunchProblem.Expired, "The launch took too long.");
            await tx.Execute("update auth.launch set used_at = @Now, secrets = ''::bytea where tenant = @Tenant and state_hash = @hash", new { tx.Tenant, tx.Now, hash });
            var secrets = JsonSerializer.Deserialize<LaunchSecrets>(Protector.Unprotect(row.Secrets))!;
            return new TakenLaunch(tx.Tenant, row.Ehr, row.IssUsed, secrets, bond);
        }, stop);
    }

    /// <summary>A frame whose browser keeps nothing for us says so by itself; without the header it may as well be another browser.</summary>
    private static bool InFrame(HttpContext http) => http.Request.Headers["Sec-Fetch-Dest"].ToString() is "iframe" or "frame";

    private static readonly Problem NoCookies = LaunchProblem.Of(LaunchProblem.CookiesBlocked, "The browser keeps no cookies of ours in the EHR's frame.");
    private static readonly Problem Other = LaunchProblem.Of(LaunchProblem.OtherBrowser, "This browser did not start the launch.");
    private static readonly Problem Unknown = LaunchProblem.Of(LaunchProblem.StateUnknown, "The answer belongs to no launch.");

    private sealed record Row
    {
        public Guid Ehr { get; init; }
        public string IssUsed { get; init; } = "";
        public byte[] BrowserHash { get; init; } = [];
        public byte[] Secrets { get; init; } = [];
        public DateTimeOffset ExpiresAt { get; init; }
        public DateTimeOffset? UsedAt { get; init; }
    }
}

/// <summary>Ties a launch to the browser that began it: a cookie named by the launch, holding a secret.</summary>
internal sealed record BrowserBond(string Short, string Secret)
{
    private const string Prefix = "__Host-ht-launch-";
    private const int ShortLength = 8;

    public static BrowserBond New() => new(Secrets.Random(6), Secrets.New());

    /// <summary>"short.random": the part before the dot names the cookie. Null when malformed; a missing cookie leaves the secret empty.</summary>
    public static BrowserBond? FromState(string state, HttpContext http)
    {
        if (state.IndexOf('.', StringComparison.Ordinal) != ShortLength) return null;
        var name = state[..ShortLength];
        return name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? new BrowserBond(name, http.Request.Cookies[Prefix + name] ?? "") : null;
    }

    public void HandOver(HttpContext http, DateTimeOffset until) => http.Response.Cookies.Append(Prefix + Short, Secret, FrameCookie.Options(until));

    public void TakeBack(HttpContext http) => http.Response.Cookies.Delete(Prefix + Short, FrameCookie.Options(null));
}
