using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>Compartments and $everything: what belongs to one, and nothing of another.</summary>
[Collection("fhir")]
public sealed class CompartmentTests(TestProduct product) : FhirTest(product)
{
    private string patient = "", other = "", encounter = "", ofOther = "", observation = "", practitioner = "", location = "", appointment = "";

    private async Task<string> Stored(string type, string more) => $"{type}/{(await Fhir.Create(type, Resource(type, null, more))).Id()}";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        practitioner = await Stored("Practitioner", "\"active\":true");
        location = await Stored("Location", $"\"name\":\"{T}\"");
        (patient, other) = (await Stored("Patient", "\"active\":true"), await Stored("Patient", "\"active\":true"));
        encounter = await Stored("Encounter", Encounter(patient));
        ofOther = await Stored("Encounter", Encounter(other));
        observation = await Stored("Observation", $$"""
            "status":"final","code":{"text":"x"},"subject":{"reference":"{{patient}}"},"encounter":{"reference":"{{encounter}}"},"effectiveDateTime":"2026-03-01"
            """);
        appointment = await Stored("Appointment", $$"""
            "status":"booked","start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:30:00Z",
            "participant":[{"status":"accepted","actor":{"reference":"{{patient}}"} },{"status":"accepted","actor":{"reference":"{{other}}"} }]
            """);
    }

    private string Encounter(string of) => $$"""
        "status":"finished","class":{"code":"AMB"},"subject":{"reference":"{{of}}"},"period":{"start":"2026-02-01","end":"2026-02-02"},
        "participant":[{"individual":{"reference":"{{practitioner}}"} }],"location":[{"location":{"reference":"{{location}}"} }]
        """;

    [Fact, Trait("Row", "FHIR-91")]
    public async Task A_compartment_holds_its_own_only()
    {
        Assert.Equal([encounter], await Found($"{patient}/Encounter"));
        Assert.Equal([encounter], await Found($"{patient}/Encounter?status=finished&_sort=-date"));
        Assert.Empty(await Found($"{patient}/Encounter?status=planned"));
        Assert.Equal([appointment], await Found($"{patient}/Appointment"));
        Assert.Equal(new[] { encounter, observation, appointment }.Order(), (await Found($"{patient}/*")).Order());
        Assert.Equal([observation], await Found($"{patient}/*?_type=Observation"));
        Assert.Equal([observation], await Found($"{encounter}/Observation"));
        Assert.Equal(new[] { encounter, ofOther }.Order(), (await Found($"{practitioner}/Encounter")).Order());
        Assert.Equal([encounter], Entries(await Body(Send(HttpMethod.Post, $"{patient}/Encounter/_search", "status=finished", [], "application/x-www-form-urlencoded"))));
        Assert.Equal(3, (await Body(Get($"{patient}/*?_summary=count"))).GetProperty("total").GetInt32());
        Assert.EndsWith($"{patient}/Encounter?status=finished", Link(await Body(Get($"{patient}/Encounter?status=finished")), "self"));
        await Refused(Get($"{location}/Encounter"), HttpStatusCode.NotFound);
        await Refused(Get($"{patient}/Location"), HttpStatusCode.NotFound);
        await Refused(Get($"{patient}/Nonsense"), HttpStatusCode.NotFound);
    }

    private async Task<string[]> All(string path) => [.. Items(await Body(Get(path))).Select(e => e.GetProperty("resource")).Select(r => $"{r.GetProperty("resourceType").GetString()}/{r.Id()}").Order()];

    [Fact, Trait("Row", "FHIR-92")]
    public async Task Everything_of_a_patient_is_that_and_what_it_refers_to()
    {
        Assert.Equal(new[] { patient, encounter, observation, appointment, practitioner, location }.Order(), await All($"{patient}/$everything"));
        Assert.Equal(new[] { encounter, observation }.Order(), await All($"{patient}/$everything?_type=Encounter,Observation"));
        Assert.Equal(new[] { observation }, await All($"{patient}/$everything?_type=Encounter,Observation&start=2026-02-15"));
        Assert.Equal(new[] { encounter }, await All($"{patient}/$everything?_type=Encounter,Observation&end=2026-02-15"));
        Assert.Empty(await All($"{patient}/$everything?_since=2027-01-01T00:00:00Z"));
        var seen = new List<string>();
        for (var next = $"{patient}/$everything?_count=4"; next is not null;)
        {
            var page = await Body(Get(next));
            Assert.Equal(6, page.GetProperty("total").GetInt32());
            seen.AddRange(Items(page).Select(e => e.GetProperty("resource").Id()));
            next = Link(page, "next");
        }
        Assert.Equal(6, seen.Distinct().Count());
        Assert.Equal(6, seen.Count);
        await Refused(Get("Patient/nobody/$everything"), HttpStatusCode.NotFound);
        await Refused(Get($"{patient}/$everything?family=x"), HttpStatusCode.BadRequest);
        await Delete(other);
        await Refused(Get($"{other}/$everything"), HttpStatusCode.Gone);
    }

    [Fact, Trait("Row", "FHIR-92")]
    public async Task Everything_of_an_encounter_has_its_patient_and_no_other() =>
        Assert.Equal(new[] { encounter, patient, observation, practitioner, location }.Order(), await All($"{encounter}/$everything"));

    [Fact, Trait("Row", "FHIR-106"), Trait("Row", "FHIR-92")]
    public async Task Everything_keeps_to_the_scopes()
    {
        async Task<string[]> By(string scope, string path, string? launch = null)
        {
            using var client = await Product.Fhir(scope, patient: launch);
            return [.. Items(await Body(Send(HttpMethod.Get, path, null, [], by: client))).Select(e => e.GetProperty("resource")).Select(r => $"{r.GetProperty("resourceType").GetString()}/{r.Id()}").Order()];
        }

        Assert.Equal(new[] { patient, encounter }.Order(), await By("system/Patient.r system/Encounter.rs", $"{patient}/$everything"));
        Assert.Equal(new[] { patient, encounter, observation, appointment, practitioner, location }.Order(), await By("patient/*.rs", $"{patient}/$everything", patient[8..]));
        Assert.Equal(new[] { patient, observation }.Order(), await By("system/Patient.r system/Encounter.rs?status=planned system/Observation.rs", $"{patient}/$everything"));
        using var app = await Product.Fhir("patient/*.rs", patient: patient[8..]);
        await Refused(Send(HttpMethod.Get, $"{other}/$everything", null, [], by: app), HttpStatusCode.NotFound);
        await Refused(Send(HttpMethod.Get, $"{ofOther}/$everything", null, [], by: app), HttpStatusCode.NotFound);
        Assert.Empty(Entries(await Body(Send(HttpMethod.Get, $"{other}/Encounter", null, [], by: app))));
        Assert.Equal([appointment], Entries(await Body(Send(HttpMethod.Get, $"{other}/*", null, [], by: app)))); // shared by both
        using var north = await Product.Fhir(tenant: "north");
        await Refused(Send(HttpMethod.Get, $"{patient}/$everything", null, [], by: north), HttpStatusCode.NotFound);
        Assert.Empty(Entries(await Body(Send(HttpMethod.Get, $"{patient}/*", null, [], by: north))));
    }
}
