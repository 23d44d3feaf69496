using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>A hospital's own search parameters: found by once the index is built, which goes on over restarts.</summary>
public sealed class OwnSearchParameterTests(TestProduct product) : FhirTest(product), IClassFixture<TestProduct>
{
    private string Definition(string code, string expression, string type = "token", string bases = "\"Patient\"", string more = "", string status = "active") => $$"""
        {"resourceType":"SearchParameter","id":"{{T}}{{more}}","url":"urn:sp:{{T}}{{more}}","name":"x","description":"x","status":"{{status}}","code":"{{code}}","base":[{{bases}}],"type":"{{type}}","expression":"{{expression}}"}
        """;

    private static string Color(string color) => $$""" "extension":[{"url":"urn:color","valueCode":"{{color}}"}] """;

    private async Task<string> Patient(string color) => $"Patient/{(await Fhir.Create("Patient", Patient(more: Color(color)))).Id()}";

    private async Task<(string State, int Done, int Total)> Status()
    {
        var part = (await Body(Get($"SearchParameter/{T}/$status"))).GetProperty("parameter")[0].GetProperty("part");
        return (part[0].GetProperty("valueCode").GetString()!, part[1].GetProperty("valueInteger").GetInt32(), part[2].GetProperty("valueInteger").GetInt32());
    }

    private async Task Ready() => await TestProduct.Until(async () =>
    {
        Product.Clock.Advance(TimeSpan.FromSeconds(2));
        return (await Status()).State == "ready";
    }, "the index is built", 30);

    [Fact]
    public async Task A_parameter_of_ones_own_finds_what_was_there_and_what_comes()
    {
        var (red, blue) = (await Patient("red"), await Patient("blue"));
        await Body(Put($"SearchParameter/{T}", Definition("color", "Patient.extension('urn:color').value.as(code)")), HttpStatusCode.Created);
        Product.Clock.Advance(TimeSpan.FromSeconds(6));
        // Not silently wrong while it is built.
        var early = await Refused(Get("Patient?color=red"), HttpStatusCode.BadRequest);
        Assert.Equal("incomplete", early.GetProperty("code").GetString());
        Assert.Equal(("indexing", 0), ((await Status()).State, (await Status()).Done));
        var between = await Patient("red");
        await Ready();
        Product.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal([red, between], await Found($"Patient?color=red&identifier={T}"));
        Assert.Equal([blue], await Found($"Patient?color:not=red&identifier={T}"));
        Assert.Equal([blue, red, between], await Found($"Patient?_sort=color&identifier={T}"));
        // Changed, created and deleted since.
        await Body(Put(blue, Patient(blue[8..], Color("red"))));
        var later = await Patient("blue");
        await Delete(red);
        Assert.Equal([blue, between], await Found($"Patient?color=red&identifier={T}"));
        Assert.Equal([later], await Found($"Patient?color=blue&identifier={T}"));
        using var north = await Product.Fhir(tenant: "north");
        await Refused(Send(HttpMethod.Get, "Patient?color=red", null, [("Prefer", "handling=strict")], by: north), HttpStatusCode.BadRequest);
        await Refused(Send(HttpMethod.Get, $"SearchParameter/{T}/$status", null, [], by: north), HttpStatusCode.NotFound);

        // Another meaning: the old rows are taken away, the new ones made.
        await Body(Put($"SearchParameter/{T}", Definition("color", "Patient.gender")));
        Product.Clock.Advance(TimeSpan.FromSeconds(6));
        await Refused(Get("Patient?color=red"), HttpStatusCode.BadRequest);
        await Ready();
        Product.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Empty(await Found($"Patient?color=red&identifier={T}"));
        await Delete($"SearchParameter/{T}");
        await TestProduct.Until(async () =>
        {
            Product.Clock.Advance(TimeSpan.FromSeconds(2));
            return await Product.Ask<long>($"select count(*) from fhir.search_parameter where id = '{T}'") == 0;
        }, "the rows are taken away");
        await Refused(Get("Patient?color=red", ("Prefer", "handling=strict")), HttpStatusCode.BadRequest);
        Assert.Equal(0, await Product.Ask<long>("select count(*) from fhir.token where code in ('red', 'blue') and param not in (select number from fhir.search_parameter)"));
    }

    [Fact]
    public async Task Building_goes_on_after_a_restart()
    {
        var entries = Enumerable.Range(0, 1200).Select(i => Entry("POST", "Patient", $$"""{"resourceType":"Patient",{{Color($"c{i}")}} }"""));
        await Body(Post("", Bundle("transaction", [.. entries])));
        await Body(Put($"SearchParameter/{T}", Definition("shade", "Patient.extension.where(url='urn:color').value")), HttpStatusCode.Created);
        Product.Clock.Advance(TimeSpan.FromSeconds(11));
        await TestProduct.Until(async () =>
        {
            Product.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await Status()).Done > 0;
        }, "the first part is built");
        await Product.Stop();
        await Product.Start();
        Fhir = await Product.Fhir();
        await Ready();
        Product.Clock.Advance(TimeSpan.FromSeconds(6));
        foreach (var i in (int[])[0, 499, 500, 1199]) Assert.Single(await Found($"Patient?shade=c{i}"));
    }

    [Theory]
    [InlineData("Patient.name.matches('x')", "x", "token", "\"Patient\"")]
    [InlineData("Patient.name.family", "family", "string", "\"Patient\"")]
    [InlineData("Patient.name.family", "_x", "string", "\"Patient\"")]
    [InlineData("Patient.name.family", "x", "composite", "\"Patient\"")]
    [InlineData("Patient.name.family", "x", "string", "\"Resource\"")]
    [InlineData("Patient.name.family", "x", "string", "\"Patient\",\"Slot\"")]
    public async Task What_cannot_be_kept_is_refused(string expression, string code, string type, string bases)
    {
        var issue = await Refused(Put($"SearchParameter/{T}", Definition(code, expression, type, bases)), HttpStatusCode.UnprocessableEntity, HttpStatusCode.BadRequest);
        Assert.NotEqual("", issue.GetProperty("diagnostics").GetString());
        await Refused(Get($"SearchParameter/{T}"), HttpStatusCode.NotFound);
        // A draft is only a text.
        if (bases == "\"Patient\"") await Body(Put($"SearchParameter/{T}", Definition(code, expression, type, bases, status: "draft")), HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_code_is_taken_once()
    {
        await Body(Put($"SearchParameter/{T}", Definition(T, "Patient.gender")), HttpStatusCode.Created);
        await Refused(Put($"SearchParameter/{T}2", Definition(T, "Patient.gender", more: "2")), HttpStatusCode.Conflict);
    }
}
