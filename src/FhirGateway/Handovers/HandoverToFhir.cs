using System.Net;
using System.Text;
using System.Text.Json;
using HealthTeams.Collaboration.Handovers;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Handovers;

/// <summary>The words by which a handover is known in FHIR. LOINC has none for a handover of a shift: its Note stands beside ours.</summary>
internal static class HandoverCodes
{
    public const string System = "https://healthteams.example/fhir/CodeSystem/handover";
    public const string Type = "handover";
    public const string Origin = "https://healthteams.example/fhir/handover";
    public const string Team = "https://healthteams.example/fhir/StructureDefinition/handover-team";
    public const string Synthesis = "synthesis";
    public const string Loinc = "http://loinc.org";

    /// <summary>I-PASS by our section, with its title and the LOINC code that documents use for what comes nearest.</summary>
    public static readonly IReadOnlyList<(string Section, string Code, string Title, string? Loinc, string? Display)> Sections =
    [
        ("severity", "illness-severity", "Illness severity", null, null),
        ("summary", "patient-summary", "Patient summary", "51848-0", "Evaluation note"),
        ("actions", "action-list", "Action list", "18776-5", "Plan of care note"),
        ("contingency", "situation-awareness", "Situation awareness and contingency planning", null, null),
    ];
}

/// <summary>
/// http://hl7.org/fhir/R4/composition.html: one document for each patient of a handover, so that each stands in one patient's
/// record and compartment alone; what belongs together shares its identifier. Pure.
/// </summary>
internal static class HandoverToFhir
{
    public static string Status(Handover h) => h.State switch
    {
        "accepted" => h.Number > 1 ? "amended" : "final",
        "declined" or "cancelled" => "entered-in-error",
        _ => "preliminary",
    };

    /// <param name="people">"Practitioner/12" of giver and receiver.</param>
    /// <param name="links">The Tasks and Communications of the action list that are there.</param>
    /// <param name="replaces">The Composition of this patient in the handover that this one replaces.</param>
    public static ProjectedResources.Resource Of(Handover h, HandoverEntry entry, string fhirId, string patient, IReadOnlyDictionary<Guid, string> people, IReadOnlyList<string> links, string? replaces) => new("Composition", fhirId, new Dictionary<string, Action<Utf8JsonWriter>?>
    {
        ["extension"] = w => Array(w, x =>
        {
            x.WriteStartObject();
            x.WriteString("url", HandoverCodes.Team);
            // By name only: a patient's document does not carry everybody's team with it.
            x.WriteStartObject("valueReference");
            x.WriteString("type", "CareTeam");
            x.WriteStartObject("identifier");
            x.WriteString("system", "urn:ietf:rfc:3986");
            x.WriteString("value", $"urn:uuid:{h.Team}");
            x.WriteEndObject();
            x.WriteString("display", h.TeamName);
            x.WriteEndObject();
            x.WriteEndObject();
        }),
        ["identifier"] = w =>
        {
            w.WriteStartObject();
            w.WriteString("system", HandoverCodes.Origin);
            w.WriteString("value", h.Id.ToString());
            w.WriteEndObject();
        },
        ["status"] = w => w.WriteStringValue(Status(h)),
        ["type"] = Type,
        ["subject"] = w => FhirWrite.Reference(w, null, patient),
        ["date"] = w => w.WriteStringValue(FhirJson.Instant(h.AcceptedAt ?? h.OfferedAt ?? h.CreatedAt)),
        ["author"] = w => Array(w, x => FhirWrite.Reference(x, null, people[h.Giver], h.GiverName)),
        ["title"] = w => w.WriteStringValue($"Handover: {h.Title}"),
        ["confidentiality"] = w => w.WriteStringValue("N"),
        ["attester"] = h.Receiver is null ? null : w => Array(w, x => Attester(x, h, people)),
        ["relatesTo"] = replaces is null ? null : w => Array(w, x =>
        {
            x.WriteStartObject();
            x.WriteString("code", "replaces");
            FhirWrite.Reference(x, "targetReference", $"Composition/{replaces}");
            x.WriteEndObject();
        }),
        ["section"] = w =>
        {
            w.WriteStartArray();
            foreach (var (section, code, title, loinc, display) in HandoverCodes.Sections)
            {
                var lines = entry.Text(section).Split('\n').Concat(section == "actions" ? entry.Items.Where(i => i.Kind != "flag").Select(i => $"{Kind(i.Kind)}: {i.Text}") : section == "summary" ? entry.Items.Where(i => i.Kind == "flag").Select(i => $"Flag: {i.Text}") : []);
                Section(w, code, title, loinc, display, lines, null, section == "actions" ? links : []);
            }
            if (h.Receiver is not null) Synthesis(w, h, entry, people);
            w.WriteEndArray();
        },
    });

    /// <summary>What acceptance adds to a Composition that came by FHIR: everything else stays as it was sent.</summary>
    public static ProjectedResources.Resource Accepted(Handover h, HandoverEntry entry, string fhirId, JsonElement sent, IReadOnlyDictionary<Guid, string> people) => new("Composition", fhirId, new Dictionary<string, Action<Utf8JsonWriter>?>
    {
        ["status"] = w => w.WriteStringValue(FhirJson.Text(sent, "status") is "amended" or "final" ? FhirJson.Text(sent, "status") : Status(h)),
        // Who was asked by name and has now signed is one attester, not two.
        ["attester"] = w => Kept(w, FhirJson.Items(sent, "attester").Where(a => FhirJson.Text(a, "party", "reference") != people[h.Receiver!.Value] || FhirJson.Text(a, "time") is not null), x => Attester(x, h, people)),
        ["section"] = w => Kept(w, FhirJson.Items(sent, "section").Where(s => !Is(s, HandoverCodes.Synthesis)), x => Synthesis(x, h, entry, people)),
    });

    /// <summary>What stands of a patient who is no longer in the handover.</summary>
    public static ProjectedResources.Resource Removed(string fhirId) => new("Composition", fhirId, new Dictionary<string, Action<Utf8JsonWriter>?> { ["status"] = w => w.WriteStringValue("entered-in-error") });

    public static bool Is(JsonElement section, string code) => section.TryGetProperty("code", out var concept)
        && FhirJson.Items(concept, "coding").Any(c => FhirJson.Text(c, "system") == HandoverCodes.System && FhirJson.Text(c, "code") == code);

    private static void Type(Utf8JsonWriter w)
    {
        w.WriteStartObject();
        w.WriteStartArray("coding");
        Coding(w, HandoverCodes.System, HandoverCodes.Type, "Handover");
        Coding(w, HandoverCodes.Loinc, "34109-9", "Note");
        w.WriteEndArray();
        w.WriteString("text", "Handover (I-PASS)");
        w.WriteEndObject();
    }

    private static void Attester(Utf8JsonWriter w, Handover h, IReadOnlyDictionary<Guid, string> people)
    {
        w.WriteStartObject();
        w.WriteString("mode", "professional");
        w.WriteString("time", FhirJson.Instant(h.AcceptedAt!.Value));
        FhirWrite.Reference(w, "party", people[h.Receiver!.Value], h.ReceiverName);
        w.WriteEndObject();
    }

    private static void Synthesis(Utf8JsonWriter w, Handover h, HandoverEntry entry, IReadOnlyDictionary<Guid, string> people) =>
        Section(w, HandoverCodes.Synthesis, "Synthesis by receiver", null, null, (entry.By(h.Receiver)?.Text ?? "Read back.").Split('\n'), people[h.Receiver!.Value], []);

    private static void Section(Utf8JsonWriter w, string code, string title, string? loinc, string? display, IEnumerable<string> lines, string? author, IReadOnlyList<string> links)
    {
        var said = lines.Where(l => !string.IsNullOrWhiteSpace(l)).ToList();
        w.WriteStartObject();
        w.WriteString("title", title);
        w.WriteStartObject("code");
        w.WriteStartArray("coding");
        Coding(w, HandoverCodes.System, code, title);
        if (loinc is not null) Coding(w, HandoverCodes.Loinc, loinc, display!);
        w.WriteEndArray();
        w.WriteEndObject();
        if (author is not null) Array(w, "author", x => FhirWrite.Reference(x, null, author));
        if (said.Count > 0)
        {
            w.WriteStartObject("text");
            w.WriteString("status", "generated");
            w.WriteString("div", $"<div xmlns=\"http://www.w3.org/1999/xhtml\">{string.Concat(said.Select(l => $"<p>{Escape(l)}</p>"))}</div>");
            w.WriteEndObject();
        }
        if (links.Count > 0) Array(w, "entry", [.. links.Select(l => (Action<Utf8JsonWriter>)(x => FhirWrite.Reference(x, null, l)))]);
        // http://hl7.org/fhir/R4/composition.html#invs cmp-1: a section says something, or why not.
        if (said.Count == 0 && links.Count == 0) FhirWrite.Concept(w, "emptyReason", "http://terminology.hl7.org/CodeSystem/list-empty-reason", "nilknown");
        w.WriteEndObject();
    }

    /// <summary>XHTML takes no control characters but tab and line end.</summary>
    private static string Escape(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var c in text) if (!char.IsControl(c) || c is '\t') clean.Append(c);
        return WebUtility.HtmlEncode(clean.ToString());
    }

    private static string Kind(string kind) => kind switch { "message" => "Urgent message", "visit" => "Visit", _ => "Task" };

    private static void Coding(Utf8JsonWriter w, string system, string code, string display)
    {
        w.WriteStartObject();
        w.WriteString("system", system);
        w.WriteString("code", code);
        w.WriteString("display", display);
        w.WriteEndObject();
    }

    private static void Kept(Utf8JsonWriter w, IEnumerable<JsonElement> others, Action<Utf8JsonWriter> ours)
    {
        w.WriteStartArray();
        foreach (var o in others) FhirJson.Copy(w, o, null);
        ours(w);
        w.WriteEndArray();
    }

    private static void Array(Utf8JsonWriter w, params IReadOnlyList<Action<Utf8JsonWriter>> items)
    {
        w.WriteStartArray();
        foreach (var item in items) item(w);
        w.WriteEndArray();
    }

    private static void Array(Utf8JsonWriter w, string name, params IReadOnlyList<Action<Utf8JsonWriter>> items)
    {
        w.WritePropertyName(name);
        Array(w, items);
    }
}
