using System.Net;
using System.Text.Json;
using HealthTeams.Platform.Callers;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>A product of its own: its clock is moved, and transactions are held open in it.</summary>
public sealed class HistoryWindowTests(TestProduct product) : FhirTest(product), IClassFixture<TestProduct>
{
    private static IEnumerable<string?> Tags(JsonElement history) => Items(history).Select(e => e.GetProperty("response").GetProperty("etag").GetString());
    private static string At(DateTimeOffset at) => Uri.EscapeDataString(at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));

    /// <summary>Three versions and a deletion, an hour apart, and the times half an hour after each.</summary>
    private async Task<(string Id, DateTimeOffset[] After)> Lived()
    {
        var after = new List<DateTimeOffset>();
        void Pass()
        {
            Product.Clock.Advance(TimeSpan.FromMinutes(30));
            after.Add(Product.Clock.GetUtcNow());
            Product.Clock.Advance(TimeSpan.FromMinutes(30));
        }
        var id = (await Fhir.Create("Patient", Patient())).Id();
        Pass();
        await Put($"Patient/{id}", Patient(id, "\"gender\":\"male\""));
        Pass();
        await Put($"Patient/{id}", Patient(id, "\"gender\":\"female\""));
        Pass();
        await Delete($"Patient/{id}");
        Pass();
        return (id, [.. after]);
    }

    [Fact, Trait("Row", "FHIR-54")]
    public async Task At_gives_the_versions_that_were_current_then()
    {
        var (id, after) = await Lived();
        Assert.Equal(["W/\"1\""], Tags(await Body(Get($"Patient/{id}/_history?_at={At(after[0])}"))));
        Assert.Equal(["W/\"2\""], Tags(await Body(Get($"Patient/{id}/_history?_at={At(after[1])}"))));
        Assert.Equal(["W/\"3\""], Tags(await Body(Get($"Patient/{id}/_history?_at={At(after[2])}"))));
        Assert.Empty(Tags(await Body(Get($"Patient/{id}/_history?_at={At(after[3])}"))));
        Assert.Equal(["W/\"4\"", "W/\"3\"", "W/\"2\"", "W/\"1\""], Tags(await Body(Get($"Patient/{id}/_history?_at={after[0]:yyyy-MM-dd}"))));
        Assert.Contains(Items(await Body(Get($"Patient/_history?_at={At(after[1])}&_count=1000"))), e => e.GetProperty("fullUrl").GetString()!.EndsWith(id));
        await Refused(Get($"Patient/_history?_at={At(after[0])}&_since={At(after[0])}"), HttpStatusCode.BadRequest);
        await Refused(Get("Patient/_history?_at=noon"), HttpStatusCode.BadRequest);
    }

    [Fact, Trait("Row", "FHIR-54")]
    public async Task Since_and_before_meet_at_the_edge_and_must_not_cross()
    {
        var (id, _) = await Lived();
        var second = (await Body(Get($"Patient/{id}/_history/2"))).GetProperty("meta").GetProperty("lastUpdated").GetString()!;
        Assert.Equal(["W/\"4\"", "W/\"3\"", "W/\"2\""], Tags(await Body(Get($"Patient/{id}/_history?_since={second}"))));
        Assert.Equal(["W/\"1\""], Tags(await Body(Get($"Patient/{id}/_history?_before={second}"))));
        await Refused(Get($"Patient/{id}/_history?_since={second}&_before={second}"), HttpStatusCode.BadRequest);
        Assert.Empty(Tags(await Body(Get($"Patient/_history?_since={At(Product.Clock.GetUtcNow().AddYears(1))}"))));
    }

    [Fact]
    public async Task It_is_counted_sorted_and_asked_for_by_head()
    {
        var (id, after) = await Lived();
        var count = await Body(Get($"Patient/{id}/_history?_summary=count"));
        Assert.Equal(4, count.GetProperty("total").GetInt32());
        Assert.Empty(Items(count));
        Assert.Equal(2, (await Body(Get($"Patient/{id}/_history?_since={At(after[1])}&_total=accurate&_count=1"))).GetProperty("total").GetInt32());
        Assert.False((await Body(Get($"Patient/{id}/_history"))).TryGetProperty("total", out _));
        var oldest = await Body(Get($"Patient/{id}/_history?_sort=_lastUpdated&_count=3"));
        Assert.Equal(["W/\"1\"", "W/\"2\"", "W/\"3\""], Tags(oldest));
        Assert.Equal(["W/\"4\""], Tags(await Body(Get(Link(oldest, "next")!))));
        await Refused(Get($"Patient/{id}/_history?_sort=name"), HttpStatusCode.BadRequest);
        await Refused(Get($"Patient/{id}/_history?_total=many"), HttpStatusCode.BadRequest);
        await Refused(Get($"Patient/{id}/_history?_sicne=2020", ("Prefer", "handling=strict")), HttpStatusCode.BadRequest);
        var head = await Send(HttpMethod.Head, $"Patient/{id}/_history", null, []);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        await Refused(Get("Patient/never-was/_history?_summary=count"), HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_page_does_not_shift_while_others_write()
    {
        var ids = new List<string>();
        for (var i = 0; i < 6; i++) ids.Add((await Fhir.Create("Basic", Resource("Basic", null, "\"code\":{\"text\":\"x\"}"))).Id());
        var page = await Body(Get("Basic/_history?_count=3"));
        // What is on the next page changes, and new ones come.
        await Put($"Basic/{ids[1]}", Resource("Basic", ids[1], "\"code\":{\"text\":\"changed\"}"));
        await Fhir.Create("Basic", Resource("Basic", null, "\"code\":{\"text\":\"new\"}"));
        var next = await Body(Get(Link(page, "next")!));
        Assert.Equal(ids.AsEnumerable().Reverse().Take(3), Items(page).Select(e => e.GetProperty("resource").Id()));
        Assert.Equal(ids.AsEnumerable().Reverse().Skip(3), Items(next).Take(3).Select(e => e.GetProperty("resource").Id()));
        Assert.All(Items(next).Take(3), e => Assert.Equal("W/\"1\"", e.GetProperty("response").GetProperty("etag").GetString()));
    }

    [Fact]
    public async Task Who_polls_from_the_timestamp_misses_nothing_that_ended_late()
    {
        var late = await Fhir.Create("Patient", Patient());
        var asked = new TaskCompletionSource();
        var holding = new TaskCompletionSource();
        // A transaction that began before the poll and ends after it, as a long bundle does.
        var writing = Product.Db.In(1, Actor.Product, async tx =>
        {
            await tx.Execute("update fhir.resource set updated = @Now, version = version + 1, seq = nextval('fhir.seq') where tenant = 1 and id = @id", new { tx.Now, id = late.Id() });
            holding.SetResult();
            await asked.Task;
        }, default);
        await holding.Task;
        await Task.Delay(1200);
        Product.Clock.Advance(TimeSpan.FromSeconds(1.2));
        await Fhir.Create("Patient", Patient());
        var first = await Body(Get("Patient/_history?_count=1"));
        var from = first.GetProperty("timestamp").GetString()!;
        asked.SetResult();
        await writing;
        var poll = await Body(Get($"Patient/_history?_since={Uri.EscapeDataString(from)}"));
        Assert.Contains(Items(poll), e => e.GetProperty("resource").Id() == late.Id() && e.GetProperty("response").GetProperty("etag").GetString() == "W/\"2\"");
    }

    [Fact, Trait("Row", "FHIR-97")]
    public async Task What_the_client_knows_is_not_sent_again()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        foreach (var path in (string[])[$"Patient/{id}", $"Patient/{id}/_history/1"])
        {
            foreach (var known in (string[])["W/\"1\"", "\"1\"", "W/\"7\", W/\"1\"", "*"])
            {
                var answer = await Get(path, ("If-None-Match", known));
                Assert.Equal(HttpStatusCode.NotModified, answer.StatusCode);
                Assert.Equal("W/\"1\"", answer.Headers.ETag!.ToString());
                Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
            }
            Assert.Equal(HttpStatusCode.OK, await Status(Get(path, ("If-None-Match", "W/\"2\""))));
            Assert.Equal(HttpStatusCode.NotModified, await Status(Get(path, ("If-Modified-Since", Product.Clock.GetUtcNow().ToString("R")))));
            Assert.Equal(HttpStatusCode.OK, await Status(Get(path, ("If-Modified-Since", Product.Clock.GetUtcNow().AddDays(-1).ToString("R")))));
        }
        var batch = await Body(Post("", Bundle("batch", Entry("GET", $"Patient/{id}", more: ",\"ifNoneMatch\":\"W/\\\"1\\\"\""),
            Entry("GET", $"Patient/{id}", more: $",\"ifModifiedSince\":\"{Product.Clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}\""))));
        Assert.Equal(["304", "304"], Statuses(batch));
    }
}
