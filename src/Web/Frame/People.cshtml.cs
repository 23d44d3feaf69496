using HealthTeams.Collaboration.People;

namespace HealthTeams.Web.Frame;

/// <summary>What the people picker asks: [{id, name, facts}], at most twelve.</summary>
public sealed class PeoplePage(PeopleDirectory people, Words words) : StaffPage
{
    public async Task<IActionResult> OnGetAsync(string? kind, string? q)
    {
        PersonKind? asked = kind switch { "patient" => PersonKind.Patient, "staff" => PersonKind.Staff, _ => null };
        if (asked is not { } one) return BadRequest();
        var today = HospitalTime.Day(Now, Zone);
        Response.Headers.CacheControl = "no-store";
        return new JsonResult((await people.Find(Me, one, q, Stop)).Select(p => new { p.Id, p.Name, Facts = p.Facts is { } f ? Facts(f, today) : "" }));
    }

    private string Facts(PatientFacts facts, DateOnly today) =>
        string.Join(" · ", PatientWords.Born(words, facts.BirthDate, today), PatientWords.Gender(words, facts.Gender), facts.Identifier ?? words["identifier unknown"]);
}
