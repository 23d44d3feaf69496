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
    int Tenant, Guid Ehr, string IssUsed, string Issuer, string Subject, PersonSaid User, SeatRole Role, EhrTokens Tokens, IReadOnlyList<VisitBooking> Bookings)
{
    /// <summary>A visit that begins now, which a clinician may choose where the context fits none (SMART-A17).</summary>
    public VisitBooking? Fresh { get; init; }

    /// <summary>Whether the room shows the patient's banner: unless the EHR says that it shows its own (SMART-A31).</summary>
    public bool Banner { get; init; } = true;
    public string? Style { get; init; }
}

/// <summary>From the EHR's answer to who came and which visits it can be (SMART-A10 to A21).</summary>
public sealed partial class LaunchCallback(
    PendingLaunches pending, EhrRegistry ehrs, EhrDiscovery discovery, EhrTokenCall call, IdTokenCheck idTokens, EhrChart chart, EhrStyles styles, LaunchTokens tokens,
    TenantDirectory tenants, LauncherSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan FreshVisit = TimeSpan.FromMinutes(20);

    internal async Task<Outcome<(Arrival Arrival, BrowserBond Browser)>> Answer(HttpContext http, LaunchTrace trace, CancellationToken stop)
    {
        var query = http.Request.Query;
        var taken = await pending.Take(query["state"].ToString(), http, trace, stop);
        if (!taken.Ok) return taken.Problem;
        if (query["error"].Count > 0) return Refusal(query["error"].ToString(), query["error_description"].ToString(), trace);
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
        var granted = answer.Tokens.Scope;
        var context = answer.Context with { MayRead = type => LaunchScopes.MayRead(granted, type) };
        // A patient who launches alone is their own context.
        if (context.Patient is null && fhirUser.Type == "Patient") context = context with { Patient = fhirUser.Id };
        if (context is { Patient: null, Encounter: null, Appointments.Count: 0 })
        {
            return LaunchProblem.Of(LaunchProblem.NoPatient, "The launch names neither patient nor encounter nor appointment.");
        }
        var style = styles.Find(answer.StyleUrl, ehr, launch.IssUsed, stop);
        var passing = tokens.Passing(ehr, launch.IssUsed, answer.Tokens);
        var connection = passing.Connection with { Zone = (await tenants.Find(ehr.Tenant, stop))!.Zone };
        var found = await chart.Visits(connection, context, stop);
        if (!found.Ok) return LaunchProblem.Named(found.Problem, LaunchProblem.ChartUnreadable);
        var person = await chart.Person(connection, fhirUser.Reference, stop);
        // Not every EHR lets the user's own record be read; the id_token's word is enough to sit down.
        var said = person.Ok ? person.Value with { Kind = fhirUser.Kind }
            : new PersonSaid(fhirUser.Kind, ehr.Id, fhirUser.Reference, [], user.Name, null, null, null, null);
        var role = fhirUser.RoleFor(context.Patient);
        if (found.Value is { Visits.Count: 0, Withheld: true } && role != SeatRole.Host)
        {
            return LaunchProblem.Of(LaunchProblem.ChartUnreadable, $"The scopes granted do not show what the launch names: {granted}.");
        }
        var hints = launch.Secrets.Hints.And(answer.AppContext);
        VisitBooking[] bookings = [.. hints.Narrow(found.Value.Visits).Select(c => c.Booking)];
        var fresh = role == SeatRole.Host ? await Fresh(connection, ehr.Id, context, bookings, said, stop) : null;
        return new Arrival(launch.Tenant, ehr.Id, launch.IssUsed, TestApart.Issuer(ehr, user.Issuer), user.Subject, TestApart.Of(ehr, said),
            role, passing.Current, [.. bookings.Select(b => TestApart.Of(ehr, b))])
        {
            Fresh = fresh is null ? null : TestApart.Of(ehr, fresh),
            Banner = answer.NeedPatientBanner,
            Style = await style,
        };
    }

    /// <summary>With the patient of the context. The EHR's key is its own only where no other visit was found that may have it.</summary>
    private async Task<VisitBooking?> Fresh(EhrConnection connection, Guid ehr, LaunchContext context, VisitBooking[] others, PersonSaid clinician, CancellationToken stop)
    {
        if (context.Patient is not { } id) return null;
        var patient = others.Select(b => b.Patient).FirstOrDefault(p => p?.Reference == $"Patient/{id}");
        if (patient is null)
        {
            var read = context.MayRead("Patient") ? await chart.Person(connection, $"Patient/{id}", stop) : Problem.Forbidden("Patient is not granted.");
            patient = read.Ok ? read.Value : new PersonSaid(PersonKind.Patient, ehr, $"Patient/{id}", [], null, null, null, null, null);
        }
        var now = clock.GetUtcNow();
        VisitKey[] keys = others.Length > 0 ? []
            : context.Appointments is [var appointment] ? [new VisitKey(ehr, "Appointment", appointment)]
            : context.Encounter is { } encounter ? [new VisitKey(ehr, "Encounter", encounter)] : [];
        return new VisitBooking(keys, [], BookingState.Booked, now, now + FreshVisit, null, null, null, patient, [clinician]);
    }

    /// <summary>The EHR's error code is kept for the log if it is one; its words go to the person's page, and nowhere else.</summary>
    private static Problem Refusal(string error, string description, LaunchTrace trace)
    {
        trace.EhrSays = Line(error, 60) is { Length: > 0 } code ? $"{code}: {Line(description, 300)}".TrimEnd(':', ' ') : null;
        return LaunchProblem.Of(
            error == "access_denied" ? LaunchProblem.AccessDenied : LaunchProblem.EhrRefused,
            $"The EHR answered {(ErrorCode().IsMatch(error) ? error : "with an error")}.");
    }

    private static string Line(string text, int longest) =>
        new([.. text.Take(longest).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)]);

    [GeneratedRegex(@"^[a-z_]{1,60}\z")]
    private static partial Regex ErrorCode();
}
