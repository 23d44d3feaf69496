using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>
/// SMART v2 scopes that a query narrows, and what a patient's token reaches beyond its compartment: nothing leaks into
/// bundles, totals, includes, chains, _has, conditions or histories.
/// </summary>
[Collection("fhir")]
public sealed class ScopeTests(TestProduct product) : FhirTest(product)
{
    private string a = "", b = "", vital = "", lab = "", vitalOfB = "", practitioner = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        practitioner = (await Fhir.Create("Practitioner", Resource("Practitioner", null, $"\"name\":[{{\"family\":\"Doctor{T}\"}}]"))).Id();
        a = (await Fhir.Create("Patient", Patient(more: $$""" "name":[{"family":"A{{T}}"}],"generalPractitioner":[{"reference":"Practitioner/{{practitioner}}"}] """))).Id();
        b = (await Fhir.Create("Patient", Patient(more: $"\"name\":[{{\"family\":\"B{T}\"}}]"))).Id();
        (vital, lab, vitalOfB) = (await Observed("vital-signs", a), await Observed("laboratory", a), await Observed("vital-signs", b));
    }

    private string Observation(string category, string patient, string more = "") => Resource("Observation", null, $$"""
        "status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{patient}}"},
        "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{{category}}"}]}]{{more}}
        """);

    private async Task<string> Observed(string category, string patient) => (await Fhir.Create("Observation", Observation(category, patient))).Id();

    private Task<HttpResponseMessage> As(HttpClient by, HttpMethod method, string path, string? body = null, params (string, string)[] headers) => Send(method, path, body, headers, by: by);

    private static string[] Ids(JsonElement bundle, string mode = "match") => [.. Entries(bundle, mode).Select(e => e.Split('/')[1])];

    [Theory, Trait("Row", "FHIR-106")]
    [InlineData("patient/Observation.rs?category=vital-signs")]
    [InlineData("patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs")]
    public async Task A_narrowed_scope_reads_and_finds_what_it_names(string scope)
    {
        using var app = await Product.Fhir(scope, patient: a);
        await Body(As(app, HttpMethod.Get, $"Observation/{vital}"));
        await Body(As(app, HttpMethod.Get, $"Observation/{vital}/_history/1"));
        await Body(As(app, HttpMethod.Get, $"Observation/{vital}/_history"));
        foreach (var id in (string[])[lab, vitalOfB])
        {
            await Refused(As(app, HttpMethod.Get, $"Observation/{id}"), HttpStatusCode.NotFound);
            await Refused(As(app, HttpMethod.Get, $"Observation/{id}/_history/1"), HttpStatusCode.NotFound);
            await Refused(As(app, HttpMethod.Get, $"Observation/{id}/_history"), HttpStatusCode.NotFound);
        }
        var found = await Body(As(app, HttpMethod.Get, $"Observation?identifier={T}&_total=accurate&_include=Observation:subject"));
        Assert.Equal([vital], Ids(found));
        Assert.Equal(1, found.GetProperty("total").GetInt32());
        Assert.Empty(Entries(found, "include")); // Patient is not granted
        await Refused(As(app, HttpMethod.Get, "Observation/_history"), HttpStatusCode.Forbidden);
        await Refused(As(app, HttpMethod.Get, "Patient"), HttpStatusCode.Forbidden);
        Assert.Equal(0, (await Body(As(app, HttpMethod.Get, $"Observation?identifier={T}&category=laboratory&_summary=count"))).GetProperty("total").GetInt32());
        Assert.Equal([vital], Ids(await Body(As(app, HttpMethod.Get, $"Patient/{a}/Observation"))));
        Assert.Equal(["200", "404"], Statuses(await Body(As(app, HttpMethod.Post, "", Bundle("batch", Entry("GET", $"Observation/{vital}"), Entry("GET", $"Observation/{lab}"))))));
    }

    [Fact, Trait("Row", "FHIR-106")]
    public async Task Several_scopes_on_a_type_are_a_union()
    {
        using var both = await Product.Fhir("system/Observation.rs?category=vital-signs system/Observation.rs?category=laboratory system/Observation.r");
        Assert.Equal(new[] { vital, lab, vitalOfB }.Order(), Ids(await Body(As(both, HttpMethod.Get, $"Observation?identifier={T}"))).Order());
        using var two = await Product.Fhir("system/Observation.rs?category=laboratory system/Observation.rs?category=vital-signs&status=amended");
        Assert.Equal([lab], Ids(await Body(As(two, HttpMethod.Get, $"Observation?identifier={T}"))));
        using var wide = await Product.Fhir("patient/Observation.rs?category=laboratory patient/Observation.rs", patient: a);
        Assert.Equal([vital, lab], Ids(await Body(As(wide, HttpMethod.Get, $"Observation?identifier={T}"))));
    }

    [Theory, Trait("Row", "FHIR-106")]
    [InlineData("system/Observation.rs?nonsense=x")]
    [InlineData("system/Observation.rs?category:not=laboratory")]
    [InlineData("system/Observation.rs?date=ge2026")]
    [InlineData("system/Observation.rs?subject.name=x")]
    public async Task A_narrowed_scope_that_is_not_understood_grants_nothing(string scope)
    {
        using var app = await Product.Fhir(scope);
        await Refused(As(app, HttpMethod.Get, "Observation"), HttpStatusCode.Forbidden);
        await Refused(As(app, HttpMethod.Get, $"Observation/{vital}"), HttpStatusCode.Forbidden);
    }

    [Fact, Trait("Row", "FHIR-107")]
    public async Task What_is_written_must_be_within_the_scope()
    {
        using var app = await Product.Fhir("system/Observation.cruds?category=vital-signs");
        await Body(As(app, HttpMethod.Post, "Observation", Observation("vital-signs", a)), HttpStatusCode.Created);
        await Refused(As(app, HttpMethod.Post, "Observation", Observation("laboratory", a)), HttpStatusCode.Forbidden);
        string With(string id, string category) => Observation(category, a).Replace("\"resourceType\":\"Observation\"", $"\"resourceType\":\"Observation\",\"id\":\"{id}\"");
        await Refused(As(app, HttpMethod.Put, $"Observation/{lab}", With(lab, "vital-signs")), HttpStatusCode.Forbidden);
        await Refused(As(app, HttpMethod.Put, $"Observation/{vital}", With(vital, "laboratory")), HttpStatusCode.Forbidden);
        await Refused(As(app, HttpMethod.Delete, $"Observation/{lab}"), HttpStatusCode.Forbidden);
        await Refused(As(app, HttpMethod.Post, "", Bundle("transaction", Entry("POST", "Observation", Observation("vital-signs", a)), Entry("DELETE", $"Observation/{lab}"))), HttpStatusCode.Forbidden);
        Assert.Equal(1, await Versions("Observation", lab));
        Assert.Equal(1, await Versions("Observation", vital));
        Assert.Equal(4, (await Found($"Observation?identifier={T}")).Length);
    }

    [Fact, Trait("Row", "FHIR-106")]
    public async Task Chains_and_has_look_through_nothing_that_is_not_granted()
    {
        using var blind = await Product.Fhir("system/Observation.rs");
        await Refused(As(blind, HttpMethod.Get, $"Observation?subject:Patient.family=B{T}"), HttpStatusCode.Forbidden);
        await Refused(As(blind, HttpMethod.Get, $"Observation?patient.family=B{T}&_summary=count"), HttpStatusCode.Forbidden);
        using var people = await Product.Fhir("system/Patient.rs");
        await Refused(As(people, HttpMethod.Get, "Patient?_has:Observation:subject:category=laboratory"), HttpStatusCode.Forbidden);
        await Refused(As(people, HttpMethod.Get, "Patient?_list=1"), HttpStatusCode.Forbidden);
        // Where some of the type is granted, only that is looked through.
        using var some = await Product.Fhir("system/Patient.rs system/Observation.rs?category=vital-signs");
        Assert.Equal([a, b], Ids(await Body(As(some, HttpMethod.Get, $"Patient?identifier={T}&_has:Observation:subject:status=final"))));
        Assert.Equal(0, (await Body(As(some, HttpMethod.Get, $"Patient?identifier={T}&_has:Observation:subject:category=laboratory&_summary=count"))).GetProperty("total").GetInt32());
        Assert.Equal([a], await Found($"Patient?identifier={T}&_has:Observation:subject:category=laboratory") is [var only] ? [only[8..]] : []);
        using var app = await Product.Fhir("patient/*.rs", patient: a);
        Assert.Empty(Ids(await Body(As(app, HttpMethod.Get, $"Patient?_has:Observation:subject:identifier={T}&_id={b}"))));
        Assert.Equal([vital, lab], Ids(await Body(As(app, HttpMethod.Get, $"Observation?subject:Patient.identifier={T}"))));
        Assert.Equal(0, (await Body(As(app, HttpMethod.Get, $"Observation?subject:Patient.family=B{T}&_summary=count"))).GetProperty("total").GetInt32());
        // A doctor's name is not for a patient's token to search through.
        Assert.Empty(Ids(await Body(As(app, HttpMethod.Get, $"Patient?general-practitioner:Practitioner.family=doctor{T}"))));
    }

    [Fact, Trait("Row", "FHIR-106")]
    public async Task A_patients_token_reads_the_directory_by_reference_and_does_not_walk_it()
    {
        using var app = await Product.Fhir("patient/*.rs", patient: a);
        await Body(As(app, HttpMethod.Get, $"Practitioner/{practitioner}"));
        Assert.Equal([practitioner], Ids(await Body(As(app, HttpMethod.Get, "Patient?_include=Patient:general-practitioner")), "include"));
        Assert.Empty(Ids(await Body(As(app, HttpMethod.Get, $"Practitioner?identifier={T}"))));
        var page = await Body(As(app, HttpMethod.Get, $"?identifier={T}&_type=Patient,Practitioner,Observation&_total=accurate"));
        Assert.Equal(3, page.GetProperty("total").GetInt32());
        Assert.Equal(new[] { a, vital, lab }.Order(), Ids(page).Order());
        Assert.Equal([vital, lab], Ids(await Body(As(app, HttpMethod.Get, $"Patient?_revinclude=Observation:subject&_revinclude=Observation:patient&identifier={T}")), "include"));
        Assert.Empty(Ids(await Body(As(app, HttpMethod.Get, $"Patient?_revinclude=*&_id={b}")), "include"));
        using var noPractitioner = await Product.Fhir("patient/Patient.rs", patient: a);
        await Refused(As(noPractitioner, HttpMethod.Get, $"Practitioner/{practitioner}"), HttpStatusCode.Forbidden);
        Assert.Empty(Entries(await Body(As(noPractitioner, HttpMethod.Get, "Patient?_include=Patient:general-practitioner")), "include"));
    }

    [Fact, Trait("Row", "FHIR-106")]
    public async Task The_compartment_counts_not_the_first_patient_that_is_named()
    {
        // Names A as a focus and B as its subject: it is B's.
        var observation = (await Fhir.Create("Observation", Observation("vital-signs", b, $",\"focus\":[{{\"reference\":\"Patient/{a}\"}}]"))).Id();
        using var ofA = await Product.Fhir("patient/Observation.rs", patient: a);
        await Refused(As(ofA, HttpMethod.Get, $"Observation/{observation}"), HttpStatusCode.NotFound);
        Assert.DoesNotContain(observation, Ids(await Body(As(ofA, HttpMethod.Get, $"Observation?identifier={T}"))));
        using var ofB = await Product.Fhir("patient/Observation.rs", patient: b);
        await Body(As(ofB, HttpMethod.Get, $"Observation/{observation}"));
    }

    [Fact, Trait("Row", "FHIR-107")]
    public async Task Conditions_need_the_right_to_search_and_match_within_it()
    {
        using var blind = await Product.Fhir("system/Patient.cu system/Observation.cu");
        await Refused(As(blind, HttpMethod.Post, "Patient", Patient(), ("If-None-Exist", $"family=A{T}")), HttpStatusCode.Forbidden);
        await Refused(As(blind, HttpMethod.Put, $"Patient?family=A{T}", Patient()), HttpStatusCode.Forbidden);
        await Refused(As(blind, HttpMethod.Post, "", Bundle("transaction", Entry("POST", "Observation", Observation("vital-signs", "x").Replace("Patient/x", $"Patient?family=A{T}")))), HttpStatusCode.Forbidden);
        using var app = await Product.Fhir("patient/Patient.cruds patient/Observation.cruds", patient: a);
        Assert.Equal(HttpStatusCode.NoContent, await Status(As(app, HttpMethod.Delete, $"Observation?_id={vitalOfB}"))); // matches nothing of A's
        await Body(Get($"Observation/{vitalOfB}"));
    }

    [Fact, Trait("Row", "FHIR-108")]
    public async Task Another_hospital_is_in_no_chain_and_no_count()
    {
        using var north = await Product.Fhir(tenant: "north");
        foreach (var search in (string[])[$"Patient?_has:Observation:subject:category=vital-signs&identifier={T}", $"Observation?subject:Patient.family=A{T}", $"?_type=Patient,Observation&identifier={T}",
            $"Patient/{a}/Observation", $"Patient?_id={a}&_revinclude=*", $"Patient?family=A{T}&_sort=family"])
        {
            var bundle = await Body(As(north, HttpMethod.Get, $"{search}{(search.Contains('?', StringComparison.Ordinal) ? "&" : "?")}_total=accurate"));
            Assert.Equal(0, bundle.GetProperty("total").GetInt32());
            Assert.Empty(Items(bundle));
        }
    }
}
