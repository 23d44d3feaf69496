using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>_summary, _elements and _sort by several keys.</summary>
[Collection("fhir")]
public sealed class SubsetTests(TestProduct product) : FhirTest(product)
{
    private async Task<string> Observed(string more = "") => (await Fhir.Create("Observation", Resource("Observation", null, $$"""
        "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},"status":"final","code":{"text":"x"},"note":[{"text":"n"}],
        "valueQuantity":{"value":1.50,"unit":"mg"},"component":[{"code":{"text":"c"},"interpretation":[{"text":"i"}]}]{{more}}
        """))).Id();

    private static string[] Names(JsonElement resource) => [.. resource.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal)];

    private static bool Subsetted(JsonElement resource) =>
        resource.GetProperty("meta").TryGetProperty("tag", out var tags) && tags.EnumerateArray().Any(t => t.GetProperty("code").GetString() == "SUBSETTED");

    [Theory, Trait("Row", "FHIR-84")]
    [InlineData("_summary=true", new[] { "code", "component", "id", "identifier", "meta", "resourceType", "status", "valueQuantity" })]
    [InlineData("_summary=text", new[] { "code", "id", "meta", "resourceType", "status", "text" })]
    [InlineData("_summary=data", new[] { "code", "component", "id", "identifier", "meta", "note", "resourceType", "status", "valueQuantity" })]
    [InlineData("_elements=note", new[] { "code", "id", "meta", "note", "resourceType", "status" })]
    [InlineData("_elements=value,identifier", new[] { "code", "id", "identifier", "meta", "resourceType", "status", "valueQuantity" })]
    [InlineData("_elements=Observation.note", new[] { "code", "id", "meta", "note", "resourceType", "status" })]
    public async Task A_part_of_a_resource_is_sent_and_marked(string how, string[] names)
    {
        var id = await Observed();
        var found = Items(await Body(Get($"Observation?identifier={T}&{how}"))).Single().GetProperty("resource");
        Assert.Equal(names, Names(found));
        Assert.True(Subsetted(found));
        var read = await Body(Get($"Observation/{id}?{how}"));
        Assert.True(JsonElement.DeepEquals(found, read));
        if (found.TryGetProperty("valueQuantity", out var value)) Assert.Equal("1.50", value.GetProperty("value").GetRawText());
        if (how == "_summary=true") Assert.Equal(["code"], found.GetProperty("component").EnumerateArray().SelectMany(Names));
        Assert.False(Subsetted(await Body(Get($"Observation/{id}"))));
        Assert.False(Subsetted(await Body(Get($"Observation/{id}?_summary=false"))));
    }

    [Fact, Trait("Row", "FHIR-85")]
    public async Task Two_ways_of_cutting_at_once_are_refused()
    {
        var id = await Observed();
        await Refused(Get($"Observation?identifier={T}&_elements=code&_summary=true"), HttpStatusCode.BadRequest);
        await Refused(Get($"Observation/{id}?_elements=code&_summary=text"), HttpStatusCode.BadRequest);
        await Refused(Get("Observation?_summary=perhaps"), HttpStatusCode.BadRequest);
        await Refused(Get("Observation?_elements="), HttpStatusCode.BadRequest);
        await Body(Get($"Observation?identifier={T}&_elements=code&_summary=false"));
    }

    [Fact, Trait("Row", "FHIR-81")]
    public async Task Several_keys_sort_together_and_page_without_holes()
    {
        var made = new Dictionary<string, string>();
        foreach (var (name, family, born) in ((string, string?, string?)[])[("a1", "Adams", "1990-01-01"), ("b2", "Brown", "1980-01-01"), ("b1", "Brown", "1970-01-01"), ("a2", "Adams", "1995-01-01"), ("n", null, "1960-01-01"), ("an", "Adams", null)])
        {
            made[name] = $"Patient/{(await Fhir.Create("Patient", Patient(more: $"\"active\":true{(family is null ? "" : $",\"name\":[{{\"family\":\"{family}\"}}]")}{(born is null ? "" : $",\"birthDate\":\"{born}\"")}"))).Id()}";
        }
        async Task Expect(string sort, params string[] names)
        {
            var seen = new List<string>();
            for (var next = $"Patient?identifier={T}&_count=2&_sort={sort}"; next is not null;)
            {
                var page = await Body(Get(next));
                seen.AddRange(Entries(page));
                next = Link(page, "next");
            }
            Assert.Equal(names.Select(n => made[n]), seen);
        }

        await Expect("family,birthdate", "a1", "a2", "an", "b1", "b2", "n");
        await Expect("family,-birthdate", "a2", "a1", "an", "b2", "b1", "n");
        await Expect("-family,birthdate", "b1", "b2", "a1", "a2", "an", "n");
        await Expect("-birthdate", "a2", "a1", "b2", "b1", "n", "an");
        await Refused(Get("Patient?_sort=family,nonsense"), HttpStatusCode.BadRequest);
        await Refused(Get("Patient?_sort=a,b,c,d,e,f"), HttpStatusCode.BadRequest);
    }
}
