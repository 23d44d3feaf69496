using System.Globalization;
using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.People;

/// <summary>http://hl7.org/fhir/R4/patient.html, practitioner.html → a person as said. Pure.</summary>
internal static class PersonFromFhir
{
    public static PersonSaid Map(PersonKind kind, Guid source, string? reference, JsonElement? resource, string? display)
    {
        if (resource is not { } r)
        {
            // Only a display: better than "unknown", and never enough to join by.
            return new PersonSaid(kind, source, reference, [], display, null, null, null, null);
        }
        var name = Name(r);
        return new PersonSaid(kind, source, reference, Identifiers(r),
            name is { } n ? FhirJson.Text(n, "family") ?? (FhirJson.Text(n, "given") is null ? FhirJson.Text(n, "text") : null) : display,
            name is { } g ? string.Join(' ', FhirJson.Items(g, "given").Where(x => x.ValueKind == JsonValueKind.String).Select(x => x.GetString())) is { Length: > 0 } given ? given : null : null,
            name is { } t ? FhirJson.Text(t, "prefix") : null,
            FhirJson.Text(r, "gender"),
            DateOnly.TryParseExact(FhirJson.Text(r, "birthDate"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var born) ? born : null);
    }

    /// <summary>Identifiers that name exactly one: with a system, not old, not temporary.</summary>
    public static IReadOnlyList<Identifier> Identifiers(JsonElement resource) =>
    [
        .. FhirJson.Items(resource, "identifier")
            .Where(i => FhirJson.Text(i, "use") is not ("old" or "temp"))
            .Select(i => (System: FhirJson.Text(i, "system"), Value: FhirJson.Text(i, "value"), Type: FhirJson.Text(i, "type", "coding", "code")))
            .Where(i => !string.IsNullOrWhiteSpace(i.System) && !string.IsNullOrWhiteSpace(i.Value))
            .Select(i => new Identifier(i.System!, i.Value!, i.Type)).DistinctBy(i => (i.System, i.Value)),
    ];

    private static JsonElement? Name(JsonElement resource)
    {
        var names = FhirJson.Items(resource, "name").ToList();
        return names.Count == 0 ? null
            : names.Find(n => FhirJson.Text(n, "use") == "official") is { ValueKind: JsonValueKind.Object } official ? official
            : names.Find(n => FhirJson.Text(n, "use") == "usual") is { ValueKind: JsonValueKind.Object } usual ? usual : names[0];
    }
}
