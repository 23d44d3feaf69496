using System.Net;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class SearchTests(TestProduct product) : FhirTest(product)
{
    private async Task<string> Named(string family, string more = "") =>
        $"Patient/{(await Fhir.Create("Patient", Patient(more: $"\"name\":[{{\"family\":\"{family}\"}}]{(more.Length > 0 ? "," + more : "")}"))).Id()}";

    [Fact, Trait("Row", "FHIR-68")]
    public async Task Strings_match_from_their_beginning_whatever_case_and_accents()
    {
        var mueller = await Named($"Müller{T}");
        Assert.Equal([mueller], await Found($"Patient?family=muller{T}"));
        Assert.Equal([mueller], await Found($"Patient?family=MÜLLER{T[..6]}&identifier={T}"));
        Assert.Equal([mueller], await Found($"Patient?name=mul&identifier={T}"));
        Assert.Empty(await Found($"Patient?family=uller{T}"));
        var emoji = await Named($"{T}😀x");
        Assert.Equal([emoji], await Found($"Patient?family={T}"));
    }

    [Fact, Trait("Row", "FHIR-69")]
    public async Task Exact_counts_case_and_contains_looks_inside()
    {
        var smith = await Named($"Smith{T}");
        Assert.Equal([smith], await Found($"Patient?family:exact=Smith{T}"));
        Assert.Empty(await Found($"Patient?family:exact=smith{T}"));
        Assert.Empty(await Found($"Patient?family:exact=Smith{T[..^1]}"));
        Assert.Equal([smith], await Found($"Patient?family:contains=MITH{T}"));
    }

    [Fact, Trait("Row", "FHIR-70")]
    public async Task Tokens_are_told_apart_by_their_system()
    {
        async Task<string> With(string identifier) => $"Patient/{(await Fhir.Create("Patient", $$"""{"resourceType":"Patient","identifier":[{{identifier}}]}""")).Id()}";
        var a = await With($$"""{"system":"urn:a","value":"{{T}}"}""");
        var b = await With($$"""{"system":"urn:{{T}}","value":"{{T}}"}""");
        var none = await With($$"""{"value":"{{T}}"}""");
        Assert.Equal([a], await Found($"Patient?identifier=urn:a|{T}"));
        Assert.Equal([b], await Found($"Patient?identifier=urn:{T}|"));
        Assert.Equal([none], await Found($"Patient?identifier=|{T}"));
        Assert.Equal([a, b, none], await Found($"Patient?identifier={T}"));
        Assert.Equal([a, none], await Found($"Patient?identifier=urn:a|{T},|{T}"));
        Assert.Empty(await Found($"Patient?identifier=urn:a|{T}&identifier=|{T}"));
        await Refused(Get($"Patient?identifier=a|b|{T}"), HttpStatusCode.BadRequest);
    }

    [Fact, Trait("Row", "FHIR-70")]
    public async Task A_code_element_is_of_the_system_of_its_binding()
    {
        var patient = await Named("x", "\"gender\":\"female\",\"active\":true");
        Assert.Equal([patient], await Found($"Patient?identifier={T}&gender=http://hl7.org/fhir/administrative-gender|female"));
        Assert.Equal([patient], await Found($"Patient?identifier={T}&gender=http://hl7.org/fhir/administrative-gender|"));
        Assert.Equal([patient], await Found($"Patient?identifier={T}&gender=female"));
        Assert.Empty(await Found($"Patient?identifier={T}&gender=http://hl7.org/fhir/appointmentstatus|female"));
        Assert.Equal([patient], await Found($"Patient?identifier={T}&active=true"));
    }

    [Fact, Trait("Row", "FHIR-71")]
    public async Task Not_includes_what_lacks_the_value()
    {
        var male = await Named("x", "\"gender\":\"male\"");
        var unsaid = await Named("x");
        Assert.Equal([unsaid], await Found($"Patient?identifier={T}&gender:not=male"));
        Assert.Equal([male, unsaid], await Found($"Patient?identifier={T}&gender:not=female"));
        Assert.Equal([unsaid], await Found($"Patient?identifier={T}&gender:not=female,male"));
    }

    [Fact, Trait("Row", "FHIR-74")]
    public async Task A_clinicians_bookings_of_a_month_are_found_in_order()
    {
        async Task<string> Booked(string start, string status, string who) => $"Appointment/{(await Fhir.Create("Appointment", Resource("Appointment", null, $$"""
            "status":"{{status}}","start":"{{start}}","end":"{{start.Replace(":00Z", ":20Z")}}","participant":[{"status":"accepted","actor":{"reference":"Practitioner/{{who}}"} }]
            """))).Id()}";
        await Fhir.PutAsync($"/fhir/Practitioner/{T}", FhirHttp.Json(Resource("Practitioner", T, "")));
        await Fhir.PutAsync($"/fhir/Practitioner/{T}-2", FhirHttp.Json($$"""{"resourceType":"Practitioner","id":"{{T}}-2"}"""));
        var second = await Booked("2026-01-20T09:00:00Z", "booked", T);
        var first = await Booked("2026-01-01T00:00:00Z", "booked", T);
        await Booked("2026-02-01T00:00:00Z", "booked", T);
        await Booked("2025-12-31T23:00:00Z", "booked", T);
        await Booked("2026-01-10T09:00:00Z", "cancelled", T);
        await Booked("2026-01-11T09:00:00Z", "booked", T + "-2");
        var query = $"Appointment?date=ge2026-01-01&date=lt2026-02-01&actor=Practitioner/{T}&status=booked";
        Assert.Equal([first, second], await Found($"{query}&_sort=date"));
        Assert.Equal([second, first], await Found($"{query}&_sort=-date"));
        Assert.Equal([first, second], await Found($"{query}&_sort=date&practitioner={T}"));
    }

    [Fact, Trait("Row", "FHIR-75")]
    public async Task A_reference_is_found_in_every_way_it_can_be_written()
    {
        var patient = (await Fhir.Create("Patient", Patient())).Id();
        var encounter = $"Encounter/{(await Fhir.Create("Encounter", Resource("Encounter", null, $$"""
            "status":"planned","class":{"code":"VR"},"subject":{"reference":"Patient/{{patient}}"}
            """))).Id()}";
        foreach (var ask in (string[])[$"subject=Patient/{patient}", $"subject={patient}", $"subject:Patient={patient}", $"patient={patient}", $"patient=Patient/{patient}",
            $"subject={Base}/Patient/{patient}", $"subject=Patient/other,Patient/{patient}"])
        {
            Assert.Equal([encounter], await Found($"Encounter?{ask}&identifier={T}"));
        }
        foreach (var ask in (string[])[$"subject=Group/{patient}", $"subject=patient/{patient}", $"subject=http://other/fhir/Patient/{patient}", $"subject:Group={patient}"])
        {
            Assert.Empty(await Found($"Encounter?{ask}&identifier={T}"));
        }
        await Refused(Get($"Encounter?subject:patient={patient}"), HttpStatusCode.BadRequest);
    }

    [Fact, Trait("Row", "FHIR-78")]
    public async Task Missing_asks_whether_there_is_a_value()
    {
        var named = await Named("x");
        var nameless = $"Patient/{(await Fhir.Create("Patient", Patient())).Id()}";
        Assert.Equal([nameless], await Found($"Patient?identifier={T}&name:missing=true"));
        Assert.Equal([named], await Found($"Patient?identifier={T}&name:missing=false"));
        await Refused(Get("Patient?name:missing=maybe"), HttpStatusCode.BadRequest);
    }

    [Fact, Trait("Row", "FHIR-77")]
    public async Task Uris_are_found_whole_below_and_above()
    {
        var id = $"ValueSet/{(await Fhir.Create("ValueSet", $$"""{"resourceType":"ValueSet","status":"active","url":"http://x.example/{{T}}/b"}""")).Id()}";
        Assert.Equal([id], await Found($"ValueSet?url=http://x.example/{T}/b"));
        Assert.Empty(await Found($"ValueSet?url=http://x.example/{T}"));
        Assert.Equal([id], await Found($"ValueSet?url:below=http://x.example/{T}/"));
        Assert.Equal([id], await Found($"ValueSet?url:above=http://x.example/{T}/b/c"));
    }

    [Fact, Trait("Row", "FHIR-79")]
    public async Task An_unknown_parameter_is_ignored_and_said()
    {
        var patient = await Named("x");
        var bundle = await Body(Get($"Patient?identifier={T}&foo=bar"));
        Assert.Equal([patient], Entries(bundle));
        var outcome = Items(bundle).Single(e => e.GetProperty("search").GetProperty("mode").GetString() == "outcome").GetProperty("resource");
        Assert.Contains("foo", outcome.GetProperty("issue")[0].GetProperty("diagnostics").GetString());
        Assert.DoesNotContain("foo", Link(bundle, "self"));
        Assert.Contains(T, Link(bundle, "self"));
        await Body(Get("Patient?foo=bar&_count=1", ("Prefer", "handling=lenient")));
    }

    [Fact, Trait("Row", "FHIR-80")]
    public async Task A_strict_client_is_told_instead()
    {
        await Refused(Get("Patient?foo=bar", ("Prefer", "handling=strict")), HttpStatusCode.BadRequest);
        await Refused(Get("Patient", ("Prefer", "handling=foo")), HttpStatusCode.BadRequest);
    }

    [Fact, Trait("Row", "FHIR-90")]
    public async Task A_form_searches_like_a_query_and_beside_one()
    {
        var male = await Named("x", "\"gender\":\"male\"");
        await Named("x", "\"gender\":\"female\"");
        async Task<string[]> Form(string url, string form) => Entries(await Body(Send(HttpMethod.Post, url, form, [], "application/x-www-form-urlencoded")));
        Assert.Equal([male], await Form("Patient/_search", $"identifier={T}&gender=male"));
        Assert.Equal([male], await Form($"Patient/_search?gender=male", $"identifier=urn%3Atest%7C{T}"));
        Assert.Empty(await Form($"Patient/_search?gender=male", $"identifier={T}&gender=female"));
        await Refused(Post("Patient/_search", "{}"), HttpStatusCode.UnsupportedMediaType);
    }

    [Fact, Trait("Row", "FHIR-93")]
    public async Task Escaped_separators_are_letters()
    {
        var odd = $"Patient/{(await Fhir.Create("Patient", $$"""{"resourceType":"Patient","identifier":[{"system":"urn:{{T}}","value":"a,b|c$d\\e"}],"name":[{"family":"{{T}},jr"}]}""")).Id()}";
        Assert.Equal([odd], await Found($"Patient?identifier=urn:{T}|{Uri.EscapeDataString("""a\,b\|c\$d\\e""")}"));
        Assert.Equal([odd], await Found($"Patient?family:exact={T}{Uri.EscapeDataString("""\,jr""")}"));
        Assert.Empty(await Found($"Patient?identifier=urn:{T}|{Uri.EscapeDataString("a,b")}"));
    }

    [Fact, Trait("Row", "FHIR-95")]
    public async Task An_id_asked_twice_is_answered_once()
    {
        var (a, b) = (await Named("x"), await Named("x"));
        Assert.Equal([a, b], await Found($"Patient?_id={a[8..]},{a[8..]},{b[8..]},none"));
    }

    [Fact, Trait("Row", "FHIR-96")]
    public async Task Old_versions_and_deleted_resources_are_never_found()
    {
        var id = (await Named($"old{T}"))[8..];
        await Body(Put($"Patient/{id}", Patient(id, $"\"name\":[{{\"family\":\"new{T}\"}}]")));
        Assert.Empty(await Found($"Patient?family=old{T}"));
        Assert.Single(await Found($"Patient?family=new{T}"));
        await Delete($"Patient/{id}");
        Assert.Empty(await Found($"Patient?family=new{T}"));
        Assert.Empty(await Found($"Patient?_id={id}"));
        Assert.Equal(0, await Product.Ask<long>($"select count(*) from fhir.string where norm like '%{T}'"));
    }

    [Theory]
    [InlineData("Patient?name=%00")]
    [InlineData("Patient?%00=x")]
    [InlineData("Patient?name=%FF%FE")]
    [InlineData("Patient?name=%ED%A0%80")]
    [InlineData("Patient?name=' or 1=1 --")]
    [InlineData("Patient?name:exact:exact=x")]
    [InlineData("Patient?identifier=|||")]
    [InlineData("Patient?identifier=\\")]
    [InlineData("Patient?_id=%00")]
    [InlineData("Patient?_sort=%00")]
    [InlineData("Patient?_sort=")]
    [InlineData("Patient?_sort=-")]
    [InlineData("Patient?_sort=nonsense")]
    [InlineData("Patient?_count=99999999999999999999")]
    [InlineData("Patient?_count=-1")]
    [InlineData("Patient?_cursor=abc")]
    [InlineData("Patient?_cursor=fHx8")]
    [InlineData("Patient?_include=Patient")]
    [InlineData("Patient?_include=Nonsense:x")]
    [InlineData("Patient?_revinclude=Patient:nonsense")]
    [InlineData("Patient?_total=perhaps")]
    [InlineData("Patient?_lastUpdated=yesterday")]
    [InlineData("Patient?_lastUpdated:exact=2026")]
    [InlineData("Patient?birthdate=gt")]
    [InlineData("Observation?value-quantity=abc")]
    [InlineData("Observation?value-quantity=79228162514264337593543950335")]
    [InlineData("Observation?value-quantity=1e999")]
    [InlineData("Observation?value-quantity=5.4|a|b|c|d")]
    [InlineData("Patient?&&&===&?")]
    [InlineData("Patient?_format=json&_pretty=maybe")]
    public async Task Junk_in_a_query_is_answered_or_refused(string search)
    {
        var answer = await Get(search);
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        Assert.Equal("application/fhir+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Values_longer_than_an_index_holds_are_stored_and_found()
    {
        foreach (var (letter, length) in ((string, int)[])[("x", 6000), ("é", 3000), ("각", 1000), ("😀", 900), ("a😀", 334), ("aa😀", 333)])
        {
            var text = T + string.Concat(Enumerable.Repeat(letter, length));
            var answer = await Post("Patient", $$"""{"resourceType":"Patient","identifier":[{"system":"urn:{{text}}","value":"{{text}}"}],"name":[{"family":"{{text}}"}]}""");
            var id = $"Patient/{(await Body(Task.FromResult(answer), HttpStatusCode.Created)).Id()}";
            async Task<string[]> Search(string form) => Entries(await Body(Send(HttpMethod.Post, "Patient/_search", form, [], "application/x-www-form-urlencoded")));
            Assert.Equal([id], await Search($"identifier=urn:{Uri.EscapeDataString(text)}|{Uri.EscapeDataString(text)}"));
            Assert.Equal([id], await Search($"family={Uri.EscapeDataString(text)}"));
            Assert.Equal([id], await Search($"family:exact={Uri.EscapeDataString(text)}"));
            await Delete(id);
        }
    }

    [Fact]
    public async Task A_search_too_large_to_plan_is_refused()
    {
        Task<HttpResponseMessage> Form(string form) => Send(HttpMethod.Post, "Patient/_search", form, [], "application/x-www-form-urlencoded");
        await Refused(Form("identifier=" + string.Join(',', Enumerable.Range(0, 70_000))), HttpStatusCode.BadRequest);
        await Refused(Form(string.Join('&', Enumerable.Range(0, 1000).Select(i => $"name=a{i}"))), HttpStatusCode.BadRequest);
        await Body(Form("identifier=" + string.Join(',', Enumerable.Range(0, 1000))));
    }

    [Theory, Trait("Row", "FHIR-76")]
    [InlineData("5.4", true)]
    [InlineData("5.40", false)]
    [InlineData("5", true)]
    [InlineData("6", false)]
    [InlineData("gt5.3|http://unitsofmeasure.org|mg", true)]
    [InlineData("gt5.3|http://unitsofmeasure.org|g", false)]
    [InlineData("lt5.4", false)]
    [InlineData("le5.4", true)]
    [InlineData("ne5.4", false)]
    [InlineData("ap5", true)]
    [InlineData("5.4||mg", true)]
    public async Task A_quantity_is_as_wide_as_its_digits(string value, bool found)
    {
        var id = (await Fhir.Create("Observation", Resource("Observation", null, """
            "status":"final","code":{"text":"x"},"valueQuantity":{"value":5.4,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}
            """))).Id();
        Assert.Equal(found ? [$"Observation/{id}"] : [], await Found($"Observation?identifier={T}&value-quantity={value}"));
    }
}
