namespace EhrSim;

internal static class DayPage
{
    private static readonly TimeSpan LookBack = TimeSpan.FromHours(12);

    public static IResult Show(Ehr ehr, string? changed, string? problem)
    {
        var visits = Visible(ehr);
        var ahead = visits.Count(v => !v.IsOver);
        return Layout.Page("Day", Html.Of($"""
            <h1>{(ahead == 1 ? "1 virtual visit ahead" : $"{ahead} virtual visits ahead")}</h1>
            {Notice(ehr, changed, problem)}
            <div class="day">
              <div data-fragment="/day/rows" data-every="3000">{Rows(ehr)}</div>
              {BookingForm(ehr)}
            </div>
            """));
    }

    /// <summary>The part that refreshes itself.</summary>
    public static Html Rows(Ehr ehr)
    {
        var visits = Visible(ehr);
        if (visits.Count == 0) return new Html("<p class=\"card\">Nothing is booked. Book a virtual visit to begin.</p>");
        var next = Schedule.Next(ehr.Records, ehr.Now)?.Id;
        return Html.All(visits.GroupBy(v => Words.Day(ehr, v.Start)), day => Html.Of($"""
            <section class="card visits">
              <h2>{day.Key}</h2>
              <table>
                <thead><tr><th>Time</th><th>Patient</th><th>Clinician</th><th>Appointment</th><th>Encounter</th><th>Actions</th></tr></thead>
                <tbody>{Html.All(day, v => Row(ehr, v, v.Id == next))}</tbody>
              </table>
            </section>
            """));
    }

    private static Html Row(Ehr ehr, BookedVisit visit, bool isNext) => Html.Of($"""
        <tr id="{visit.Id}" class="{(visit.IsOver ? "over" : isNext ? "next" : "")}">
          <td class="time">{Words.Time(ehr, visit.Start)}{(isNext ? new Html("<small>next</small>") : Html.Nothing)}</td>
          <td><a href="/chart/{visit.PatientId}?appointment={visit.Id}">{PersonName.Clinical(visit.Patient)}</a><small>{visit.Reason}</small><small class="id">{visit.Identifier}</small></td>
          <td class="who">{visit.PractitionerName}</td>
          <td data-label="Appointment"><span data-live="{visit.Id}-a">{Words.State(visit.Status)}</span></td>
          <td data-label="Encounter"><span data-live="{visit.Id}-e">{Words.State(visit.EncounterStatus)}</span></td>
          <td class="acts"><div>
            <a class="button" href="/chart/{visit.PatientId}?appointment={visit.Id}">Open chart</a>
            <a class="button" href="/portal/{visit.PatientId}?appointment={visit.Id}">Open portal</a>
            {(visit.IsOver ? Html.Nothing : Changes(ehr, visit))}
          </div><span data-live="{visit.Id}-p">{Words.Pushed(ehr, ehr.Push.Last(visit.Id))}</span></td>
        </tr>
        """);

    private static Html Changes(Ehr ehr, BookedVisit visit) => Html.Of($"""
        <details><summary>Change</summary><div class="menu">
          <form method="post" action="/visits/{visit.Id}/reschedule"><button>Move to {Words.Time(ehr, visit.Start.AddMinutes(15))} (+15 min)</button></form>
          <form method="post" action="/visits/{visit.Id}/push"><button>Send to HealthTeams again</button></form>
          <form method="post" action="/visits/{visit.Id}/cancel"><button class="danger">Cancel {visit.PatientName}'s visit at {Words.Time(ehr, visit.Start)}</button></form>
        </div></details>
        """);

    private static Html BookingForm(Ehr ehr) => Html.Of($"""
        <form class="card book" method="post" action="/book">
          <h2>Book a virtual visit</h2>
          <label>Patient <select name="patient">{Choices(ehr, "Patient")}</select></label>
          <label>Clinician <select name="practitioner">{Choices(ehr, "Practitioner")}</select></label>
          <label>Starts in, minutes <input name="startInMinutes" type="number" min="-60" max="10080" value="10" required></label>
          <label>Reason <input name="reason" maxlength="120" placeholder="Follow-up"></label>
          <button class="main">Book and send</button>
          <p class="quiet">Booked here and sent to HealthTeams as one FHIR transaction.</p>
        </form>
        """);

    public static Html Choices(Ehr ehr, string type) => Html.All(ehr.Records.All(type).OrderBy(v => v.At).ThenBy(v => v.Id.Length).ThenBy(v => v.Id, StringComparer.Ordinal),
        v => Html.Of($"<option value=\"{v.Id}\">{PersonName.Of(v.Resource)}</option>"));

    private static Html Notice(Ehr ehr, string? changed, string? problem)
    {
        if (problem is not null) return Html.Of($"<p class=\"notice late\" role=\"alert\">{problem}</p>");
        if (changed is null || Schedule.Find(ehr.Records, changed) is not { } visit) return Html.Nothing;
        var push = ehr.Push.Last(visit.Id);
        return Html.Of($"<p class=\"notice {(push?.Outcome == "sent" ? "" : "late")}\" role=\"status\">{visit.PatientName}, {Words.When(ehr, visit.Start)}: {visit.Status}. {Words.Pushed(ehr, push)}</p>");
    }

    private static List<BookedVisit> Visible(Ehr ehr) => [.. Schedule.All(ehr.Records).Where(v => v.Start >= ehr.Now - LookBack)];
}
