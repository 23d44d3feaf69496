using System.Net;
using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>A product with small limits.</summary>
public sealed class SmallProduct : TestProduct
{
    protected override void Configure(IServiceCollection services)
    {
        base.Configure(services);
        services.AddSingleton(s => new FhirSettings(() => Url) { Limits = new FhirLimits { Body = 1024 * 1024, Entries = 3, Page = 2, Included = 1, Turns = 1, Read = TimeSpan.FromSeconds(1), Hold = TimeSpan.FromMinutes(2) } });
    }
}

public sealed class CapabilityTests(SmallProduct product) : FhirTest(product), IClassFixture<SmallProduct>
{
    private static string?[] Names(JsonElement of, string list, string name = "name") => of.TryGetProperty(list, out var items) ? [.. items.EnumerateArray().Select(o => o.GetProperty(name).GetString())] : [];

    private async Task<JsonElement> Rest() => (await Body(Get("metadata"))).GetProperty("rest")[0];

    [Fact, Trait("Row", "FHIR-1")]
    public async Task It_tells_of_operations_patches_includes_and_security()
    {
        var statement = await Body(Get("metadata"));
        Assert.Equal(["application/json-patch+json", "application/fhir+json", "application/fhir+xml"], statement.GetProperty("patchFormat").EnumerateArray().Select(f => f.GetString()));
        Assert.NotEmpty(statement.GetProperty("implementationGuide").EnumerateArray());
        var rest = statement.GetProperty("rest")[0];
        JsonElement Of(string type) => rest.GetProperty("resource").EnumerateArray().Single(r => r.GetProperty("type").GetString() == type);
        Assert.Superset(new HashSet<string?> { "book", "find", "hold", "meta", "meta-add", "meta-delete", "validate" }, Names(Of("Appointment"), "operation").ToHashSet());
        Assert.DoesNotContain("find", Names(Of("Patient"), "operation"));
        Assert.Contains("versions", Names(rest, "operation"));
        Assert.Contains("everything", Names(Of("Patient"), "operation"));
        Assert.Equal("transaction,batch,history-system,search-system", string.Join(",", Names(rest, "interaction", "code")));
        Assert.Contains("Appointment:actor", Of("Appointment").GetProperty("searchInclude").EnumerateArray().Select(i => i.GetString()));
        Assert.Contains("Encounter:appointment", Of("Appointment").GetProperty("searchRevInclude").EnumerateArray().Select(i => i.GetString()));
        Assert.Contains(rest.GetProperty("security").GetProperty("extension").EnumerateArray(), e => e.TryGetProperty("valueCode", out var code) && code.GetString() == "permission-v2");
        var smart = JsonDocument.Parse(await (await Get("metadata/../.well-known/smart-configuration")).Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(smart.GetProperty("capabilities").EnumerateArray().Select(c => c.GetString()).Order(),
            rest.GetProperty("security").GetProperty("extension").EnumerateArray().Where(e => e.TryGetProperty("valueCode", out _)).Select(e => e.GetProperty("valueCode").GetString()).Order());
        // Every operation it names is there.
        foreach (var (type, name) in rest.GetProperty("resource").EnumerateArray().SelectMany(r => Names(r, "operation").Select(o => (r.GetProperty("type").GetString(), o))).Where(o => o.Item1 == "Appointment"))
        {
            var diagnostics = (await Refused(Post($"{type}/none/${name}", "{\"resourceType\":\"Parameters\"}"), HttpStatusCode.NotFound, HttpStatusCode.BadRequest, HttpStatusCode.Conflict, HttpStatusCode.UnprocessableEntity)).GetProperty("diagnostics").GetString();
            if (name != "find") Assert.DoesNotContain("is not an operation here", diagnostics);
        }
    }

    [Fact]
    public async Task Other_modes_are_answered_or_refused()
    {
        Assert.Equal("TerminologyCapabilities", (await Body(Get("metadata?mode=terminology"))).GetProperty("resourceType").GetString());
        Assert.Equal("CapabilityStatement", (await Body(Get("metadata?mode=normative"))).GetProperty("resourceType").GetString());
        Assert.Equal("CapabilityStatement", (await Body(Get("metadata?mode=full"))).GetProperty("resourceType").GetString());
        await Refused(Get("metadata?mode=half"), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Limits_are_those_of_the_settings_and_stated()
    {
        var told = (await Rest()).GetProperty("documentation").GetString()!;
        foreach (var part in (string[])["at most 1 MB", "at most 3 entries", "at most 1 s", "for 2 minutes", "64 deep", "at most 2 matches", "1 included"]) Assert.Contains(part, told);
        var issue = await Refused(Post("", Bundle("batch", [.. Enumerable.Range(0, 4).Select(_ => Entry("GET", "Patient/1"))])), HttpStatusCode.RequestEntityTooLarge);
        Assert.Contains("3 entries", issue.GetProperty("diagnostics").GetString());
        // Refused before it is sent: whoever sends all the same may meet a closed connection.
        issue = await Refused(Post("Patient", Patient(more: $"\"language\":\"{new string('a', 1024 * 1024)}\""), ("Expect", "100-continue")), HttpStatusCode.RequestEntityTooLarge);
        Assert.Contains("1 MB", issue.GetProperty("diagnostics").GetString());
        Assert.Equal("too-long", issue.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_read_that_takes_too_long_is_given_up_with_a_word()
    {
        await Fhir.Create("Patient", Patient());
        await using var connection = new NpgsqlConnection(Product.Database.Owner);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var locking = new NpgsqlCommand("lock table fhir.resource in access exclusive mode", connection, transaction)) await locking.ExecuteNonQueryAsync();
        foreach (var path in (string[])["Patient?_count=1", "Patient/1", "Patient/_history"])
        {
            Assert.Equal("too-costly", (await Refused(Get(path), HttpStatusCode.ServiceUnavailable)).GetProperty("code").GetString());
        }
        await transaction.RollbackAsync();
        Assert.Equal(HttpStatusCode.OK, await Status(Get("Patient?_count=1")));
    }

    [Theory]
    [InlineData("FHIR_BODY_MB", "0")]
    [InlineData("FHIR_BODY_MB", "many")]
    [InlineData("FHIR_BUNDLE_ENTRIES", "-1")]
    [InlineData("FHIR_READ_SECONDS", "1.5")]
    public void A_setting_that_is_no_limit_is_named(string name, string value) =>
        Assert.Contains(name, Assert.Throws<FormatException>(() => FhirLimits.From(n => n == name ? value : null)).Message);

    [Fact]
    public async Task A_page_and_what_it_includes_are_as_long_as_the_settings_say()
    {
        var patient = (await Fhir.Create("Patient", Patient())).Id();
        var organization = (await Fhir.Create("Organization", """{"resourceType":"Organization","name":"North"}""")).Id();
        await Put($"Patient/{patient}", Patient(patient, $"\"managingOrganization\":{{\"reference\":\"Organization/{organization}\"}}"));
        for (var i = 0; i < 3; i++) await Fhir.Create("Basic", $$$"""{"resourceType":"Basic","code":{"text":"{{{T}}}"},"subject":{"reference":"Patient/{{{patient}}}"},"author":{"reference":"Organization/{{{organization}}}"},"identifier":[{"value":"{{{T}}}"}]}""");
        var page = await Body(Get($"Basic?identifier={T}&_count=1000&_include=Basic:subject&_include=Basic:author&_include:iterate=Patient:organization"));
        Assert.Equal(2, Entries(page).Length);
        Assert.NotNull(Link(page, "next"));
        Assert.Single(Entries(page, "include"));
        var said = Items(page).Single(e => e.GetProperty("search").GetProperty("mode").GetString() == "outcome").GetRawText();
        Assert.Contains("at most 2 matches", said);
        Assert.Contains("includes at most 1", said);
        Assert.Equal(2, Items(await Body(Get("_history?_count=50"))).Count());
    }

    [Fact]
    public void Limits_come_from_the_environment() =>
        Assert.Equal(new FhirLimits { Body = 5 * 1024 * 1024, Entries = 7, Page = 50, Included = 0, Turns = 2, Read = TimeSpan.FromSeconds(9), Hold = TimeSpan.FromMinutes(3) },
            FhirLimits.From(n => n switch { "FHIR_BODY_MB" => "5", "FHIR_BUNDLE_ENTRIES" => "7", "FHIR_PAGE" => "50", "FHIR_INCLUDED" => "0", "FHIR_ITERATE_TURNS" => "2", "FHIR_READ_SECONDS" => "9", "FHIR_HOLD_MINUTES" => "3", _ => null }));
}
