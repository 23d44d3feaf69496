using System.Collections.Frozen;
using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Operations;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>http://hl7.org/fhir/R4/http.html#capabilities, made from what is on: types, search parameters, operations, limits, security.</summary>
internal sealed class Metadata(FhirSettings settings, OperationRegistry operations, TimeProvider clock)
{
    private static readonly string[] Typed = ["read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type"];

    /// <summary>"Encounter:subject" for Patient, and so on: who refers to a type by which parameter.</summary>
    private static readonly Lazy<FrozenDictionary<string, string[]>> Referring = new(() => ResourceTypes.All.SelectMany(SearchParameters.Of)
        .Where(p => p.Kind == ParameterKind.Reference).SelectMany(p => p.Targets.Select(target => (target, Name: $"{p.Type}:{p.Code}")))
        .GroupBy(x => x.target).ToFrozenDictionary(g => g.Key, g => g.Select(x => x.Name).Distinct().Order(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal));

    private readonly DateTimeOffset started = clock.GetUtcNow();
    private byte[]? statement;

    public FhirAnswer Answer(HttpRequest request)
    {
        if (Formats.Of(request) is null) return FhirAnswer.Of(Formats.NotSpoken);
        return request.Query["mode"].ToString() switch
        {
            "" or "full" or "normative" => new FhirAnswer(200, statement ??= Statement()) { Type = "CapabilityStatement" },
            "terminology" => new FhirAnswer(200, Terminology()) { Type = "TerminologyCapabilities" },
            var mode => FhirAnswer.Of(Problem.Invalid($"'{mode}' is not full, normative or terminology.", "mode")),
        };
    }

    private byte[] Statement() => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "CapabilityStatement");
        Head(w);
        w.WriteStartObject("software");
        w.WriteString("name", "HealthTeams.Fhir");
        w.WriteString("version", "0.1.0");
        w.WriteEndObject();
        w.WriteStartObject("implementation");
        w.WriteString("description", "HealthTeams FHIR gateway");
        w.WriteString("url", settings.Base);
        w.WriteEndObject();
        w.WriteString("fhirVersion", "4.0.1");
        Texts(w, "format", ["application/fhir+json", "application/fhir+xml"]);
        Texts(w, "patchFormat", ["application/json-patch+json", "application/fhir+json", "application/fhir+xml"]);
        Texts(w, "implementationGuide", ["http://hl7.org/fhir/smart-app-launch/ImplementationGuide/hl7.fhir.uv.smart-app-launch", "https://profiles.ihe.net/ITI/Scheduling/ImplementationGuide/ihe.iti.scheduling"]);
        w.WriteStartArray("rest");
        w.WriteStartObject();
        w.WriteString("mode", "server");
        w.WriteString("documentation", Limits());
        SmartSecurity.Write(w, new Uri(settings.PublicUrl(), "/auth"));
        w.WriteStartArray("resource");
        foreach (var type in ResourceTypes.All) Resource(w, type);
        w.WriteEndArray();
        Codes(w, ["transaction", "batch", "history-system", "search-system"]);
        Operations(w, null);
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
    });

    /// <summary>No terminology service of ours: it says so.</summary>
    private byte[] Terminology() => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "TerminologyCapabilities");
        Head(w);
        w.WriteString("description", "There are no terminology operations here. ValueSets and CodeSystems are stored and searched as every resource is.");
        w.WriteEndObject();
    });

    private void Head(Utf8JsonWriter w)
    {
        w.WriteString("status", "active");
        w.WriteString("date", FhirJson.Instant(started));
        w.WriteString("publisher", "HealthTeams");
        w.WriteString("kind", "instance");
        Bulk.BulkManifest.Instantiates(w);
    }

    private string Limits() =>
        $"Limits: a body has at most {settings.Limits.Body / 1024 / 1024} MB unpacked (413); JSON and XML are read at most {JsonBody.MaxDepth} deep (400); " +
        $"a batch or transaction has at most {settings.Limits.Entries} entries (413); a page has at most {settings.Limits.Page} matches and {settings.Limits.Included} included resources (a warning says when more were left out), of at most {Inclusions.MostIncludes} includes and {settings.Limits.Turns} turns of :iterate; " +
        $"a read or search takes at most {settings.Limits.Read.TotalSeconds:0} s (503, too-costly); $hold keeps a slot for {settings.Limits.Hold.TotalMinutes:0} minutes. " +
        "A time without zone is stored as sent and read in the hospital's zone; Prefer: handling=strict refuses it, handling=lenient also takes unknown elements and codes, with warnings.";

    private void Resource(Utf8JsonWriter w, string type)
    {
        w.WriteStartObject();
        w.WriteString("type", type);
        if (type == "Subscription") Subscriptions.Topics.Describe(w);
        Codes(w, Typed);
        w.WriteString("versioning", "versioned-update");
        w.WriteBoolean("readHistory", true);
        w.WriteBoolean("updateCreate", true);
        w.WriteBoolean("conditionalCreate", true);
        w.WriteString("conditionalRead", "full-support");
        w.WriteBoolean("conditionalUpdate", true);
        w.WriteString("conditionalDelete", "single");
        Texts(w, "searchInclude", SearchParameters.Of(type).Where(p => p.Kind == ParameterKind.Reference).Select(p => $"{type}:{p.Code}").Order(StringComparer.Ordinal));
        Texts(w, "searchRevInclude", Referring.Value.GetValueOrDefault(type, []));
        w.WriteStartArray("searchParam");
        var parameters = SearchParameters.Of(type).Select(p => (p.Code, Type: p.Kind.ToString().ToLowerInvariant())).Append((Code: "_id", Type: "token")).Append((Code: "_lastUpdated", Type: "date"));
        foreach (var (name, kind) in parameters.DistinctBy(p => p.Code).OrderBy(p => p.Code, StringComparer.Ordinal))
        {
            w.WriteStartObject();
            w.WriteString("name", name);
            w.WriteString("type", kind);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        Operations(w, type);
        w.WriteEndObject();
    }

    private void Operations(Utf8JsonWriter w, string? type)
    {
        var here = operations.On(type).ToList();
        if (here.Count == 0) return;
        w.WriteStartArray("operation");
        foreach (var operation in here)
        {
            w.WriteStartObject();
            w.WriteString("name", operation.Name);
            w.WriteString("definition", operation.Definition);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static void Codes(Utf8JsonWriter w, string[] codes)
    {
        w.WriteStartArray("interaction");
        foreach (var code in codes)
        {
            w.WriteStartObject();
            w.WriteString("code", code);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static void Texts(Utf8JsonWriter w, string name, IEnumerable<string> texts)
    {
        var all = texts.ToList();
        if (all.Count == 0) return;
        w.WriteStartArray(name);
        foreach (var text in all) w.WriteStringValue(text);
        w.WriteEndArray();
    }
}
