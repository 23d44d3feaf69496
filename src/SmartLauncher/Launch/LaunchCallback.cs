using System.Text.RegularExpressions;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Ehr;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Ehrs;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>A proven user with the visits their launch may mean. <see cref="Bookings"/> is empty when the context leads to none.</summary>
internal sealed record Arrival(
    int Tenant, Guid Ehr, string IssUsed, string Issuer, string Subject, PersonSaid User, SeatRole Role, EhrTokens Tokens, IReadOnlyList<VisitBooking> Bookings);

/// <summary>From the EHR's answer to who came and which visits it can be (SMART-A10 to A21).</summary>
public sealed partial class LaunchCallback(
    PendingLaunches pending, EhrRegistry ehrs, EhrDiscovery discovery, EhrTokenCall call, IdTokenCheck idTokens, EhrChart chart, LaunchTokens tokens,
    TenantDirectory tenants, LauncherSettings settings, TimeProvider clock)
{
    internal async Task<Outcome<(Arrival Arrival, BrowserBond Browser)>> Answer(HttpContext http, CancellationToken stop)
    {
        var query = http.Request.Query;
        var taken = await pending.Take(query["state"].ToString(), http, stop);
        if (!taken.Ok) return taken.Problem;
        if (query["error"].Count > 0) return Refusal(query["error"].ToString());
        var code = query["code"].ToString();
        if (code.Length is 0 or > 8000) return LaunchProblem.Of(LaunchProblem.EhrRefused, "The EHR answered without a code.");

        var ehr = await ehrs.Get(taken.Value.Tenant, taken.Value.Ehr, stop);
        if (ehr is null) return LaunchProblem.Of(LaunchProblem.IssUnknown, "The EHR's registration is gone.");
        var at = await discovery.Find(taken.Value.IssUsed, stop);
        if (!at.Ok) return LaunchProblem.Named(at.Problem, LaunchProblem.DiscoveryFailed);
        // RFC 9207: an answer that names its issuer must name this EHR's.
        var answeredBy = query["iss"].ToString();
        if (answeredBy.Length > 0 && answeredBy != at.Value.Issuer && answeredBy != ehr.Issuer && answeredBy.TrimEnd('/') != taken.Value.IssUsed)
        {
            return LaunchProblem.Of(LaunchProblem.EhrRefused, "Another server than the EHR's answered.");
        }

        var body = await call.AsApp(ehr, at.Value, new()
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = settings.LaunchCallback,
            ["code_verifier"] = taken.Value.Secrets.Verifier,
        }, stop);
        if (!body.Ok) return LaunchProblem.Named(body.Problem, LaunchProblem.TokenRefused);
        var answer = TokenAnswer.Read(body.Value, taken.Value.IssUsed, taken.Value.Secrets.AskedScope, clock.GetUtcNow());
        if (!answer.Ok) return answer.Problem;
        var user = await idTokens.Check(answer.Value.IdToken, ehr, at.Value, taken.Value.IssUsed, taken.Value.Secrets.Nonce, stop);
        if (!user.Ok) return user.Problem;
        var arrival = await Arrive(taken.Value, ehr, answer.Value, user.Value, stop);
        return arrival.Ok ? (arrival.Value, taken.Value.Browser) : arrival.Problem;
    }

    private async Task<Outcome<Arrival>> Arrive(TakenLaunch launch, Ehr ehr, TokenAnswer answer, EhrUser user, CancellationToken stop)
    {
        if (Launch.FhirUser.Parse(user.FhirUser, launch.IssUsed) is not { } fhirUser)
        {
            return LaunchProblem.Of(LaunchProblem.UserUnknown, "fhirUser is not a user of this EHR.");
        }
        var context = answer.Context;
        // A patient who launches alone is their own context.
        if (context.Patient is null && fhirUser.Type == "Patient") context = context with { Patient = fhirUser.Id };
        if (context is { Patient: null, Encounter: null, Appointments.Count: 0 })
        {
            return LaunchProblem.Of(LaunchProblem.NoPatient, "The launch names neither patient nor encounter nor appointment.");
        }
        var passing = tokens.Passing(ehr, launch.IssUsed, answer.Tokens);
        var connection = passing.Connection with { Zone = (await tenants.Find(ehr.Tenant, stop))!.Zone };
        var bookings = await chart.Visits(connection, context, stop);
        if (!bookings.Ok) return LaunchProblem.Named(bookings.Problem, LaunchProblem.ChartUnreadable);
        var person = await chart.Person(connection, fhirUser.Reference, stop);
        // Not every EHR lets the user's own record be read; the id_token's word is enough to sit down.
        var said = person.Ok ? person.Value with { Kind = fhirUser.Kind }
            : new PersonSaid(fhirUser.Kind, ehr.Id, fhirUser.Reference, [], user.Name, null, null, null, null);
        return new Arrival(launch.Tenant, ehr.Id, launch.IssUsed, user.Issuer, user.Subject, said,
            fhirUser.RoleFor(context.Patient), passing.Current, bookings.Value);
    }

    /// <summary>The EHR's error code is kept for the log if it is one; its description may say anything and is not repeated.</summary>
    private static Problem Refusal(string error) => LaunchProblem.Of(
        error == "access_denied" ? LaunchProblem.AccessDenied : LaunchProblem.EhrRefused,
        $"The EHR answered {(ErrorCode().IsMatch(error) ? error : "with an error")}.");

    [GeneratedRegex(@"^[a-z_]{1,60}\z")]
    private static partial Regex ErrorCode();
}
