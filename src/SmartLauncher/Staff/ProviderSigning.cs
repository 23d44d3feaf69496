using HealthTeams.Collaboration.Approvals;
using HealthTeams.SmartLauncher.Keys;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.SmartLauncher.Staff;

/// <summary>What a person can sign with.</summary>
/// <param name="Password">They have one here.</param>
/// <param name="Providers">The hospital's providers at which they have an account that is joined to them.</param>
public sealed record SignerWays(bool Password, IReadOnlyList<(Guid Id, string Name)> Providers);

/// <summary>What goes to the provider and comes back with the proof.</summary>
internal sealed record SigningTrip(int Tenant, Guid Person, AnswerToSign What);

/// <summary>The provider's word that this person signed in again for this one answer.</summary>
public sealed record SignerProven(int Tenant, Guid Person, AnswerToSign What, DateTimeOffset At);

/// <summary>
/// E-signature of people without a password of ours (AP-13): the hospital's provider asks again who they are (prompt=login,
/// max_age=0, auth_time checked), for one answer to one request. The proof waits sealed in their browser for some minutes; it
/// serves once, for an answer that was given is not given again.
/// </summary>
public sealed class ProviderSigning(Db db, Lazy<ProviderSignIn> providers, KeyRing keys)
{
    private const string Cookie = "__Host-ht-signer";
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);
    private readonly SealedCookies cookies = new(keys.Protection.CreateProtector("signer-proof"));

    public Task<SignerWays> Ways(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx => new SignerWays(
        await tx.Scalar<bool>("select exists (select from auth.credential where tenant = @Tenant and person = @Person)", new { tx.Tenant, caller.Person }),
        await tx.Query<(Guid, string)>("""
            select p.id, p.name from auth.identity_provider p join auth.staff_identity i on i.tenant = p.tenant and i.provider = p.id
            where p.tenant = @Tenant and i.person = @Person order by p.name
            """, new { tx.Tenant, caller.Person })), stop);

    /// <returns>Where the browser goes.</returns>
    public async Task<Outcome<string>> Begin(Caller caller, Guid provider, AnswerToSign what, HttpContext http, CancellationToken stop)
    {
        if (caller.Person is not { } me || (await Ways(caller, stop)).Providers.All(p => p.Id != provider)) return Problem.NotFound("You have no account there to sign with.", "signature-provider");
        return await providers.Value.Begin(provider, null, new SigningTrip(caller.Tenant, me, what), http, stop);
    }

    internal void Keep(HttpContext http, SigningTrip trip, DateTimeOffset now) => cookies.Keep(http, Cookie, new SignerProven(trip.Tenant, trip.Person, trip.What, now), now + Lifetime);

    /// <summary>The proof of this browser, if it is this person's, for this request, and fresh.</summary>
    public SignerProven? Proven(HttpContext http, Caller caller, Guid approval, Guid request) =>
        cookies.Read<SignerProven>(http, Cookie) is { } proven && Fresh(proven, caller) && proven.What.Approval == approval && proven.What.Request == request ? proven : null;

    public string? Proof(HttpContext http) => http.Request.Cookies[Cookie];

    public static void Forget(HttpContext http) => SealedCookies.Drop(http, Cookie);

    /// <summary>Null when the proof is of this person for exactly this answer.</summary>
    internal Problem? Holds(Caller caller, AnswerToSign what, string proof) =>
        cookies.Open<SignerProven>(Cookie, proof) is { } proven && Fresh(proven, caller) && proven.What == what with { Comments = string.IsNullOrWhiteSpace(what.Comments) ? null : what.Comments }
            ? null : Problem.Unprocessable("This is not the answer the hospital's account was asked for, or it is too long ago: nothing was signed.", "signature", "signature-stale");

    private bool Fresh(SignerProven proven, Caller caller) => proven.Tenant == caller.Tenant && proven.Person == caller.Person && proven.At <= db.Clock.GetUtcNow() && db.Clock.GetUtcNow() < proven.At + Lifetime;
}
