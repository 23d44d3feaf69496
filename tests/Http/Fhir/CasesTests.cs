using System.Globalization;
using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>Cases whose row asks for more than the tests of its theme show.</summary>
[Collection("fhir")]
public sealed class CasesTests(TestProduct product) : FhirTest(product)
{
    private const string A = "urn:uuid:05efabf0-4be2-4561-91ce-51548425aca1";
    private string Query => $"identifier=urn:test|{T}";
    private Task<HttpResponseMessage> Transaction(params string[] entries) => Post("", Bundle("transaction", entries));

    [Fact, Trait("Row", "FHIR-6")]
    public async Task An_unknown_type_is_said_to_be_none() =>
        Assert.Contains((await Refused(Post("Nonsense", """{"resourceType":"Nonsense"}"""), HttpStatusCode.NotFound)).GetProperty("code").GetString(), (string[])["not-supported", "not-found"]);

    [Fact, Trait("Row", "FHIR-54")]
    public async Task A_window_of_both_ends_holds_what_happened_in_it_and_no_more()
    {
        async Task<string> Passed()
        {
            Product.Clock.Advance(TimeSpan.FromMinutes(1));
            var now = Uri.EscapeDataString(Product.Clock.GetUtcNow().ToString("O"));
            Product.Clock.Advance(TimeSpan.FromMinutes(1));
            return now;
        }

        var id = (await Fhir.Create("Basic", Resource("Basic", null, "\"code\":{\"text\":\"1\"}"))).Id();
        var since = await Passed();
        await Put($"Basic/{id}", Resource("Basic", id, "\"code\":{\"text\":\"2\"}"));
        await Put($"Basic/{id}", Resource("Basic", id, "\"code\":{\"text\":\"3\"}"));
        var before = await Passed();
        await Delete($"Basic/{id}");
        await Passed();
        foreach (var path in (string[])[$"Basic/{id}/_history", "Basic/_history", "_history"])
        {
            var seen = new List<string>();
            for (var next = $"{path}?_since={since}&_before={before}&_count=1"; next is not null;)
            {
                var page = await Body(Get(next));
                Assert.True(Items(page).Count() <= 1);
                seen.AddRange(Items(page).Where(e => e.GetProperty("fullUrl").GetString()!.EndsWith(id, StringComparison.Ordinal)).Select(e => e.GetProperty("response").GetProperty("etag").GetString()!));
                next = Link(page, "next");
            }
            Assert.Equal(["W/\"3\"", "W/\"2\""], seen);
        }
    }

    [Fact, Trait("Row", "FHIR-55")]
    public async Task Every_entry_of_a_batch_that_fails_says_why()
    {
        var there = (await Fhir.Create("Patient", Patient())).Id();
        var response = await Body(Post("", Bundle("batch",
            Entry("PUT", $"Patient/{there}", Patient(there), more: ",\"ifMatch\":\"W/\\\"7\\\"\""), Entry("GET", "Patient/missing"), Entry("GET", "Nonsense/1"), Entry("POST", "Patient", Patient()))));
        Assert.Equal(["412", "404", "404", "201"], Statuses(response));
        foreach (var entry in Items(response).Take(3))
        {
            var outcome = entry.GetProperty("response").GetProperty("outcome");
            Assert.Equal("OperationOutcome", outcome.GetProperty("resourceType").GetString());
            Assert.Equal("error", outcome.GetProperty("issue")[0].GetProperty("severity").GetString());
            Assert.NotEmpty(outcome.GetProperty("issue")[0].GetProperty("diagnostics").GetString()!);
        }
    }

    [Fact, Trait("Row", "FHIR-57")]
    public async Task Every_entry_of_a_transaction_says_where_it_is_and_what_is_stored_refers_to_it()
    {
        var response = await Body(Transaction(
            Entry("POST", "Patient", Patient(), A),
            Entry("POST", "Encounter", Resource("Encounter", null, $$"""
                "status":"planned","class":{"code":"VR"},"subject":{"reference":"{{A}}"}
                """)),
            Entry("POST", "Appointment", Resource("Appointment", null, $$"""
                "status":"booked","start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:30:00Z","participant":[{"status":"accepted","actor":{"reference":"{{A}}"} }]
                """)),
            Entry("POST", "Communication", Resource("Communication", null, $$"""
                "status":"completed","subject":{"reference":"{{A}}"}
                """))));
        var locations = Items(response).Select(e => e.GetProperty("response").GetProperty("location").GetString()!.Split("/_history/")).ToArray();
        Assert.Equal(["Patient", "Encounter", "Appointment", "Communication"], locations.Select(l => l[0].Split('/')[^2]));
        foreach (var location in locations) Assert.Equal(location[1], Version(await Body(Get($"{string.Join('/', location[0].Split('/')[^2..])}"))));
        var patient = $"Patient/{locations[0][0].Split('/')[^1]}";
        async Task<JsonElement> Stored(int i) => await Body(Get(string.Join('/', locations[i][0].Split('/')[^2..])));
        Assert.Equal(patient, (await Stored(1)).GetProperty("subject").GetProperty("reference").GetString());
        Assert.Equal(patient, (await Stored(2)).GetProperty("participant")[0].GetProperty("actor").GetProperty("reference").GetString());
        Assert.Equal(patient, (await Stored(3)).GetProperty("subject").GetProperty("reference").GetString());
    }

    [Fact, Trait("Row", "FHIR-58")]
    public async Task A_stale_version_undoes_the_create_beside_it()
    {
        var id = (await Fhir.Create("Basic", Resource("Basic", null, "\"code\":{\"text\":\"x\"}"))).Id();
        await Refused(Transaction(Entry("POST", "Patient", Patient()), Entry("PUT", $"Basic/{id}", Resource("Basic", id, "\"code\":{\"text\":\"y\"}"), more: ",\"ifMatch\":\"W/\\\"9\\\"\"")), HttpStatusCode.PreconditionFailed);
        Assert.Empty(await Found($"Patient?{Query}"));
        Assert.Equal(1, await Versions("Basic", id));
    }

    [Fact, Trait("Row", "FHIR-71")]
    public async Task Not_of_a_status_includes_all_others_and_what_has_none()
    {
        async Task<string> Stored(string status) => $"EpisodeOfCare/{(await Fhir.Create("EpisodeOfCare", Resource("EpisodeOfCare", null, $$"""
            "status":"{{status}}","patient":{"reference":"Patient/1"}{{(status == "planned" ? "" : ",\"type\":[{\"coding\":[{\"code\":\"" + status + "\"}]}]")}}
            """))).Id()}";
        var (active, cancelled, untyped) = (await Stored("active"), await Stored("cancelled"), await Stored("planned"));
        Assert.Equal([active, untyped], await Found($"EpisodeOfCare?identifier={T}&status:not=cancelled"));
        Assert.Equal([active, untyped], await Found($"EpisodeOfCare?identifier={T}&type:not=cancelled"));
        Assert.Equal([untyped], await Found($"EpisodeOfCare?identifier={T}&type:not=cancelled,active"));
        Assert.Equal([active, cancelled, untyped], await Found($"EpisodeOfCare?identifier={T}&status:not=waitlist"));
    }

    // The spans of R4 by hand: from, and the moment after the end.
    private static readonly (string Json, string From, string To)[] Stored =
    [
        ("\"effectiveDateTime\":\"1979-12-31\"", "1979-12-31T00:00:00", "1980-01-01T00:00:00"),
        ("\"effectiveDateTime\":\"1980\"", "1980-01-01T00:00:00", "1981-01-01T00:00:00"),
        ("\"effectiveDateTime\":\"1980-05\"", "1980-05-01T00:00:00", "1980-06-01T00:00:00"),
        ("\"effectiveDateTime\":\"1980-05-11\"", "1980-05-11T00:00:00", "1980-05-12T00:00:00"),
        ("\"effectiveDateTime\":\"1980-05-11T16:32:15Z\"", "1980-05-11T16:32:15", "1980-05-11T16:32:16"),
        ("\"effectiveDateTime\":\"1980-05-11T16:32:15.500Z\"", "1980-05-11T16:32:15.500", "1980-05-11T16:32:15.501"),
        ("\"effectivePeriod\":{\"start\":\"1980-05-16\",\"end\":\"1980-05-17\"}", "1980-05-16T00:00:00", "1980-05-18T00:00:00"),
        ("\"effectivePeriod\":{\"start\":\"1980-05-16\"}", "1980-05-16T00:00:00", "9999-12-31T00:00:00"),
    ];

    private static readonly (string Text, string From, string To)[] Asked =
    [
        ("1979-12-31", "1979-12-31T00:00:00", "1980-01-01T00:00:00"),
        ("1980", "1980-01-01T00:00:00", "1981-01-01T00:00:00"),
        ("1980-05", "1980-05-01T00:00:00", "1980-06-01T00:00:00"),
        ("1980-05-11", "1980-05-11T00:00:00", "1980-05-12T00:00:00"),
        ("1980-05-11T16:32Z", "1980-05-11T16:32:00", "1980-05-11T16:33:00"),
        ("1980-05-11T16:32:15Z", "1980-05-11T16:32:15", "1980-05-11T16:32:16"),
        ("1980-05-11T16:32:15.500Z", "1980-05-11T16:32:15.500", "1980-05-11T16:32:15.501"),
        ("1980-05-16", "1980-05-16T00:00:00", "1980-05-17T00:00:00"),
        ("1980-05-18", "1980-05-18T00:00:00", "1980-05-19T00:00:00"),
        ("1981-01-01", "1981-01-01T00:00:00", "1981-01-02T00:00:00"),
    ];

    [Fact, Trait("Row", "FHIR-73")]
    public async Task Every_prefix_finds_of_every_span_what_the_specification_says()
    {
        static DateTime At(string text) => DateTime.Parse(text, CultureInfo.InvariantCulture);
        await Body(Transaction([.. Stored.Select((s, i) => Entry("PUT", $"Observation/{T}-{i}", Resource("Observation", $"{T}-{i}", $$"""
            "status":"final","code":{"text":"x"},{{s.Json}}
            """)))]));
        foreach (var (text, from, to) in Asked)
        {
            var (lo, hi) = (At(from), At(to));
            foreach (var (prefix, says) in new Dictionary<string, Func<DateTime, DateTime, bool>>
            {
                [""] = (a, b) => a >= lo && b <= hi, // the asked span contains it
                ["eq"] = (a, b) => a >= lo && b <= hi,
                ["ne"] = (a, b) => !(a >= lo && b <= hi),
                ["gt"] = (_, b) => b > hi, // it reaches above
                ["lt"] = (a, _) => a < lo,
                ["ge"] = (a, b) => b > hi || (a >= lo && b <= hi),
                ["le"] = (a, b) => a < lo || (a >= lo && b <= hi),
                ["sa"] = (a, _) => a >= hi, // no overlap, wholly after
                ["eb"] = (_, b) => b <= lo,
                ["ap"] = (a, b) => a < hi && b > lo, // they overlap
            })
            {
                var expected = Stored.Select((s, i) => (Id: $"Observation/{T}-{i}", Is: says(At(s.From), At(s.To)))).Where(x => x.Is).Select(x => x.Id).ToArray();
                var found = await Found($"Observation?identifier={T}&date={prefix}{text}");
                Assert.True(expected.SequenceEqual(found), $"date={prefix}{text}: {string.Join(' ', found)}, not {string.Join(' ', expected)}");
            }
        }
    }

    [Fact, Trait("Row", "FHIR-76")]
    public async Task Every_prefix_finds_amounts_by_the_digits_and_unit_asked_for()
    {
        const string system = "http://unitsofmeasure.org";
        string[] stored = ["5.2", "5.350", "5.394", "5.395", "5.40", "5.404", "5.405", "5.449", "5.450", "5.6", "-5.40", "100"];
        await Body(Transaction([.. stored.Select((v, i) => Entry("PUT", $"Observation/{T}-{i}", Resource("Observation", $"{T}-{i}", $$"""
            "status":"final","code":{"text":"x"},"valueQuantity":{"value":{{v}},"unit":"mg","system":"{{system}}","code":"mg"}
            """))), Entry("PUT", $"Observation/{T}-g", Resource("Observation", $"{T}-g", $$"""
            "status":"final","code":{"text":"x"},"valueQuantity":{"value":5.40,"unit":"g","system":"{{system}}","code":"g"}
            """))]));
        static (decimal Lo, decimal Hi) Span(string text)
        {
            var half = 0.5m;
            for (var i = text.Contains('.', StringComparison.Ordinal) ? text.Length - text.IndexOf('.', StringComparison.Ordinal) - 1 : 0; i > 0; i--) half /= 10;
            var value = decimal.Parse(text, CultureInfo.InvariantCulture);
            return (value - half, value + half);
        }

        foreach (var text in (string[])["5.4", "5.40", "5.400", "5", "100", "-5.40"])
        {
            var (asked, (lo, hi)) = (decimal.Parse(text, CultureInfo.InvariantCulture), Span(text));
            foreach (var (prefix, says) in new Dictionary<string, Func<decimal, (decimal Lo, decimal Hi), bool>>
            {
                // Equality goes by the spans that the digits leave open; comparison by the values themselves.
                [""] = (_, s) => s.Lo >= lo && s.Hi <= hi,
                ["eq"] = (_, s) => s.Lo >= lo && s.Hi <= hi,
                ["ne"] = (_, s) => !(s.Lo >= lo && s.Hi <= hi),
                ["gt"] = (v, _) => v > asked,
                ["lt"] = (v, _) => v < asked,
                ["ge"] = (v, _) => v >= asked,
                ["le"] = (v, _) => v <= asked,
                ["sa"] = (v, _) => v > asked,
                ["eb"] = (v, _) => v < asked,
                ["ap"] = (v, _) => Math.Abs(v - asked) <= Math.Abs(asked) / 10,
            })
            {
                var expected = stored.Select((v, i) => (Id: $"Observation/{T}-{i}", Is: says(decimal.Parse(v, CultureInfo.InvariantCulture), Span(v)))).Where(x => x.Is).Select(x => x.Id).ToArray();
                var found = await Found($"Observation?identifier={T}&value-quantity={prefix}{text}|{system}|mg&_count=50");
                Assert.True(expected.SequenceEqual(found), $"{prefix}{text}: {string.Join(' ', found)}, not {string.Join(' ', expected)}");
            }
        }
    }
}
