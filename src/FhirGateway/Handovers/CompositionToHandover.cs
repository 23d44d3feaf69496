using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using HealthTeams.Collaboration.Handovers;
using HealthTeams.Collaboration.People;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Handovers;

/// <summary>http://hl7.org/fhir/R4/composition.html → one patient's part of a handover. Pure: what it refers to is handed in.</summary>
internal static partial class CompositionToHandover
{
    /// <summary>A Composition of our type is meant for a team; every other one is kept as sent.</summary>
    public static bool Means(JsonElement composition) => composition.TryGetProperty("type", out var type)
        && FhirJson.Items(type, "coding").Any(c => FhirJson.Text(c, "system") == HandoverCodes.System && FhirJson.Text(c, "code") == HandoverCodes.Type);

    public static IEnumerable<string> References(JsonElement composition) =>
        new[] { FhirJson.Text(composition, "subject", "reference"), FhirJson.Text(composition, "author", "reference") }.Concat(Parties(composition)).OfType<string>();

    public static Outcome<HandoverSaid> Map(string id, JsonElement composition, IReadOnlyDictionary<string, JsonElement> resources)
    {
        if (Team(composition) is not { } team) return Problem.Unprocessable("A handover names its team: the extension handover-team with the CareTeam, or custodian with the team's Organization.", "Composition.extension", "required");
        if (FhirJson.Text(composition, "subject", "reference") is not { } subject || Reference.Split(subject).Type != "Patient" || !resources.TryGetValue(subject, out var patient)) return Problem.Unprocessable("A handover is about a Patient who is known here.", "Composition.subject", "not-found");
        if (FhirJson.Text(composition, "author", "reference") is not { } author || Reference.Split(author).Type != "Practitioner" || !resources.TryGetValue(author, out var giver)) return Problem.Unprocessable("Who hands over is a Practitioner who is known here.", "Composition.author", "not-found");
        var to = new List<PersonSaid>();
        foreach (var party in Parties(composition))
        {
            if (Reference.Split(party).Type != "Practitioner" || party == author) continue;
            if (!resources.TryGetValue(party, out var who)) return Problem.Unprocessable($"{party} is not known here.", "Composition.attester.party", "not-found");
            to.Add(PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, party, who, null));
        }
        var sections = new Dictionary<string, string>();
        foreach (var (section, code, _, _, _) in HandoverCodes.Sections)
        {
            var said = FhirJson.Items(composition, "section").FirstOrDefault(s => HandoverToFhir.Is(s, code));
            sections[section] = said.ValueKind == JsonValueKind.Object ? Text(FhirJson.Text(said, "text", "div") ?? "") : "";
        }
        var identifier = composition.TryGetProperty("identifier", out var i) && FhirJson.Text(i, "value") is { } value ? $"{FhirJson.Text(i, "system")}|{value}" : $"Composition/{id}";
        var replaces = FhirJson.Items(composition, "relatesTo").Where(r => FhirJson.Text(r, "code") == "replaces").Select(r => FhirJson.Text(r, "targetReference", "reference")).OfType<string>().Select(r => Reference.Split(r)).FirstOrDefault(r => r.Type == "Composition").Id;
        return new HandoverSaid(id, identifier, replaces, team, PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, author, giver, null), to, PersonFromFhir.Map(PersonKind.Patient, Guid.Empty, subject, patient, null), null, FhirJson.Text(composition, "title"), sections);
    }

    /// <summary>Those asked to attest who have not yet.</summary>
    private static IEnumerable<string> Parties(JsonElement composition) =>
        FhirJson.Items(composition, "attester").Where(a => FhirJson.Text(a, "time") is null).Select(a => FhirJson.Text(a, "party", "reference")).OfType<string>().Distinct();

    private static Guid? Team(JsonElement composition)
    {
        var extension = FhirJson.Items(composition, "extension").FirstOrDefault(e => FhirJson.Text(e, "url") == HandoverCodes.Team);
        var reference = extension.ValueKind == JsonValueKind.Object ? FhirJson.Text(extension, "valueReference", "reference") ?? FhirJson.Text(extension, "valueReference", "identifier", "value") : null;
        reference ??= FhirJson.Text(composition, "custodian", "reference");
        if (reference is null) return null;
        var id = reference.StartsWith("urn:uuid:", StringComparison.Ordinal) ? reference["urn:uuid:".Length..] : Reference.Split(reference) is { Type: "CareTeam" or "Organization" } of ? of.Id : null;
        return Guid.TryParse(id, out var team) ? team : null;
    }

    /// <summary>The words of a narrative, a line for each paragraph.</summary>
    internal static string Text(string div) => Spaces().Replace(WebUtility.HtmlDecode(Tags().Replace(Ends().Replace(Breaks().Replace(div, " "), "\n"), "")), m => m.Value.Contains('\n', StringComparison.Ordinal) ? "\n" : " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Breaks();

    [GeneratedRegex(@"</(p|li|div|tr|h\d)>|<br\s*/?>", RegexOptions.IgnoreCase)]
    private static partial Regex Ends();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();

    [GeneratedRegex(@"[ \t\u00a0]*[\n \t\u00a0]+")]
    private static partial Regex Spaces();
}
