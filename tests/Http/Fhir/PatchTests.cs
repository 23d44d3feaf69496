using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class PatchTests(TestProduct product) : FhirTest(product)
{
    private JsonElement patient;
    private string Path => $"Patient/{patient.Id()}";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        patient = await Fhir.Create("Patient", Patient(more: """
            "gender":"female","birthDate":"1980-05-11","name":[{"family":"Barlow","given":["Ann","May"]}],"extension":[{"url":"urn:n","valueDecimal":1.50}]
            """));
    }

    [Fact, Trait("Row", "FHIR-43")]
    public async Task Only_what_is_named_changes()
    {
        var after = await Body(Patch(Path, """[{"op":"replace","path":"/gender","value":"male"}]"""));
        Assert.Equal("2", Version(after));
        Assert.Equal(Content(patient).Replace("female", "male"), Content(after));
    }

    [Theory]
    [InlineData("""[{"op":"add","path":"/name/0/given/1","value":"X"}]""", """["Ann","X","May"]""")]
    [InlineData("""[{"op":"add","path":"/name/0/given/-","value":"X"}]""", """["Ann","May","X"]""")]
    [InlineData("""[{"op":"remove","path":"/name/0/given/0"}]""", """["May"]""")]
    [InlineData("""[{"op":"replace","path":"/name/0/given/0","value":"X"}]""", """["X","May"]""")]
    [InlineData("""[{"op":"move","from":"/name/0/given/0","path":"/name/0/given/1"}]""", """["May","Ann"]""")]
    [InlineData("""[{"op":"copy","from":"/name/0/family","path":"/name/0/given/0"}]""", """["Barlow","Ann","May"]""")]
    [InlineData("""[{"op":"test","path":"/name/0/given","value":["Ann","May"]},{"op":"remove","path":"/name/0/given/1"}]""", """["Ann"]""")]
    public async Task Every_operation_of_json_patch_works(string patch, string given) =>
        Assert.Equal(given, (await Body(Patch(Path, patch))).GetProperty("name")[0].GetProperty("given").GetRawText());

    [Theory, Trait("Row", "FHIR-44")]
    [InlineData("""[{"op":"replace","value":"male"}]""")]
    [InlineData("""[{"op":"coo","path":"/gender","value":"male"}]""")]
    [InlineData("""[{"op":"replace","path":"gender","value":"male"}]""")]
    [InlineData("""[{"op":"replace","path":"/gender"}]""")]
    [InlineData("""[{"op":"move","path":"/gender"}]""")]
    [InlineData("""{"op":"replace","path":"/gender","value":"male"}""")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("")]
    [InlineData("[{\"op\":\"add\",\"path\":\"/gender\",\"value\":\"\\ud800\"}]")]
    [Trait("Row", "FHIR-45")]
    [InlineData("""[{"op":"replace","path":"/id","value":"x"}]""")]
    [InlineData("""[{"op":"replace","path":"/meta/versionId","value":"7"}]""")]
    [InlineData("""[{"op":"replace","path":"/resourceType","value":"Observation"}]""")]
    public Task A_patch_that_is_no_patch_is_refused(string patch) => Unchanged(Refused(Patch(Path, patch), HttpStatusCode.BadRequest));

    [Theory, Trait("Row", "FHIR-46"), Trait("Row", "FHIR-47")]
    [InlineData("""[{"op":"replace","path":"/gender","value":"dummy"}]""")]
    [InlineData("""[{"op":"add","path":"/nonsense","value":"x"}]""")]
    [InlineData("""[{"op":"test","path":"/gender","value":"male"},{"op":"remove","path":"/gender"}]""")]
    [InlineData("""[{"op":"remove","path":"/gender"},{"op":"remove","path":"/maritalStatus"}]""")]
    [InlineData("""[{"op":"replace","path":"/name/7/family","value":"x"}]""")]
    [InlineData("""[{"op":"add","path":"/name/01","value":{}}]""")]
    public Task A_patch_that_fails_or_breaks_the_resource_changes_nothing(string patch) => Unchanged(Refused(Patch(Path, patch), HttpStatusCode.BadRequest, HttpStatusCode.UnprocessableEntity));

    [Fact, Trait("Row", "FHIR-46")]
    public async Task A_required_element_cannot_be_removed()
    {
        var observation = await Fhir.Create("Observation", """{"resourceType":"Observation","status":"final","code":{"text":"x"}}""");
        await Refused(Patch($"Observation/{observation.Id()}", """[{"op":"remove","path":"/status"}]"""), HttpStatusCode.BadRequest, HttpStatusCode.UnprocessableEntity);
        Assert.Equal(1, await Versions("Observation", observation.Id()));
    }

    [Fact, Trait("Row", "FHIR-48")]
    public Task A_patch_honours_if_match() => Unchanged(Refused(Patch(Path, """[{"op":"remove","path":"/gender"}]""", ("If-Match", "W/\"9\"")), HttpStatusCode.PreconditionFailed));

    [Fact, Trait("Row", "FHIR-49")]
    public async Task What_is_not_there_cannot_be_patched()
    {
        const string patch = """[{"op":"remove","path":"/gender"}]""";
        await Refused(Patch("Patient/unknown", patch), HttpStatusCode.NotFound);
        await Delete(Path);
        await Refused(Patch(Path, patch), HttpStatusCode.Gone, HttpStatusCode.NotFound);
    }

    [Fact]
    public Task A_patch_of_another_kind_is_refused() =>
        Refused(Send(HttpMethod.Patch, Path, """[{"op":"remove","path":"/gender"}]""", [], "application/fhir+json"), HttpStatusCode.UnsupportedMediaType);

    [Fact, Trait("Row", "FHIR-51")]
    public async Task The_join_link_is_written_into_an_appointment_and_its_times_stay_as_sent()
    {
        var appointment = await Fhir.Create("Appointment", Resource("Appointment", null, """
            "status":"booked","start":"2026-11-23T10:00:00+01:00","end":"2026-11-23T10:30:00.000+01:00",
            "contained":[{"resourceType":"HealthcareService","id":"provider","telecom":[{"system":"url","value":"https://old.example/"}]}],
            "supportingInformation":[{"reference":"#provider"}],
            "participant":[{"status":"accepted","actor":{"display":"Dr Ames"}}]
            """));
        var after = await Body(Patch($"Appointment/{appointment.Id()}", """
            [{"op":"test","path":"/contained/0/telecom/0/value","value":"https://old.example/"},
             {"op":"replace","path":"/contained/0/telecom/0/value","value":"https://visits.example/join/1"}]
            """, ("If-Match", $"W/\"{Version(appointment)}\"")));
        Assert.Equal("https://visits.example/join/1", after.GetProperty("contained")[0].GetProperty("telecom")[0].GetProperty("value").GetString());
        Assert.Equal("2026-11-23T10:00:00+01:00", after.GetProperty("start").GetString());
        Assert.Equal("2026-11-23T10:30:00.000+01:00", after.GetProperty("end").GetString());
    }

    private async Task Unchanged(Task refused)
    {
        await refused;
        Assert.Equal(patient.GetRawText(), (await Body(Get(Path))).GetRawText());
    }

    private static string Content(JsonElement resource) =>
        string.Join('\n', resource.EnumerateObject().Where(p => p.Name != "meta").Select(p => $"{p.Name}={p.Value.GetRawText()}"));
}
