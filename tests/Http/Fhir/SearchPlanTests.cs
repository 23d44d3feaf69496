using System.Net;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>
/// The ways a search can go, on more resources than any criterion names: by the first criterion, by a later one, along an
/// index in the order asked for. All must find the same; and an operator can see which it was.
/// </summary>
public sealed class SearchPlanTests(TestProduct product) : FhirTest(product), IClassFixture<TestProduct>
{
    private const int Many = 6000;

    /// <summary>Slots as if they had been posted: all are tagged, every hundredth busy, every thousandth has no start.</summary>
    private async Task Fill()
    {
        static uint Hash(string name) => name.Aggregate(2166136261u, (h, c) => (h ^ c) * 16777619u);
        int Param(string name) => unchecked((int)Hash(name));
        await Fhir.Create("Slot", """{"resourceType":"Slot","schedule":{"reference":"Schedule/1"},"status":"entered-in-error","start":"2020-01-01T00:00:00Z","end":"2020-01-01T00:30:00Z"}""");
        await Product.Sql($$"""
            insert into fhir.resource (tenant, type, id, rid, version, updated, method, body)
            select 1, (select type from fhir.resource where convert_from(body, 'utf8') like '{"resourceType":"Slot"%' limit 1), 's' || i, 1000000 + i, 1, timestamptz '2026-01-01' + i * interval '1 minute', 'POST',
              convert_to(format('{"resourceType":"Slot","id":"s%s","meta":{"versionId":"1"} }', i), 'utf8') from generate_series(1, {{Many}}) i;
            insert into fhir.token (tenant, param, rid, system, code) select 1, {{Param("Resource._tag")}}, 1000000 + i, null, 'plan' from generate_series(1, {{Many}}) i;
            insert into fhir.token (tenant, param, rid, system, code) select 1, {{Param("Slot.status")}}, 1000000 + i, null, case when i % 100 = 0 then 'busy' else 'free' end from generate_series(1, {{Many}}) i;
            insert into fhir.date (tenant, param, rid, lo, hi) select 1, {{Param("Slot.start")}}, 1000000 + i, t, t + case when i % 50 = 0 then interval '3 days' else interval '1 second' end
              from (select i, timestamptz '2026-01-01' + ((i * 7919) % {{Many}}) * interval '1 hour' as t from generate_series(1, {{Many}}) i) x where i % 1000 <> 0;
            """);
    }

    private async Task<List<string>> Walk(string search)
    {
        var seen = new List<string>();
        for (var next = search; next is not null;)
        {
            var page = await Body(Get(next));
            seen.AddRange(Entries(page));
            next = Link(page, "next");
        }
        return seen;
    }

    [Fact, Trait("Row", "FHIR-81")]
    public async Task Every_way_finds_the_same_in_the_same_order()
    {
        await Fill();
        DateTimeOffset Start(int i) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(i * 7919L % Many);
        DateTimeOffset End(int i) => Start(i) + (i % 50 == 0 ? TimeSpan.FromDays(3) : TimeSpan.FromSeconds(1));
        string[] Expected(Func<int, bool> wanted, bool descending = false) =>
        [
            .. (descending ? Enumerable.Range(1, Many).Where(i => i % 1000 != 0 && wanted(i)).OrderByDescending(Start).ThenByDescending(i => i) : Enumerable.Range(1, Many).Where(i => i % 1000 != 0 && wanted(i)).OrderBy(Start).ThenBy(i => i)).Select(i => $"Slot/s{i}"),
            .. Enumerable.Range(1, Many).Where(i => i % 1000 == 0 && wanted(i)).OrderBy(i => descending ? -i : i).Select(i => $"Slot/s{i}"),
        ];

        // Walked: the tag names too many.
        Assert.Equal(Expected(_ => true).Take(1000), Entries(await Body(Get("Slot?_tag=plan&_sort=start&_count=1000"))));
        Assert.Equal(Expected(_ => true, descending: true), await Walk("Slot?_tag=plan&_sort=-start&_count=900"));
        // Led by the second criterion, with the missing last.
        Assert.Equal(Expected(i => i % 100 == 0), await Walk("Slot?_tag=plan&status=busy&_sort=start&_count=17"));
        // Walked along the very date that is asked for; long ones that began before are among them.
        var from = new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(Expected(i => i % 1000 != 0 && End(i) > from), await Walk("Slot?_tag=plan&start=ge2026-02-01&_sort=start&_count=1000"));
        Assert.Equal(Expected(i => i % 1000 != 0 && End(i) > from && Start(i) < from.AddDays(2)), await Walk("Slot?_tag=plan&start=ge2026-02-01&start=lt2026-02-03&_sort=start&_count=10"));
        Assert.Equal(Expected(i => i % 1000 != 0 && Start(i) < from, descending: true), await Walk("Slot?start=lt2026-02-01&start=ge2026-01-01&_sort=-start&_count=300"));
        // No criterion, and none that can lead; the odd one was posted first.
        Assert.Equal(Many + 1, (await Walk("Slot?_count=1000")).Count);
        Assert.Equal(Many, (await Walk("Slot?status:not=entered-in-error&_count=1000")).Count);
        Assert.Equal(Enumerable.Range(1, Many).Select(i => $"Slot/s{i}"), await Walk("Slot?status:not=entered-in-error&_sort=_lastUpdated&_lastUpdated=lt2026-11-01&_count=1000"));
        // Changes since a time, as they are polled for: in the order of time.
        Assert.Equal(Enumerable.Range(5900, 101).Select(i => $"Slot/s{i}"), (await Walk("Slot?_lastUpdated=ge2026-01-05T02:20:00Z&_lastUpdated=lt2026-06-01&_count=40")));
        Assert.Equal(Enumerable.Range(1, Many).Select(i => $"Slot/s{i}"), await Walk("Slot?_lastUpdated=lt2026-06-01&_count=1000"));
        foreach (var (search, total) in ((string, int)[])[("_tag=plan", Many), ("status=free", Many - Many / 100), ("_tag=plan&status=busy", Many / 100), ("status:not=free", Many / 100 + 1), ("start:missing=true", Many / 1000)])
        {
            Assert.Equal(total, (await Body(Get($"Slot?{search}&_summary=count"))).GetProperty("total").GetInt32());
        }

        var plan = Items(await Body(Get("Slot?_tag=plan&_sort=start&_explain=true"))).Last().GetProperty("resource").GetProperty("issue")[0].GetProperty("diagnostics").GetString()!;
        Assert.Contains("Index Only Scan using date_value", plan);
        Assert.Contains("rows=", plan);
        Assert.DoesNotContain("Seq Scan", plan);
    }

    [Theory]
    [InlineData("system/*.rs")]
    [InlineData("system/Slot.cruds")]
    [InlineData("user/*.cruds")]
    public async Task The_plan_is_for_operators(string scope)
    {
        using var client = await Product.Fhir(scope);
        await Refused(Send(HttpMethod.Get, "Slot?_explain=true", null, [], by: client), HttpStatusCode.Forbidden);
    }
}
