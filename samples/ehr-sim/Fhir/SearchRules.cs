using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>Which words a type can be searched by, and what each of them compares.</summary>
internal static class SearchRules
{
    private static readonly Dictionary<string, string[]> Known = new()
    {
        ["Appointment"] = ["patient", "actor", "practitioner", "location", "date", "status"],
        ["Encounter"] = ["patient", "subject", "appointment", "status", "date", "class", "practitioner", "participant", "location"],
        ["Patient"] = ["name", "family", "given", "birthdate"],
        ["Practitioner"] = ["name", "family", "given"],
        ["Location"] = ["name", "status"],
        ["Organization"] = ["name"],
        ["PractitionerRole"] = ["practitioner"],
    };

    public static bool Knows(string type, string name) =>
        name is "_id" or "identifier" or "_lastUpdated"
        || (Known.TryGetValue(type, out var names) ? names.Contains(name) : name is "patient" or "subject" or "status");

    public static bool Matches(RecordVersion version, SearchTerm term, Ehr ehr)
    {
        var resource = version.Resource!;
        return term.Name switch
        {
            "_id" => term.AnyOf.Contains(version.Id),
            "identifier" => term.AnyOf.Any(v => resource.Objects("identifier").Any(i => IsToken(v, i.Text("system"), i.Text("value")))),
            "status" => term.AnyOf.Any(v => IsToken(v, null, resource.Text("status"))),
            "class" => term.AnyOf.Any(v => IsToken(v, resource["class"].Text("system"), resource["class"].Text("code"))),
            "name" or "family" or "given" => term.AnyOf.Any(v => Names(resource, term.Name).Any(n => n.StartsWith(v, StringComparison.CurrentCultureIgnoreCase))),
            "birthdate" => term.AnyOf.Any(v => resource.Text("birthDate") == v),
            "date" => SearchDates.Matches(term.AnyOf, StartOf(version), EndOf(version)),
            "_lastUpdated" => SearchDates.Matches(term.AnyOf, version.At, version.At),
            _ => term.AnyOf.Any(v => Targets(resource, term.Name).Any(t => IsReference(v, t, term.Name, ehr))),
        };
    }

    public static DateTimeOffset? StartOf(RecordVersion v) => Instants.Read(v.Resource.Text("start") ?? v.Resource!["period"].Text("start"));

    private static DateTimeOffset? EndOf(RecordVersion v) =>
        v.Type == "Appointment" ? StartOf(v) : Instants.Read(v.Resource!["period"].Text("end"));

    /// <summary>Every part of a name, so that "Barl" and "Ada" both find Ada Barlow.</summary>
    private static IEnumerable<string> Names(JsonObject resource, string part)
    {
        if (resource.Text("name") is { } plain) return plain.Split(' ').Append(plain);
        return resource.Objects("name").SelectMany(n => new[]
        {
            part == "given" ? null : n.Text("family"),
            part == "name" ? n.Text("text") : null,
        }.OfType<string>().Concat(part == "family" ? [] : n.Texts("given")));
    }

    private static IEnumerable<string> Targets(JsonObject resource, string name) => (name switch
    {
        "actor" => resource.Objects("participant").Select(p => p["actor"].Text("reference")),
        "patient" or "practitioner" or "location" when resource.Text("resourceType") == "Appointment" =>
            resource.Objects("participant").Select(p => p["actor"].Text("reference")),
        "practitioner" or "participant" when resource.Text("resourceType") == "Encounter" =>
            resource.Objects("participant").Select(p => p["individual"].Text("reference")),
        "practitioner" => [resource["practitioner"].Text("reference")],
        "location" => resource.Objects("location").Select(l => l["location"].Text("reference")),
        "appointment" => resource.Objects("appointment").Select(a => a.Text("reference")),
        _ => [resource["subject"].Text("reference"), resource["patient"].Text("reference")],
    }).OfType<string>();

    private static bool IsReference(string wanted, string target, string name, Ehr ehr)
    {
        var asked = References.Relative(wanted, ehr.FhirBase);
        if (asked.Contains('/', StringComparison.Ordinal)) return target == asked;
        // A bare id means the type the word is about; for actor any type.
        var type = name switch
        {
            "patient" => "Patient/",
            "practitioner" => "Practitioner/",
            "location" => "Location/",
            "appointment" => "Appointment/",
            _ => "",
        };
        return target.StartsWith(type, StringComparison.Ordinal) && target.EndsWith("/" + asked, StringComparison.Ordinal);
    }

    private static bool IsToken(string wanted, string? system, string? value)
    {
        var bar = wanted.IndexOf('|', StringComparison.Ordinal);
        if (bar < 0) return wanted == value;
        return (system is null || wanted[..bar] == system) && (bar == wanted.Length - 1 || wanted[(bar + 1)..] == value);
    }
}
