using System.Net;
using System.Text;
using System.Text.Json;
using HealthTeams.Tests.Subscriptions;
using Xunit;

namespace HealthTeams.Tests.Bulk;

/// <summary>NDJSON in: what is good is stored once, what is not is named, whatever happens in between.</summary>
public sealed class ImportTests(BulkProduct product) : BulkTest(product)
{
    private const string Ndjson = "application/fhir+ndjson";

    private string Line(int i, string more = "") => Patient($"{T}-{i}", more);

    private async Task<long> Total(string search, HttpClient? by = null) => (await Body(Send(HttpMethod.Get, $"{search}&_total=accurate&_count=0", null, [], by: by))).GetProperty("total").GetInt64();

    [Fact]
    public async Task Lines_are_stored_and_what_is_wrong_is_named_line_by_line()
    {
        var lines = Enumerable.Range(0, 25).Select(i => Line(i)).ToList();
        lines.InsertRange(7, ["not json", """{"resourceType":"Nonsense","id":"1"}""", """{"resourceType":"Patient","id":"no good id!"}""", Line(90, "\"birthDate\":\"2026-13-45\""), "", """{"id":"x"}"""]);
        lines.Add(Resource("Patient", null, "\"gender\":\"other\""));
        // Refused by the slice behind, not by validation: found among its neighbours.
        lines.Add(Resource("Communication", $"{T}-c", "\"status\":\"in-progress\",\"recipient\":[{\"reference\":\"Practitioner/nobody\"}]"));
        // The same id again: the later line wins.
        lines.Add(Line(3, "\"gender\":\"female\""));
        var manifest = await Finished(await Begun(KickOff("$import", body: string.Join('\n', lines), type: Ndjson)));
        Assert.Equal(27, manifest.GetProperty("output")[0].GetProperty("count").GetInt32());
        var error = Assert.Single(manifest.GetProperty("error").EnumerateArray());
        Assert.Equal(6, error.GetProperty("count").GetInt32());
        var said = await Lines(error.GetProperty("url").GetString()!);
        Assert.Equal(6, said.Length);
        Assert.All(said, l => Assert.Equal("OperationOutcome", JsonDocument.Parse(l).RootElement.GetProperty("resourceType").GetString()));
        Assert.Contains(said, l => l.Contains("Practitioner/nobody"));
        Assert.Equal(26, await Total($"Patient?identifier={T}"));
        Assert.Equal(("female", "2"), ((await Body(Get($"Patient/{T}-3"))).GetProperty("gender").GetString(), Version(await Body(Get($"Patient/{T}-3")))));

        // The same file again changes nothing but adds what has no id of its own.
        await Finished(await Begun(KickOff("$import", body: string.Join('\n', lines.Take(25)), type: Ndjson)));
        Assert.Equal("1", Version(await Body(Get($"Patient/{T}-1"))));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Inputs_are_fetched_from_registered_hosts(bool parameters)
    {
        Product.Files.Bodies[T] = Encoding.UTF8.GetBytes($"{Line(1)}\r\n{Line(2)}\r\n{Resource("Location", $"{T}-l", "\"name\":\"here\"")}");
        string Ask(string url) => parameters
            ? $$"""{"resourceType":"Parameters","parameter":[{"name":"inputFormat","valueString":"{{Ndjson}}"},{"name":"input","part":[{"name":"type","valueString":"Patient"},{"name":"url","valueUri":"{{url}}"}]}]}"""
            : $$"""{"inputFormat":"{{Ndjson}}","inputSource":"urn:x","input":[{"type":"Patient","url":"{{url}}"}]}""";
        var manifest = await Finished(await Begun(KickOff("$import", body: Ask($"{Product.Files.Url}/{T}"))));
        Assert.Equal((2, 1), (manifest.GetProperty("output")[0].GetProperty("count").GetInt32(), manifest.GetProperty("error")[0].GetProperty("count").GetInt32()));
        Assert.Equal(2, await Total($"Patient?identifier={T}"));
        var refused = await Refused(KickOff("$import", body: Ask("http://elsewhere.example/x")), HttpStatusCode.UnprocessableEntity);
        Assert.Contains("./run host add http://elsewhere.example", refused.GetProperty("diagnostics").GetString());

        Product.Files.Answers[$"{T}-away"] = (_, _) => Task.FromResult(500);
        var job = await Begun(KickOff("$import", body: Ask($"{Product.Files.Url}/{T}-away")));
        HttpResponseMessage? answer = null;
        await TestProduct.Until(async () => (answer = await Get(job)).StatusCode != HttpStatusCode.Accepted, "it fails");
        Assert.Contains("answered 500", (await Refused(Task.FromResult(answer!), HttpStatusCode.InternalServerError)).GetProperty("diagnostics").GetString());
    }

    [Fact]
    public async Task Stopped_in_the_middle_it_goes_on_and_no_line_is_stored_twice_or_left_out()
    {
        // Without ids: a line stored twice would be two resources.
        var lines = Enumerable.Range(0, 3000).Select(i => i % 100 == 50 ? "broken" : Resource("Patient", null, $"\"name\":[{{\"family\":\"n{i}\"}}]"));
        var job = await Begun(KickOff("$import", body: string.Join('\n', lines), type: Ndjson));
        var id = job.Split('/')[^1];
        await TestProduct.Until(async () => await Product.Ask<long>($"select rows from fhir.bulk_part where job = '{id}'") > 100, "it is under way");
        await Product.Stop();
        Assert.Equal("running", await Product.Ask<string>($"select state from fhir.bulk_job where id = '{id}'"));
        Assert.InRange(await Product.Ask<long>($"select rows from fhir.bulk_part where job = '{id}'"), 101, 2960);
        await Product.Start();
        using var fhir = await Product.Fhir();
        var manifest = await Finished(job, fhir);
        Assert.Equal((2970, 30), (manifest.GetProperty("output")[0].GetProperty("count").GetInt32(), manifest.GetProperty("error")[0].GetProperty("count").GetInt32()));
        Assert.Equal(30, (await Lines(manifest.GetProperty("error")[0].GetProperty("url").GetString()!, fhir)).Length);
        Assert.Equal(2970, await Total($"Patient?identifier={T}", fhir));
    }

    [Fact]
    public async Task Cancelled_it_stops_where_it_is()
    {
        var lines = Enumerable.Range(0, 4000).Select(i => Line(i));
        var job = await Begun(KickOff("$import", body: string.Join('\n', lines), type: Ndjson));
        var id = job.Split('/')[^1];
        await TestProduct.Until(async () => await Product.Ask<long>($"select rows from fhir.bulk_part where job = '{id}'") > 100, "it is under way");
        Assert.Equal(HttpStatusCode.Accepted, await Status(Delete(job)));
        var rows = await Product.Ask<long>($"select rows from fhir.bulk_part where job = '{id}'");
        await Task.Delay(300);
        Assert.Equal(rows, await Total($"Patient?identifier={T}"));
        Assert.InRange(rows, 100, 3900);
        await Refused(Get(job), HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Scopes_are_asked_for_every_line()
    {
        using var places = await Product.Fhir("system/Location.cruds");
        var manifest = await Finished(await Begun(KickOff("$import", places, $"{Line(1)}\n{Resource("Location", $"{T}-l", "\"name\":\"here\"")}", Ndjson)), places);
        Assert.Equal((1, 1), (manifest.GetProperty("output")[0].GetProperty("count").GetInt32(), manifest.GetProperty("error")[0].GetProperty("count").GetInt32()));
        await Refused(Get($"Patient/{T}-1"), HttpStatusCode.NotFound);
        using var reader = await Product.Fhir("system/*.rs");
        await Refused(KickOff("$import", reader, Line(1), Ndjson), HttpStatusCode.Forbidden);
        await Refused(KickOff("$import", body: "{}"), HttpStatusCode.BadRequest);
        await Refused(Send(HttpMethod.Post, "$import", Line(1), [], Ndjson), HttpStatusCode.BadRequest);
    }
}
