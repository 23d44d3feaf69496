using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class ToleranceTests(TestProduct product) : FhirTest(product)
{
    private static readonly (string, string) Strict = ("Prefer", "handling=strict");
    private static readonly (string, string) Lenient = ("Prefer", "handling=lenient");
    private static readonly (string, string) LenientTold = ("Prefer", "handling=lenient; return=OperationOutcome");

    private string Observation(string more) => Resource("Observation", null, "\"status\":\"final\",\"code\":{\"text\":\"x\"}," + more);

    [Fact]
    public async Task A_time_without_zone_is_taken_and_told_and_strictly_refused()
    {
        var body = Observation("\"effectiveDateTime\":\"1980-05-11T16:32:15\",\"issued\":\"1980-05-11T16:32:15.5\"");
        var answer = await Post("Observation", body);
        Assert.Equal("1980-05-11T16:32:15", (await Body(Task.FromResult(answer), HttpStatusCode.Created)).GetProperty("effectiveDateTime").GetString());
        Assert.Contains("Observation.issued", string.Join("", answer.Headers.GetValues("Warning")));
        var told = await Body(Post("Observation", body, ("Prefer", "return=OperationOutcome")), HttpStatusCode.Created);
        Assert.All(told.GetProperty("issue").EnumerateArray(), i => Assert.Equal("warning", i.GetProperty("severity").GetString()));
        Assert.Equal(2, told.GetProperty("issue").GetArrayLength());
        await Refused(Post("Observation", body, Strict), HttpStatusCode.BadRequest);
        // Nothing to tell, no header.
        Assert.False((await Post("Observation", Observation("\"effectiveDateTime\":\"1980-05-11T16:32:15Z\""), Strict)).Headers.Contains("Warning"));
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","nonsense":{"a":[1.50]}}""", "nonsense", "1.50")]
    [InlineData("""{"resourceType":"Patient","gender":"dummy"}""", "Patient.gender", "dummy")]
    [InlineData("""{"resourceType":"Patient","birthDate":"1980-05-11T00:00:00"}""", "Patient.birthDate", "1980-05-11T00:00:00")]
    [InlineData("""{"resourceType":"Patient","name":[{"family":"","given":["Ann"]}]}""", "Patient.name[0].family", "\"family\":\"\"")]
    public async Task What_ehrs_send_is_taken_leniently_as_it_came(string body, string where, string kept)
    {
        await Refused(Post("Patient", body), HttpStatusCode.BadRequest);
        await Refused(Post("Patient", body, Strict), HttpStatusCode.BadRequest);
        var answer = await Post("Patient", body, Lenient);
        var stored = await Body(Task.FromResult(answer), HttpStatusCode.Created);
        Assert.Contains(kept, stored.GetRawText());
        Assert.Contains(where, string.Join("", answer.Headers.GetValues("Warning")));
        var told = await Body(Post("Patient", body, LenientTold), HttpStatusCode.Created);
        Assert.Contains(told.GetProperty("issue").EnumerateArray(), i => i.GetProperty("severity").GetString() == "warning" && i.GetProperty("expression")[0].GetString()!.Contains(where.Split('.')[^1]));
        var bundle = await Body(Post("", Bundle("transaction", Entry("POST", "Patient", body)), Lenient));
        Assert.Equal("warning", Items(bundle).Single().GetProperty("response").GetProperty("outcome").GetProperty("issue")[0].GetProperty("severity").GetString());
        // It is read, shown as XML, and patched elsewhere without anybody minding.
        Assert.Contains(kept, await (await Get($"Patient/{stored.Id()}")).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, await Status(Get($"Patient/{stored.Id()}", ("Accept", "application/fhir+xml"))));
        Assert.True((await Body(Patch($"Patient/{stored.Id()}", """[{"op":"add","path":"/active","value":true}]"""))).GetProperty("active").GetBoolean());
        await Refused(Patch($"Patient/{stored.Id()}", """[{"op":"add","path":"/maritalStatus","value":"x"}]"""), HttpStatusCode.UnprocessableEntity);
    }

    [Theory]
    [InlineData("Observation", """{"resourceType":"Observation"}""")]
    [InlineData("Patient", """{"resourceType":"Patient","birthDate":"1980-13-45"}""")]
    [InlineData("Patient", """{"resourceType":"Patient","deceasedDateTime":"1980-13-45T10:00:00"}""")]
    [InlineData("Patient", """{"resourceType":"Patient","birthDate":"1980-13-45T10:00:00"}""")]
    [InlineData("Patient", """{"resourceType":"Patient","active":"yes"}""")]
    [InlineData("Patient", """{"resourceType":"Patient","name":{"family":"x"}}""")]
    [InlineData("Observation", """{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":"5"}}""")]
    [InlineData("Observation", """{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":"-1E+245"}}""")]
    [InlineData("Observation", """{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1e400}}""")]
    public async Task What_is_missing_or_impossible_is_refused_however_lenient(string type, string body)
    {
        foreach (var handling in (string[])["handling=strict", "handling=lenient", "return=representation"]) await Refused(Post(type, body, ("Prefer", handling)), HttpStatusCode.BadRequest);
    }

    [Theory, Trait("Row", "FHIR-11")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("1.0000000000000001")]
    [InlineData("0.00000000000000000000000000000000000001")]
    [InlineData("-1E+245")]
    [InlineData("1.000000000000000000E-245")]
    [InlineData("123456789012345678901234567890.5")]
    public async Task A_decimal_is_kept_as_it_was_written(string digits)
    {
        var created = await Fhir.Create("Observation", Observation($"\"valueQuantity\":{{\"value\":{digits}}}"));
        Assert.Equal(digits, (await Body(Get($"Observation/{created.Id()}"))).GetProperty("valueQuantity").GetProperty("value").GetRawText());
        Assert.Contains($"value=\"{digits}\"", await (await Get($"Observation/{created.Id()}?_format=xml")).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, await Status(Put($"Observation/{created.Id()}", Resource("Observation", created.Id(), $"\"status\":\"amended\",\"code\":{{\"text\":\"x\"}},\"valueQuantity\":{{\"value\":{digits}}}"))));
    }
}
