namespace EhrSim;

/// <summary>The clinician's side: one patient, one visit, and the app beside it in a frame or a window.</summary>
internal static class ChartPage
{
    public static IResult Show(Ehr ehr, string patientId, string? appointment, bool begin)
    {
        if (ehr.Records.Find($"Patient/{patientId}") is not { } patient) return ProblemPage.Show(ehr, 404, "No such patient", $"This EHR has no patient \"{patientId}\".");
        var visit = appointment is null ? Schedule.Next(ehr.Records, ehr.Now, patientId) : Schedule.Find(ehr.Records, appointment);
        if (appointment is not null && visit?.PatientId != patientId) return ProblemPage.Show(ehr, 404, "No such appointment", $"{PersonName.Of(patient)} has no appointment \"{appointment}\".");
        if (visit is null) return Layout.Page("Chart", Html.Of($"{Words.Banner(ehr, patient)}<section class=\"card\"><h1>No virtual visit ahead</h1><p>Book one on the <a href=\"/\">day page</a>.</p></section>"));
        return begin ? Framed(ehr, visit) : Chart(ehr, visit);
    }

    private static IResult Chart(Ehr ehr, BookedVisit visit) => Layout.Page("Chart", Html.Of($"""
        {Words.Banner(ehr, visit.Patient)}
        <section class="card">
          <h1>Virtual visit {Words.When(ehr, visit.Start)}</h1>
          <p><a class="button main" href="/chart/{visit.PatientId}?appointment={visit.Id}&amp;begin=1">Begin virtual visit</a>
             <a class="button" href="/launch-now?as=practitioner&amp;appointment={visit.Id}" target="_blank" rel="noopener">Begin in a new window</a></p>
          {Facts(ehr, visit)}
        </section>
        {Others(ehr, visit)}
        """));

    private static Html Facts(Ehr ehr, BookedVisit visit) => Html.Of($"""
        <dl data-fragment="/chart/{visit.PatientId}/facts?appointment={visit.Id}" data-every="3000">{FactRows(ehr, visit)}</dl>
        """);

    public static Html FactRows(Ehr ehr, BookedVisit visit) => Html.Of($"""
        <dt>Reason</dt><dd>{visit.Reason}</dd>
        <dt>Time</dt><dd>{Words.Time(ehr, visit.Start)} to {Words.Time(ehr, visit.End)}, {Words.Day(ehr, visit.Start)}</dd>
        <dt>Clinician</dt><dd>{visit.PractitionerName}</dd>
        <dt>Appointment</dt><dd><span data-live="a">{Words.State(visit.Status)}</span> {visit.Identifier}</dd>
        <dt>Encounter</dt><dd><span data-live="e">{Words.State(visit.EncounterStatus)}</span> {visit.EncounterId ?? "none"}</dd>
        """);

    private static Html Others(Ehr ehr, BookedVisit shown)
    {
        var others = Schedule.All(ehr.Records).Where(v => v.PatientId == shown.PatientId && v.Id != shown.Id).ToList();
        if (others.Count == 0) return Html.Nothing;
        return Html.Of($"""
            <section class="card"><h2>Other visits</h2><ul class="plain">{Html.All(others, v =>
                Html.Of($"<li><a href=\"/chart/{v.PatientId}?appointment={v.Id}\">{Words.Day(ehr, v.Start)} {Words.Time(ehr, v.Start)}</a> {v.PractitionerName} {Words.State(v.Status)}</li>"))}</ul></section>
            """);
    }

    // The launch is the frame's own address: a permission policy follows the origin of src, not of what it redirects to.
    private static IResult Framed(Ehr ehr, BookedVisit visit) => Layout.Page("Virtual visit", Html.Of($"""
        {Words.Banner(ehr, visit.Patient)}
        <p class="strip"><a href="/chart/{visit.PatientId}?appointment={visit.Id}">Back to the chart</a>
          <a href="/launch-now?as=practitioner&amp;appointment={visit.Id}" target="_blank" rel="noopener">Begin in a new window</a></p>
        <iframe title="Virtual visit" allow="camera; microphone; display-capture; autoplay" src="{LaunchNow.Url(ehr, visit, asPatient: false, framed: true)}"></iframe>
        """), "framed");
}
