namespace EhrSim;

/// <summary>The patient's side: one thing, large, in plain words.</summary>
internal static class PortalPage
{
    public static IResult Show(Ehr ehr, string patientId, string? appointment, bool begin)
    {
        if (ehr.Records.Find($"Patient/{patientId}") is not { } patient) return ProblemPage.Show(ehr, 404, "No such patient", $"This portal knows no patient \"{patientId}\".");
        var visit = appointment is null ? Schedule.Next(ehr.Records, ehr.Now, patientId) : Schedule.Find(ehr.Records, appointment);
        if (appointment is not null && visit?.PatientId != patientId) return ProblemPage.Show(ehr, 404, "No such appointment", $"You have no appointment \"{appointment}\".");
        var hello = Html.Of($"<p class=\"hello\">Hello {PersonName.Of(patient)}</p>");
        if (visit is null) return Layout.Page("My health", Html.Of($"<section class=\"card narrow portal\">{hello}<h1>You have no visit ahead</h1></section>"), "patient");
        if (visit.IsOver) return Layout.Page("My health", Html.Of($"<section class=\"card narrow portal\">{hello}<h1>{Past(ehr, visit)}</h1></section>"), "patient");
        return begin ? Framed(ehr, visit) : Layout.Page("My health", Html.Of($"""
            <section class="card narrow portal">
              {hello}
              <h1>Your visit with {visit.PractitionerName} is {Words.When(ehr, visit.Start)}.</h1>
              <p>It is a video visit. You need a camera, a microphone and a quiet place. You can come a few minutes early.</p>
              <p><a class="button main large" href="/launch-now?as=patient&amp;appointment={visit.Id}">Join visit</a></p>
              <p><a href="/launch-now?as=patient&amp;appointment={visit.Id}" target="_blank" rel="noopener">Join in a new window</a></p>
            </section>
            """), "patient");
    }

    private static string Past(Ehr ehr, BookedVisit visit) => visit.Status switch
    {
        "cancelled" => $"Your visit with {visit.PractitionerName} was cancelled.",
        "noshow" => $"You missed your visit with {visit.PractitionerName}.",
        _ => $"Your visit with {visit.PractitionerName} at {Words.Time(ehr, visit.Start)} is over.",
    };

    private static IResult Framed(Ehr ehr, BookedVisit visit) => Layout.Page("Virtual visit", Html.Of($"""
        <p class="strip"><a href="/portal/{visit.PatientId}?appointment={visit.Id}">Back to my health</a></p>
        <iframe title="Virtual visit" allow="camera; microphone; display-capture; autoplay" src="{LaunchNow.Url(ehr, visit, asPatient: true, framed: true)}"></iframe>
        """), "framed patient");
}
