using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>One product for the classes of this collection; every test keeps to identifiers of its own.</summary>
[CollectionDefinition("fhir")]
public sealed class FhirCollection : ICollectionFixture<TestProduct>;

public abstract class FhirTest(TestProduct product) : IAsyncLifetime
{
    protected TestProduct Product => product;
    protected HttpClient Fhir { get; set; } = null!;
    protected string Base => $"{product.Url.AbsoluteUri.TrimEnd('/')}/fhir";

    /// <summary>A value no other test uses: an identifier, a tag, a name.</summary>
    protected string T { get; } = "t" + Guid.NewGuid().ToString("N")[..12];

    public virtual async Task InitializeAsync() => Fhir = await product.Fhir();

    public virtual Task DisposeAsync()
    {
        Fhir.Dispose();
        return Task.CompletedTask;
    }

    protected string Patient(string? id = null, string more = "") => Resource("Patient", id, more);

    protected string Resource(string type, string? id, string more) =>
        $$"""{"resourceType":"{{type}}"{{(id is null ? "" : $",\"id\":\"{id}\"")}},"identifier":[{"system":"urn:test","value":"{{T}}"}]{{(more.Length > 0 ? "," + more : "")}}}""";

    protected static string Bundle(string type, params string[] entries) => $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{{string.Join(',', entries)}}]}""";

    protected static string Entry(string method, string url, string? resource = null, string? fullUrl = null, string more = "") =>
        $$"""{ {{(fullUrl is null ? "" : $"\"fullUrl\":\"{fullUrl}\",")}}{{(resource is null ? "" : $"\"resource\":{resource},")}}"request":{"method":"{{method}}","url":"{{url}}"{{more}} } }""";

    protected Task<HttpResponseMessage> Put(string path, string body, params (string, string)[] headers) => Send(HttpMethod.Put, path, body, headers);
    protected Task<HttpResponseMessage> Post(string path, string body, params (string, string)[] headers) => Send(HttpMethod.Post, path, body, headers);
    protected Task<HttpResponseMessage> Delete(string path, params (string, string)[] headers) => Send(HttpMethod.Delete, path, null, headers);
    protected Task<HttpResponseMessage> Get(string path, params (string, string)[] headers) => Send(HttpMethod.Get, path, null, headers);

    protected Task<HttpResponseMessage> Patch(string path, string body, params (string, string)[] headers) =>
        Send(HttpMethod.Patch, path, body, headers, "application/json-patch+json");

    protected Task<HttpResponseMessage> Send(HttpMethod method, string path, string? body, (string Name, string Value)[] headers, string type = "application/fhir+json", HttpClient? by = null)
    {
        var request = new HttpRequestMessage(method, path.StartsWith("http", StringComparison.Ordinal) ? path : $"/fhir/{path}".TrimEnd('/'));
        if (body is not null)
        {
            request.Content = FhirHttp.Json(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }
        foreach (var (name, value) in headers)
        {
            if (name == "Accept") request.Headers.Accept.Clear();
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }
        return (by ?? Fhir).SendAsync(request);
    }

    /// <summary>The body of an answer that must have this status; else the answer itself is the message.</summary>
    protected static async Task<JsonElement> Body(Task<HttpResponseMessage> sent, HttpStatusCode status = HttpStatusCode.OK)
    {
        var answer = await sent;
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{(int)answer.StatusCode}, not {(int)status}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Asserts the status and that the body is an OperationOutcome; answers its first issue.</summary>
    protected static async Task<JsonElement> Refused(Task<HttpResponseMessage> sent, params HttpStatusCode[] status)
    {
        var answer = await sent;
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status.Contains(answer.StatusCode), $"{(int)answer.StatusCode}, not {string.Join(" or ", status.Select(s => (int)s))}: {text}");
        var outcome = JsonDocument.Parse(text).RootElement;
        Assert.Equal("OperationOutcome", outcome.GetProperty("resourceType").GetString());
        return outcome.GetProperty("issue")[0];
    }

    protected static async Task<HttpStatusCode> Status(Task<HttpResponseMessage> sent) => (await sent).StatusCode;

    /// <summary>"Type/id" of the matches of a search, in order.</summary>
    protected async Task<string[]> Found(string search, string mode = "match") => Entries(await Body(Get(search)), mode);

    protected static string[] Entries(JsonElement bundle, string mode = "match") =>
        [.. Items(bundle).Where(e => e.GetProperty("search").GetProperty("mode").GetString() == mode)
            .Select(e => e.GetProperty("resource")).Select(r => $"{r.GetProperty("resourceType").GetString()}/{r.Id()}")];

    protected static IEnumerable<JsonElement> Items(JsonElement bundle) => bundle.TryGetProperty("entry", out var entries) ? entries.EnumerateArray() : [];

    protected static string? Link(JsonElement bundle, string relation) =>
        bundle.GetProperty("link").EnumerateArray().Where(l => l.GetProperty("relation").GetString() == relation).Select(l => l.GetProperty("url").GetString()).FirstOrDefault();

    protected static string Version(JsonElement resource) => resource.GetProperty("meta").GetProperty("versionId").GetString()!;
    protected static string[] Statuses(JsonElement response) => [.. Items(response).Select(e => e.GetProperty("response").GetProperty("status").GetString()![..3])];

    protected async Task<long> Versions(string type, string id) => Items(await Body(Get($"{type}/{id}/_history?_count=1000"))).LongCount();
}
