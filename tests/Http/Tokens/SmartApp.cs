using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using HealthTeams.SmartLauncher.Clients;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>The product with two hospitals' staff, a patient, and apps registered there.</summary>
public sealed class ProductWithApps : TestProduct
{
    public const string Secret = "a secret of the confidential app";
    public BookedVisit Visit { get; private set; } = null!;
    public BookedVisit OtherVisit { get; private set; } = null!;
    public ClientRegistry Clients => App.Services.GetRequiredService<ClientRegistry>();

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Staff("curie", "Curie");
        await Staff("osler", "Osler");
        await Staff("blackwell", "Blackwell", "north");
        Visit = await this.Book("T-1");
        OtherVisit = await this.Book("T-2", family: "Weir", mrn: "MRN-2");
        await Register(new ClientToAdd("app", "public", "demo", Backend: false) { Redirects = [SmartApp.Redirect], Name = "Growth chart" });
        await Register(new ClientToAdd("confidential", "secret", "demo", Backend: false) { Redirects = [SmartApp.Redirect], Secret = Secret });
    }

    public async Task<string?> Register(ClientToAdd said)
    {
        var added = await Clients.Add(said, default);
        Assert.True(added.Ok, added.Problem?.Detail);
        return added.Value;
    }

    public SmartApp Smart(string id = "app", string? secret = null) => new(this, id, secret);
}

/// <summary>A SMART app as its vendor would write it, in as many steps as a test wants to take by itself.</summary>
public sealed class SmartApp(TestProduct product, string id, string? secret)
{
    public const string Redirect = "https://app.example/callback";
    public const string Usual = "openid fhirUser launch/patient patient/Patient.rs patient/Encounter.rs";
    private readonly HttpClient wire = product.Stranger();

    public string Verifier { get; set; } = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(32));
    public string Challenge => Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
    public string Fhir => product.Url.AbsoluteUri.TrimEnd('/') + "/fhir";
    public string State { get; } = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(16));
    public HttpClient Wire => wire;

    /// <param name="change">A null value leaves the parameter out.</param>
    public Dictionary<string, string> Request(string scope, params (string Name, string? Value)[] change)
    {
        var request = new Dictionary<string, string>
        {
            ["response_type"] = "code", ["client_id"] = id, ["redirect_uri"] = Redirect, ["scope"] = scope, ["state"] = State, ["aud"] = Fhir,
            ["code_challenge"] = Challenge, ["code_challenge_method"] = "S256",
        };
        foreach (var (name, value) in change)
        {
            if (value is null) request.Remove(name);
            else request[name] = value;
        }
        return request;
    }

    public static string Address(Dictionary<string, string> request) => "/auth/authorize?" + string.Join('&', request.Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value)}"));

    public Task<HttpResponseMessage> Open(HttpClient browser, string scope, params (string, string?)[] change) => browser.GetAsync(Address(Request(scope, change)));

    /// <summary>Answers page after page as a user who picks this patient and allows everything, or what <paramref name="tick"/> leaves.</summary>
    public async Task<HttpResponseMessage> Through(HttpClient browser, HttpResponseMessage page, string? patient = null, string? encounter = null, string decision = "approve", Func<Ticks, bool>? tick = null)
    {
        for (var steps = 0; page.StatusCode == HttpStatusCode.OK && steps < 5; steps++)
        {
            var html = await page.Content.ReadAsStringAsync();
            var form = Fields(html);
            if (html.Contains("data-authorize=\"patient\"", StringComparison.Ordinal)) form["patient"] = patient ?? throw new InvalidOperationException("a patient is asked for");
            else if (html.Contains("data-authorize=\"encounter\"", StringComparison.Ordinal)) form["encounter"] = encounter ?? "";
            else
            {
                form["decision"] = decision;
                foreach (var box in Boxes(html).Where(b => tick is null ? b.Checked : tick(b))) form[box.Name] = "1";
            }
            page = await browser.PostAsync("/auth/authorize", new FormUrlEncodedContent(form));
        }
        return page;
    }

    public static Dictionary<string, string> Fields(string html) => Regex.Matches(html, "<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"")
        .ToDictionary(m => m.Groups[1].Value, m => WebUtility.HtmlDecode(m.Groups[2].Value));

    public sealed record Ticks(string Name, string Scope, bool Checked);

    public static IEnumerable<Ticks> Boxes(string html) => Regex.Matches(html, "<input type=\"checkbox\" name=\"([^\"]+)\" value=\"1\"( checked=\"checked\")?.*?<code>([^<]+)</code>", RegexOptions.Singleline)
        .Select(m => new Ticks(m.Groups[1].Value, WebUtility.HtmlDecode(m.Groups[3].Value), m.Groups[2].Success));

    public static Dictionary<string, string> Returned(HttpResponseMessage answer, string to = Redirect)
    {
        Assert.True(answer.StatusCode is HttpStatusCode.Redirect or HttpStatusCode.SeeOther, $"{(int)answer.StatusCode}");
        Assert.StartsWith(to + "?", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        var query = System.Web.HttpUtility.ParseQueryString(answer.Headers.Location.Query);
        return query.AllKeys.ToDictionary(k => k!, k => query[k]!);
    }

    public async Task<string> Code(HttpClient browser, string scope = Usual, string? patient = null, params (string, string?)[] change) =>
        Returned(await Through(browser, await Open(browser, scope, change), patient))["code"];

    public Task<HttpResponseMessage> Exchange(string code, params (string Name, string? Value)[] change)
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = Redirect, ["code_verifier"] = Verifier };
        return Token(form, change);
    }

    public Task<HttpResponseMessage> Refresh(string token, string? scope = null, params (string Name, string? Value)[] change) =>
        Token(scope is null ? new() { ["grant_type"] = "refresh_token", ["refresh_token"] = token } : new() { ["grant_type"] = "refresh_token", ["refresh_token"] = token, ["scope"] = scope }, change);

    public Task<HttpResponseMessage> Token(Dictionary<string, string> form, params (string Name, string? Value)[] change) => Post("/auth/token", form, change);

    public async Task<HttpResponseMessage> Post(string path, Dictionary<string, string> form, params (string Name, string? Value)[] change)
    {
        if (secret is null) form.TryAdd("client_id", id);
        foreach (var (name, value) in change)
        {
            if (value is null) form.Remove(name);
            else form[name] = value;
        }
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(form) };
        if (secret is not null) request.Headers.Authorization = Basic(id, secret);
        return await wire.SendAsync(request);
    }

    public static AuthenticationHeaderValue Basic(string id, string secret) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(id)}:{Uri.EscapeDataString(secret)}")));

    /// <summary>All the way: the token answer.</summary>
    public async Task<JsonElement> Tokens(HttpClient browser, string scope = Usual, string? patient = null, params (string, string?)[] change)
    {
        var answer = await Exchange(await Code(browser, scope, patient, change));
        var body = await answer.Body();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, body.GetRawText());
        return body;
    }

    public HttpClient With(string token)
    {
        var client = product.Stranger();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        client.DefaultRequestHeaders.Accept.ParseAdd("application/fhir+json");
        return client;
    }

    public async Task<HttpStatusCode> Read(string token, string path) => (await With(token).GetAsync($"/fhir/{path}")).StatusCode;
}

internal static class Answers
{
    public static string? Text(this JsonElement body, string name) => body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    public static string Access(this JsonElement body) => body.GetProperty("access_token").GetString()!;
    public static string[] Scopes(this JsonElement body) => body.GetProperty("scope").GetString()!.Split(' ');

    public static JsonElement Part(string jwt, int part) => JsonDocument.Parse(Base64UrlEncoder.Decode(jwt.Split('.')[part])).RootElement;

    public static async Task<string> Refused(this HttpResponseMessage answer, params HttpStatusCode[] statuses)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(statuses.Contains(answer.StatusCode), $"{(int)answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement.GetProperty("error").GetString()!;
    }
}
