using System.Globalization;
using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Teams;

/// <summary>http://hl7.org/fhir/R4/careteam.html: one with the id of a team of ours says who is in it (<see cref="CareTeamDoor"/>); any other is kept as sent. Patients and organisations in it stay in the resource.</summary>
internal sealed class CareTeamSlice(CareTeamDoor door) : IResourceSlice
{
    public string Type => "CareTeam";
    public int Order => 2;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var one in written)
        {
            // Deleted, it comes back with the team's next change: teams are archived, not deleted.
            if (one.Resource is not { } careTeam || !Guid.TryParse(one.Id, out var team) || !await CareTeamDoor.Known(tx, team)) continue;
            var named = FhirJson.Items(careTeam, "participant").Select(p => (Participant: p, Reference: FhirJson.Text(p, "member", "reference")))
                .Where(p => p.Reference?.StartsWith("Practitioner/", StringComparison.Ordinal) == true).ToList();
            var here = await read(named.Select(n => n.Reference!).Distinct());
            if (named.FirstOrDefault(n => !here.ContainsKey(n.Reference!)).Reference is { } missing) return Problem.Unprocessable($"{missing} is no Practitioner here.", "CareTeam.participant.member", "not-found");
            var wrong = named.Select(n => Period(n.Participant)).FirstOrDefault(p => !p.Ok).Problem;
            if (wrong is not null) return wrong;
            var members = named.Select(n =>
            {
                var (from, until) = Period(n.Participant).Value;
                return new CareMember(PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, n.Reference!, here[n.Reference!], null), Role(n.Participant), from, until);
            }).ToList();
            if (await door.Hear(tx, team, FhirJson.Text(careTeam, "status") ?? "active", members) is { } refused) return refused with { Where = refused.Where ?? "CareTeam" };
        }
        return null;
    }

    /// <summary>Our own word "guest" makes a guest; whatever else they are to the patient, here they are members.</summary>
    private static TeamRole Role(JsonElement participant) => FhirJson.Items(participant, "role").SelectMany(r => FhirJson.Items(r, "coding"))
        .Any(c => FhirJson.Text(c, "system") == TeamProjection.Roles && FhirJson.Text(c, "code") == "guest") ? TeamRole.Guest : TeamRole.Member;

    private static Outcome<(DateTimeOffset? From, DateTimeOffset? Until)> Period(JsonElement participant)
    {
        var (start, end) = (Moment(FhirJson.Text(participant, "period", "start"), last: false), Moment(FhirJson.Text(participant, "period", "end"), last: true));
        return start > end ? Problem.Unprocessable("A period ends before it begins.", "CareTeam.participant.period", "business-rule") : (start, end);
    }

    /// <summary>A year, a month or a day means all of it.</summary>
    private static DateTimeOffset? Moment(string? text, bool last)
    {
        if (text is null) return null;
        if (text.Contains('T', StringComparison.Ordinal)) return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at.ToUniversalTime() : null;
        if (!DateOnly.TryParseExact(text, ["yyyy-MM-dd", "yyyy-MM", "yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return null;
        var next = text.Length switch { 4 => day.AddYears(1), 7 => day.AddMonths(1), _ => day.AddDays(1) };
        return new DateTimeOffset((last ? next : day).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
    }
}
