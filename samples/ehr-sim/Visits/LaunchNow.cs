namespace EhrSim;

/// <summary>A fresh EHR launch at each opening: a handle that works once, then off to the app.</summary>
internal static class LaunchNow
{
    public static void MapLaunchNow(this WebApplication app, Ehr ehr) =>
        app.MapGet("/launch-now", (HttpContext context) =>
        {
            string? Word(string name) => context.Request.Query[name].ToString() is { Length: > 0 } value ? value : null;
            var asPatient = Word("as") == "patient";
            if (!asPatient && Word("as") != "practitioner") return ProblemPage.Show(ehr, 400, "Launch as whom?", "Add as=practitioner or as=patient to the address.");
            var visit = Word("appointment") is { } wanted ? Schedule.Find(ehr.Records, wanted) : Schedule.Next(ehr.Records, ehr.Now);
            if (visit is null)
                return Word("appointment") is { } unknown
                    ? ProblemPage.Show(ehr, 404, "No such appointment", $"This EHR has no appointment \"{unknown}\".")
                    : ProblemPage.Show(ehr, 404, "No visit ahead", "No booked virtual visit is under way or ahead. Book one on the day page.");
            if ((asPatient ? visit.PatientId : visit.PractitionerId) is null)
                return ProblemPage.Show(ehr, 404, "Nobody to launch as", $"Appointment {visit.Id} has no {(asPatient ? "patient" : "clinician")}.");
            context.Response.StatusCode = 303;
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.Location = Word("frame") is null ? Url(ehr, visit, asPatient, framed: false)
                : asPatient ? $"/portal/{visit.PatientId}?appointment={visit.Id}&begin=1"
                : $"/chart/{visit.PatientId}?appointment={visit.Id}&begin=1";
            return Results.Empty;
        });

    internal const int Padding = 3000;

    public static string Url(Ehr ehr, BookedVisit visit, bool asPatient, bool framed)
    {
        var user = asPatient ? $"Patient/{visit.PatientId}" : $"Practitioner/{visit.PractitionerId}";
        var handle = ehr.Grants.Launch(new LaunchContext(user, visit.PatientId, visit.EncounterId, visit.Id, framed));
        // A handle may be a signed document, and long.
        if (ehr.Faults.Now.LongLaunch) handle += new string('x', Padding);
        return $"{ehr.HealthTeamsUrl}/launch?iss={Uri.EscapeDataString(ehr.FhirBase)}&launch={handle}";
    }
}
