using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>Runs where the shared data lie: beside the repository, or where HEALTHTEAMS_SHARED says.</summary>
public sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute()
    {
        if (SharedData.Folder is null) Skip = "../shared is not here";
    }
}

public static class SharedData
{
    public static string? Folder { get; } = Find();

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("HEALTHTEAMS_SHARED") is { Length: > 0 } given) return Directory.Exists(given) ? given : null;
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "HealthTeams.Fhir.sln"))) continue;
            var shared = Path.Combine(at.Parent?.FullName ?? "/", "shared");
            return Directory.Exists(shared) ? shared : null;
        }
        return null;
    }

    public static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(Path.Combine(Folder!, "data", folder), "*.json").Order(StringComparer.Ordinal);
}

/// <summary>Real bundles and the specification's own examples, on a product of their own.</summary>
public sealed class SharedDataTests(TestProduct product) : FhirTest(product), IClassFixture<TestProduct>
{
    /// <summary>Official examples that break the specification themselves, and where.</summary>
    private static readonly Dictionary<string, string> Defects = new(StringComparer.Ordinal)
    {
        ["Questionnaire-qs1"] = "Questionnaire.item[0].item[0].linkId", // required, not there
        ["Questionnaire-zika-virus-exposure-assessment"] = "Questionnaire.text.div", // no text in it
    };

    [SharedDataFact]
    public async Task Every_synthea_bundle_loads_whole()
    {
        foreach (var file in SharedData.Files("synthea-r4"))
        {
            var text = await File.ReadAllTextAsync(file);
            var bundle = JsonDocument.Parse(text).RootElement;
            var response = await Body(Post("", text));
            Assert.Equal(Items(bundle).Count(), Statuses(response).Count(s => s == "201"));
            Assert.DoesNotContain("\"reference\":\"urn:", response.GetRawText());
            foreach (var patient in Items(response).Select(e => e.GetProperty("resource")).Where(r => r.GetProperty("resourceType").GetString() == "Patient"))
            {
                var sent = Items(bundle).Count(e => e.GetProperty("resource").GetProperty("resourceType").GetString() == "Encounter");
                Assert.Equal(sent, (await Body(Get($"Encounter?patient={patient.Id()}&_summary=count"))).GetProperty("total").GetInt32());
            }
        }
    }

    [SharedDataFact]
    public async Task Every_official_example_is_stored_and_found_or_refused_for_a_defect_of_its_own()
    {
        var wrong = new List<string>();
        // People first: a Communication to a Practitioner who is not there is refused.
        foreach (var file in SharedData.Files("hl7-r4-examples").OrderBy(f => !Path.GetFileName(f).StartsWith("Practitioner-", StringComparison.Ordinal)))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            var text = await File.ReadAllTextAsync(file);
            var resource = JsonDocument.Parse(text).RootElement;
            if (!resource.TryGetProperty("resourceType", out var typed)) continue; // the package's own table of contents
            var type = typed.GetString()!;
            var answer = resource.TryGetProperty("id", out var own) ? await Put($"{type}/{own.GetString()}", text) : await Post(type, text);
            var id = answer.IsSuccessStatusCode ? (await answer.Body()).Id() : null;
            if (Defects.TryGetValue(name, out var defect))
            {
                var refusal = await answer.Content.ReadAsStringAsync();
                if (answer.StatusCode != HttpStatusCode.BadRequest || !refusal.Contains(defect, StringComparison.Ordinal)) wrong.Add($"{name}: {answer.StatusCode} {refusal}");
                continue;
            }
            if (answer.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.OK)) wrong.Add($"{name}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            else if (!Same(resource, await answer.Body())) wrong.Add($"{name}: not stored as sent");
            else if ((await Found($"{type}?_id={id}")).Length != 1) wrong.Add($"{name}: not found");
            else
            {
                var xml = await Get($"{type}/{id}", ("Accept", "application/fhir+xml"));
                var back = await Send(HttpMethod.Put, $"{type}/{id}", await xml.Content.ReadAsStringAsync(), [], "application/fhir+xml");
                if (!back.IsSuccessStatusCode) wrong.Add($"{name}: as XML {back.StatusCode} {await back.Content.ReadAsStringAsync()}");
                else if (Different(resource, await back.Body(), type) is { } where) wrong.Add($"{name}: not the same when it came back as XML: {where}");
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>Where two resources differ; a narrative is the same when its XHTML is.</summary>
    private static string? Different(JsonElement a, JsonElement b, string at)
    {
        if (a.ValueKind != b.ValueKind) return at;
        switch (a.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var p in a.EnumerateObject())
                {
                    if (p.Name == "meta") continue;
                    if (!b.TryGetProperty(p.Name, out var other)) return $"{at}.{p.Name} is missing";
                    var same = p.Name == "div" ? XNode.DeepEquals(XElement.Parse(p.Value.GetString()!), XElement.Parse(other.GetString()!)) ? null : $"{at}.div" : Different(p.Value, other, $"{at}.{p.Name}");
                    if (same is not null) return same;
                }
                return b.EnumerateObject().Any(p => p.Name != "meta" && !a.TryGetProperty(p.Name, out _)) ? $"{at} has more" : null;
            case JsonValueKind.Array:
                if (a.GetArrayLength() != b.GetArrayLength()) return $"{at} has another length";
                return a.EnumerateArray().Select((item, i) => Different(item, b[i], $"{at}[{i}]")).FirstOrDefault(d => d is not null);
            default:
                return a.GetRawText() == b.GetRawText() || (a.ValueKind == JsonValueKind.String && a.GetString() == b.GetString()) ? null : $"{at}: {a} {b}";
        }
    }

    private static bool Same(JsonElement sent, JsonElement stored) => sent.EnumerateObject()
        .Where(p => p.Name != "meta").All(p => stored.TryGetProperty(p.Name, out var kept) && JsonElement.DeepEquals(kept, p.Value));
}
