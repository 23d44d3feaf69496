using System.Net;
using System.Net.Http.Headers;
using HealthTeams.SmartLauncher.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>Writes of one client at the same moment share transactions: each must be answered as if it were alone.</summary>
[Collection("fhir")]
public sealed class SharedWriteTests(TestProduct product) : FhirTest(product)
{
    [Fact]
    public async Task Writes_at_the_same_moment_each_get_their_own_answer_and_a_refused_one_stops_nobody()
    {
        var known = (await Fhir.Create("Patient", Patient())).Id();
        var sent = Enumerable.Range(0, 60).Select(i => (Kind: i % 6, Answer: (i % 6) switch
        {
            0 => Post("Patient", Named($"{T}-{i}")),
            1 => Post("Appointment", $$"""{"resourceType":"Appointment","identifier":[{"system":"urn:test","value":"{{T}}-{{i}}"}],"status":"booked","start":"2026-11-23T10:00:00Z","participant":[{"actor":{"reference":"Patient/{{known}}"},"status":"accepted"}]}"""),
            // Known only in the transaction: a stale version, an end before the start.
            2 => Put($"Patient/{known}", Patient(known, "\"active\":true"), ("If-Match", "W/\"77\"")),
            3 => Post("Appointment", $$"""{"resourceType":"Appointment","identifier":[{"system":"urn:test","value":"{{T}}-{{i}}"}],"status":"booked","start":"2026-11-23T10:00:00Z","end":"2026-11-23T09:00:00Z","participant":[{"actor":{"reference":"Patient/{{known}}"},"status":"accepted"}]}"""),
            4 => Post("Patient", Named($"{T}-one"), ("If-None-Exist", $"identifier=urn:test|{T}-one")),
            _ => Put($"Patient/{T}-same", $$"""{"resourceType":"Patient","id":"{{T}}-same","gender":"{{(i % 4 == 1 ? "male" : "female")}}","multipleBirthInteger":{{i}}}"""),
        })).ToList();
        await Task.WhenAll(sent.Select(s => s.Answer));
        var of = sent.ToLookup(s => s.Kind, s => s.Answer.Result.StatusCode);

        Assert.All(of[0].Concat(of[1]), s => Assert.Equal(HttpStatusCode.Created, s));
        Assert.All(of[2], s => Assert.Equal(HttpStatusCode.PreconditionFailed, s));
        Assert.All(of[3], s => Assert.Equal(HttpStatusCode.UnprocessableEntity, s));
        Assert.Single(of[4], HttpStatusCode.Created);
        Assert.Equal(9, of[4].Count(s => s == HttpStatusCode.OK));
        Assert.Single(of[5], HttpStatusCode.Created);
        Assert.Equal(9, of[5].Count(s => s == HttpStatusCode.OK));

        // What was said is what is there: each own resource, none of a refused one, every version of the common one.
        foreach (var (kind, answer) in sent.Where(s => s.Kind < 2))
        {
            var body = await Body(answer, HttpStatusCode.Created);
            Assert.Equal(body.GetRawText(), (await Body(Get($"{body.GetProperty("resourceType")}/{body.Id()}"))).GetRawText());
        }
        foreach (var i in Enumerable.Range(0, 60).Where(i => i % 6 == 3)) Assert.Equal(0, (await Body(Get($"Appointment?identifier=urn:test|{T}-{i}&_total=accurate"))).GetProperty("total").GetInt32());
        Assert.Equal(1, await Versions("Patient", known));
        Assert.Equal(10, await Versions("Patient", $"{T}-same"));
        Assert.Equal(10, sent.Where(s => s.Kind == 5).Select(s => s.Answer.Result.Headers.ETag!.ToString()).Distinct().Count());
    }

    [Fact]
    public async Task Of_two_clients_at_the_same_moment_each_event_names_its_own()
    {
        using var other = Product.Stranger();
        var minted = await Product.App.Services.GetRequiredService<OperatorTokens>().Mint("demo", "system/*.cruds", null, TimeSpan.FromHours(1), "other-writer", default);
        other.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", minted.Value);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Send(HttpMethod.Post, "Patient", Named($"{T}-{i}"), [], by: i % 2 == 0 ? Fhir : other)));
        for (var i = 0; i < answers.Length; i++)
        {
            var id = (await Body(Task.FromResult(answers[i]), HttpStatusCode.Created)).Id();
            Assert.Equal(i % 2 == 0 ? "operator:test" : "operator:other-writer", await Product.Ask<string>($"select actor from platform.event where subject = 'Patient/{id}' and kind = 'fhir.create'"));
        }
    }

    private static string Named(string value) => $$"""{"resourceType":"Patient","identifier":[{"system":"urn:test","value":"{{value}}"}]}""";
}
