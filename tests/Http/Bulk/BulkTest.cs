using System.Net;
using System.Text.Json;
using HealthTeams.FhirGateway.Bulk;
using HealthTeams.Platform.Outbound;
using HealthTeams.Tests.Fhir;
using HealthTeams.Tests.Subscriptions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace HealthTeams.Tests.Bulk;

/// <summary>The product with small steps, so that a run of some hundred resources has a middle.</summary>
public sealed class BulkProduct : TestProduct
{
    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"healthteams-bulk-{Guid.NewGuid():N}");
    public Receiver Files { get; } = new();

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Files.Start();
        await using var connection = new NpgsqlConnection(Database.Owner);
        await connection.OpenAsync();
        await OutboundHttp.Register(connection, new Uri(Files.Url), privateRanges: true, Clock.GetUtcNow(), default);
    }

    protected override void Configure(IServiceCollection services)
    {
        base.Configure(services);
        services.AddSingleton(new BulkSettings(Folder) { Step = 10 });
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Files.DisposeAsync();
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }
}

public abstract class BulkTest(BulkProduct product) : FhirTest(product), IClassFixture<BulkProduct>
{
    protected new BulkProduct Product => product;
    private static readonly (string, string) Async = ("Prefer", "respond-async");

    protected Task<HttpResponseMessage> KickOff(string path, HttpClient? by = null, string? body = null, string type = "application/fhir+json") =>
        Send(body is null ? HttpMethod.Get : HttpMethod.Post, path, body, [Async], type, by);

    /// <summary>The path of the job that was begun.</summary>
    protected static async Task<string> Begun(Task<HttpResponseMessage> kickOff)
    {
        var answer = await kickOff;
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, $"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return answer.Content.Headers.ContentLocation!.AbsoluteUri;
    }

    protected async Task<JsonElement> Finished(string job, HttpClient? by = null)
    {
        HttpResponseMessage? answer = null;
        await TestProduct.Until(async () =>
        {
            answer = await Send(HttpMethod.Get, job, null, [], by: by);
            if (answer.StatusCode == HttpStatusCode.Accepted) Assert.True(answer.Headers.Contains("X-Progress"));
            return answer.StatusCode != HttpStatusCode.Accepted;
        }, "the job ends", 30);
        return await Body(Task.FromResult(answer!));
    }

    protected async Task<string[]> Lines(string url, HttpClient? by = null)
    {
        var answer = await Send(HttpMethod.Get, url, null, [("Accept", "application/fhir+ndjson")], by: by);
        Assert.Equal((HttpStatusCode.OK, "application/fhir+ndjson"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        return (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Everything an export has, by type.</summary>
    protected async Task<Dictionary<string, string[]>> Exported(string path, HttpClient? by = null, string? body = null)
    {
        var manifest = await Finished(await Begun(KickOff(path, by, body)), by);
        Assert.Empty(manifest.GetProperty("error").EnumerateArray());
        var files = new Dictionary<string, string[]>();
        foreach (var o in manifest.GetProperty("output").EnumerateArray())
        {
            var lines = await Lines(o.GetProperty("url").GetString()!, by);
            Assert.Equal(o.GetProperty("count").GetInt32(), lines.Length);
            files.Add(o.GetProperty("type").GetString()!, lines);
        }
        return files;
    }

    protected static string[] Ids(IEnumerable<string> lines) => [.. lines.Select(l => JsonDocument.Parse(l).RootElement.Id())];

    protected Task Many(string type, int count, string more = "") =>
        Body(Post("", Bundle("transaction", [.. Enumerable.Range(0, count).Select(_ => Entry("POST", type, Resource(type, null, more)))])));
}
