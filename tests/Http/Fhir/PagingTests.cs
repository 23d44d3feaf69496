using System.Net;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class PagingTests(TestProduct product) : FhirTest(product)
{
    private readonly List<string> made = [];

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (var born in (string?[])["1980-03-01", null, "1980-01-01", "1980-02-01", null, "1980-01-01", "1970-01-01"])
        {
            made.Add($"Patient/{(await Fhir.Create("Patient", Patient(more: born is null ? "" : $"\"birthDate\":\"{born}\""))).Id()}");
        }
    }

    private async Task<List<string>> Walk(string search)
    {
        var seen = new List<string>();
        for (string? next = search; next is not null;)
        {
            var page = await Body(Get(next));
            var entries = Entries(page);
            Assert.InRange(entries.Length, 1, 2);
            seen.AddRange(entries);
            next = Link(page, "next");
        }
        return seen;
    }

    [Fact, Trait("Row", "FHIR-81")]
    public async Task Pages_have_no_repeats_and_no_holes_in_any_order()
    {
        Assert.Equal(made, await Walk($"Patient?identifier={T}&_count=2"));
        Assert.Equal([made[6], made[2], made[5], made[3], made[0], made[1], made[4]], await Walk($"Patient?identifier={T}&_count=2&_sort=birthdate"));
        var descending = await Walk($"Patient?identifier={T}&_count=2&_sort=-birthdate");
        Assert.Equal([made[0], made[3]], descending.Take(2));
        Assert.Equal(made.Order(), descending.Order());
        Assert.Equal(new HashSet<string> { made[1], made[4] }, [.. descending.TakeLast(2)]);
        foreach (var sort in (string[])["_id", "-_id", "_lastUpdated", "-_lastUpdated", "gender", "family", "-general-practitioner"])
        {
            Assert.Equal(made.Order(), (await Walk($"Patient?identifier={T}&_count=2&_sort={sort}")).Order());
        }
        Assert.Equal(made.Order(StringComparer.Ordinal), await Walk($"Patient?identifier={T}&_count=2&_sort=_id"));
    }

    [Fact, Trait("Row", "FHIR-81")]
    public async Task Pages_stay_stable_while_others_write()
    {
        var first = await Body(Get($"Patient?identifier={T}&_count=3"));
        await Fhir.Create("Patient", Patient());
        await Delete(made[0]);
        var rest = new List<string>();
        for (var next = Link(first, "next"); next is not null;)
        {
            var page = await Body(Get(next));
            rest.AddRange(Entries(page));
            next = Link(page, "next");
        }
        Assert.Equal(made.Skip(3), rest.Take(4));
        Assert.Equal(5, rest.Count);
    }

    [Fact, Trait("Row", "FHIR-82")]
    public async Task A_page_larger_than_the_largest_is_capped_and_said()
    {
        var bundle = await Body(Get($"Patient?identifier={T}&_count=2147483647"));
        Assert.Equal(made, Entries(bundle));
        Assert.Single(Items(bundle), e => e.GetProperty("search").GetProperty("mode").GetString() == "outcome");
    }

    [Theory, Trait("Row", "FHIR-83")]
    [InlineData("_summary=count")]
    [InlineData("_count=0")]
    public async Task A_count_has_no_entries(string how)
    {
        var bundle = await Body(Get($"Patient?identifier={T}&{how}"));
        Assert.Equal(7, bundle.GetProperty("total").GetInt32());
        Assert.Empty(Items(bundle));
    }

    [Fact, Trait("Row", "FHIR-86")]
    public async Task The_total_is_told_when_it_is_asked()
    {
        Assert.Equal(7, (await Body(Get($"Patient?identifier={T}&_count=2&_total=accurate"))).GetProperty("total").GetInt32());
        Assert.False((await Body(Get($"Patient?identifier={T}&_count=2&_total=none"))).TryGetProperty("total", out _));
        var second = await Body(Get(Link(await Body(Get($"Patient?identifier={T}&_count=2&_total=accurate")), "next")!));
        Assert.Equal(7, second.GetProperty("total").GetInt32());
    }

    [Fact, Trait("Row", "FHIR-87"), Trait("Row", "FHIR-89")]
    public async Task What_is_referred_to_and_what_refers_come_along_once()
    {
        await Put($"Practitioner/{T}", Resource("Practitioner", T, ""));
        var appointments = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            appointments.Add($"Appointment/{(await Fhir.Create("Appointment", Resource("Appointment", null, $$"""
                "status":"booked","start":"2026-12-0{{i + 1}}T09:00:00Z","end":"2026-12-0{{i + 1}}T09:30:00Z",
                "participant":[{"status":"accepted","actor":{"reference":"Practitioner/{{T}}"} },{"status":"accepted","actor":{"reference":"{{made[i]}}"} }]
                """))).Id()}");
        }
        var encounter = $"Encounter/{(await Fhir.Create("Encounter", Resource("Encounter", null, $$"""
            "status":"planned","class":{"code":"VR"},"subject":{"reference":"{{made[0]}}"},"appointment":[{"reference":"{{appointments[0]}}"}]
            """))).Id()}";

        var all = await Body(Get($"Appointment?identifier={T}&_include=Appointment:actor&_revinclude=Encounter:appointment&_total=accurate&_count=10"));
        Assert.Equal(2, all.GetProperty("total").GetInt32());
        Assert.Equal(appointments, Entries(all));
        Assert.Equal(new[] { $"Practitioner/{T}", made[0], made[1], encounter }.Order(), Entries(all, "include").Order());
        Assert.Equal([made[0], made[1]], await Found($"Appointment?identifier={T}&_include=Appointment:actor:Patient", "include"));
        Assert.Equal([encounter], await Found($"Patient?_id={made[0][8..]}&_revinclude=Encounter:patient", "include"));

        await Delete($"Practitioner/{T}");
        await Delete(encounter);
        Assert.Equal([made[0], made[1]], await Found($"Appointment?identifier={T}&_include=Appointment:actor&_revinclude=Encounter:appointment", "include"));
        await Refused(Get("Appointment?_include=Appointment:nonsense"), HttpStatusCode.BadRequest);
    }
}
