using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class HistoryTests(TestProduct product) : FhirTest(product)
{
    [Fact, Trait("Row", "FHIR-53")]
    public async Task The_history_of_a_resource_is_newest_first_and_says_how()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        await Put($"Patient/{id}", Patient(id, "\"gender\":\"male\""));
        await Patch($"Patient/{id}", """[{"op":"replace","path":"/gender","value":"female"}]""");
        await Delete($"Patient/{id}");
        var history = await Body(Get($"Patient/{id}/_history"));
        Assert.Equal("history", history.GetProperty("type").GetString());
        var entries = Items(history).ToList();
        Assert.Equal(["DELETE", "PATCH", "PUT", "POST"], entries.Select(e => e.GetProperty("request").GetProperty("method").GetString()));
        Assert.Equal(["204", "200", "200", "201"], entries.Select(e => e.GetProperty("response").GetProperty("status").GetString()));
        Assert.Equal(["W/\"4\"", "W/\"3\"", "W/\"2\"", "W/\"1\""], entries.Select(e => e.GetProperty("response").GetProperty("etag").GetString()));
        Assert.False(entries[0].TryGetProperty("resource", out _));
        Assert.Equal("female", entries[1].GetProperty("resource").GetProperty("gender").GetString());
        await Refused(Get("Patient/never-was/_history"), HttpStatusCode.NotFound);
    }

    [Fact, Trait("Row", "FHIR-54")]
    public async Task The_history_of_a_type_and_of_the_system_is_paged()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++) ids.Add((await Fhir.Create("Basic", Resource("Basic", null, "\"code\":{\"text\":\"x\"}"))).Id());
        foreach (var path in (string[])["Basic/_history?_count=2", "_history?_count=2"])
        {
            var seen = new List<string>();
            string? next = path;
            while (next is not null && !ids.TrueForAll(seen.Contains))
            {
                var page = await Body(Get(next));
                Assert.InRange(Items(page).Count(), 1, 2);
                seen.AddRange(Items(page).Select(e => e.GetProperty("fullUrl").GetString()!.Split('/')[^1]));
                next = Link(page, "next");
            }
            Assert.Equal(ids.AsEnumerable().Reverse(), seen.Where(ids.Contains));
            Assert.Equal(seen.Count, seen.Distinct().Count());
        }
    }

    [Fact, Trait("Row", "FHIR-54")]
    public async Task The_history_is_limited_to_a_window_of_time()
    {
        Product.Clock.Advance(TimeSpan.FromMinutes(1));
        var id = (await Fhir.Create("Patient", Patient())).Id();
        Product.Clock.Advance(TimeSpan.FromMinutes(1));
        var between = Product.Clock.GetUtcNow();
        Product.Clock.Advance(TimeSpan.FromMinutes(1));
        await Put($"Patient/{id}", Patient(id, "\"gender\":\"male\""));
        Product.Clock.Advance(TimeSpan.FromMinutes(1));
        var at = Uri.EscapeDataString(between.ToString("O"));
        Assert.Equal(["W/\"2\""], Tags(await Body(Get($"Patient/{id}/_history?_since={at}"))));
        Assert.Equal(["W/\"1\""], Tags(await Body(Get($"Patient/{id}/_history?_before={at}"))));
        Assert.DoesNotContain(Items(await Body(Get($"Patient/_history?_since={at}&_count=1000"))), e => e.GetProperty("response").GetProperty("lastModified").GetDateTimeOffset() < between);
        await Refused(Get($"Patient/_history?_before={Uri.EscapeDataString(Product.Clock.GetUtcNow().AddDays(1).ToString("O"))}"), HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("_count=0")]
    [InlineData("_count=-1")]
    [InlineData("_count=x")]
    [InlineData("_since=yesterday")]
    [InlineData("_before=%00")]
    public Task Junk_is_refused(string query) => Refused(Get($"Patient/_history?{query}"), HttpStatusCode.BadRequest);

    private static IEnumerable<string?> Tags(JsonElement history) => Items(history).Select(e => e.GetProperty("response").GetProperty("etag").GetString());
}
