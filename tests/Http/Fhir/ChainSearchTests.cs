using System.Net;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>http://hl7.org/fhir/R4/search.html#chaining, #has and the search of several types at once.</summary>
[Collection("fhir")]
public sealed class ChainSearchTests(TestProduct product) : FhirTest(product)
{
    private string organization = "", patient = "", other = "", encounter = "", appointment = "";

    private async Task<string> Stored(string type, string more) => $"{type}/{(await Fhir.Create(type, Resource(type, null, more))).Id()}";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        organization = await Stored("Organization", $"\"name\":\"House {T}\"");
        patient = await Stored("Patient", $$""" "name":[{"family":"Chain{{T}}"}],"managingOrganization":{"reference":"{{organization}}"} """);
        other = await Stored("Patient", """ "name":[{"family":"Other"}] """);
        appointment = await Stored("Appointment", $$"""
            "status":"booked","start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:30:00Z","participant":[{"status":"accepted","actor":{"reference":"{{patient}}"} }]
            """);
        encounter = await Stored("Encounter", $$"""
            "status":"in-progress","class":{"code":"VR"},"subject":{"reference":"{{patient}}"},"appointment":[{"reference":"{{appointment}}"}]
            """);
        await Stored("Encounter", $$""" "status":"planned","class":{"code":"AMB"},"subject":{"reference":"{{other}}"} """);
    }

    [Fact, Trait("Row", "FHIR-88"), Trait("Row", "FHIR-75")]
    public async Task What_is_referred_to_can_be_searched_through()
    {
        foreach (var ask in (string[])[$"subject.family=chain{T}", $"subject:Patient.family=chain{T}", $"patient.name=chain{T}", $"patient.identifier=urn:test|{T}&status=in-progress",
            $"subject:Patient.family:exact=Chain{T}", $"patient.organization.name=house {T}", $"subject:Patient.organization:Organization.name:contains={T}",
            $"appointment.patient.organization.identifier={T}", $"appointment.date=ge2026-12-01&appointment.date=lt2026-12-02", $"patient.birthdate:missing=true&status=in-progress", $"patient._id={patient[8..]}"])
        {
            Assert.Equal([encounter], await Found($"Encounter?identifier={T}&{ask}"));
        }
        Assert.Empty(await Found($"Encounter?identifier={T}&subject:Group.identifier={T}"));
        Assert.Empty(await Found($"Encounter?patient.family=nobody{T}"));
        Assert.Equal([encounter], await Found($"Encounter?patient.family=chain{T}"));
    }

    [Fact, Trait("Row", "FHIR-88")]
    public async Task What_refers_to_it_can_be_searched_through()
    {
        Assert.Equal([patient], await Found($"Patient?identifier={T}&_has:Encounter:subject:status=in-progress"));
        Assert.Equal([patient], await Found($"Patient?_has:Encounter:patient:identifier={T}&_has:Encounter:patient:status=in-progress"));
        Assert.Equal([other], await Found($"Patient?identifier={T}&_has:Encounter:patient:status=planned"));
        Assert.Equal([patient], await Found($"Patient?identifier={T}&_has:Encounter:patient:appointment.status=booked"));
        Assert.Equal([patient], await Found($"Patient?identifier={T}&_has:Appointment:patient:_has:Encounter:appointment:status=in-progress"));
        Assert.Equal([encounter], await Found($"Encounter?identifier={T}&subject:Patient._has:Appointment:actor:status=booked"));
        Assert.Equal([organization], await Found($"Organization?_has:Patient:organization:family=chain{T}"));
        Assert.Empty(await Found($"Patient?identifier={T}&_has:Encounter:patient:status=cancelled"));
    }

    [Fact]
    public async Task Members_of_a_list_are_found()
    {
        var list = await Stored("List", $$""" "status":"current","mode":"working","entry":[{"item":{"reference":"{{other}}"} }] """);
        Assert.Equal([other], await Found($"Patient?_list={list[5..]}"));
        Assert.Empty(await Found($"Encounter?_list={list[5..]}"));
    }

    [Fact]
    public async Task Several_types_are_searched_at_once()
    {
        Assert.Equal(new[] { patient, other, organization }.Order(), (await Found($"?_type=Patient,Organization&identifier={T}")).Order());
        var everything = await Body(Get($"?_type=Patient,Encounter&identifier=urn:test|{T}&_total=accurate&_count=3"));
        Assert.Equal(4, everything.GetProperty("total").GetInt32());
        Assert.Equal(3, Entries(everything).Length);
        Assert.Single(Entries(await Body(Get(Link(everything, "next")!))));
        Assert.Equal([patient, other], Entries(await Body(Send(HttpMethod.Post, "_search", $"_type=Patient&identifier={T}", [], "application/x-www-form-urlencoded"))));
        Assert.Equal([patient], await Found($"?_id={patient[8..]}"));
        await Refused(Get("?_type=Nonsense"), HttpStatusCode.BadRequest);
        await Refused(Get("?_type=Patient,Slot&family=x", ("Prefer", "handling=strict")), HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("Encounter?subject.nonsense=x")]
    [InlineData("Encounter?status.name=x")]
    [InlineData("Encounter?subject:Nonsense.name=x")]
    [InlineData("Encounter?subject:Slot.name=x")]
    [InlineData("Patient?_has:Encounter:subject=x")]
    [InlineData("Patient?_has:Nonsense:subject:status=x")]
    [InlineData("Patient?_has:Encounter:nonsense:status=x")]
    [InlineData("Patient?_has:Encounter:subject:nonsense=x")]
    [InlineData("Encounter?episode-of-care.patient.organization.partof.partof.partof.partof.name=x")]
    [InlineData("Basic?subject.identifier=x")]
    public async Task A_chain_that_leads_nowhere_is_refused(string search) => await Refused(Get(search), HttpStatusCode.BadRequest);

    [Fact, Trait("Row", "FHIR-87")]
    public async Task An_include_from_another_type_needs_iterate() =>
        await Refused(Get($"Encounter?_include=Encounter:patient&_include=Patient:organization"), HttpStatusCode.BadRequest);

    [Fact, Trait("Row", "FHIR-87")]
    public async Task Iterated_and_wildcard_includes_bring_each_resource_once()
    {
        var bundle = await Body(Get($"Encounter?identifier={T}&status=in-progress&_include=Encounter:patient&_include:iterate=Patient:organization&_include=Encounter:appointment&_include:iterate=Appointment:patient&_total=accurate"));
        Assert.Equal(1, bundle.GetProperty("total").GetInt32());
        Assert.Equal([encounter], Entries(bundle));
        Assert.Equal(new[] { patient, organization, appointment }.Order(), Entries(bundle, "include").Order());
        Assert.Equal(new[] { patient, appointment }.Order(), (await Found($"Encounter?identifier={T}&status=in-progress&_include=*", "include")).Order());
        Assert.Equal(new[] { patient, appointment }.Order(), (await Found($"Encounter?identifier={T}&status=in-progress&_include=Encounter:*", "include")).Order());
        Assert.Equal(new[] { encounter, appointment }.Order(), (await Found($"Patient?_id={patient[8..]}&_revinclude=*", "include")).Order());
        Assert.Equal([encounter], await Found($"Patient?_id={patient[8..]}&_revinclude=Encounter:*", "include"));
        Assert.Equal(new[] { patient, encounter, appointment }.Order(), (await Found($"Organization?identifier={T}&_revinclude=Patient:organization&_revinclude:iterate=Appointment:patient&_revinclude:iterate=Encounter:appointment", "include")).Order());
        Assert.Equal([patient], await Found($"Encounter?identifier={T}&status=in-progress&_include=Encounter:subject:Patient", "include"));
        Assert.Empty(await Found($"Encounter?identifier={T}&_include=Encounter:subject:Group", "include"));
    }

    [Fact]
    public async Task A_ring_of_includes_ends()
    {
        await Body(Put($"Organization/{T}-a", $$"""{"resourceType":"Organization","id":"{{T}}-a","name":"a","partOf":{"reference":"Organization/{{T}}-b"} }"""), HttpStatusCode.Created);
        await Body(Put($"Organization/{T}-b", $$"""{"resourceType":"Organization","id":"{{T}}-b","name":"b","partOf":{"reference":"Organization/{{T}}-a"} }"""), HttpStatusCode.Created);
        Assert.Equal([$"Organization/{T}-b"], await Found($"Organization?_id={T}-a&_include:iterate=Organization:partof", "include"));
    }
}
