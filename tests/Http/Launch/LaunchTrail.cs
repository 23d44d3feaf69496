using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Web;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>One answer on a launch's way.</summary>
internal sealed record Step(Uri At, HttpResponseMessage Answer, string Page)
{
    public Uri? Next => Answer.Headers.Location is { } location ? new Uri(At, location) : null;
}

/// <summary>A browser that launches: redirects are followed by hand, so that every answer on the way can be looked at.</summary>
internal sealed class Browser(ProductWithEhr product)
{
    public SecureCookies Cookies { get; } = new();
    public HttpClient Http => field ??= new HttpClient(Cookies);

    public Task<List<Step>> Launch(string role, EhrVisit visit) => Follow(Start(role, visit));

    public Uri Start(string role, EhrVisit visit) => new($"{product.Ehr}launch-now?as={role}&appointment={visit.Appointment}");

    /// <param name="until">Stops before this address is asked.</param>
    public async Task<List<Step>> Follow(Uri start, Func<Uri, bool>? until = null)
    {
        var steps = new List<Step>();
        for (var next = start; next is not null && until?.Invoke(next) != true; next = steps[^1].Next)
        {
            Assert.True(steps.Count < 12, "the launch goes round in circles");
            using var request = new HttpRequestMessage(HttpMethod.Get, next);
            request.Headers.Accept.ParseAdd("text/html");
            var answer = await Http.SendAsync(request);
            steps.Add(new Step(next, answer, await answer.Content.ReadAsStringAsync()));
        }
        return steps;
    }

    /// <summary>Sends a page's form, as its button does; changed in the fields named.</summary>
    public async Task<List<Step>> Submit(Step page, params (string Name, string Value)[] changed)
    {
        var form = Regex.Match(page.Page, "<form[^>]*>");
        Assert.True(form.Success, page.Page);
        var action = Regex.Match(form.Value, "action=\"([^\"]*)\"");
        var fields = Regex.Matches(page.Page, "<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"|<input name=\"([^\"]*)\" type=\"hidden\" value=\"([^\"]*)\"")
            .Select(m => m.Groups[1].Success ? (Name: m.Groups[1].Value, m.Groups[2].Value) : (Name: m.Groups[3].Value, m.Groups[4].Value))
            .Where(f => !changed.Any(c => c.Name == f.Name)).Concat(changed)
            .Select(f => KeyValuePair.Create(WebUtility.HtmlDecode(f.Name), WebUtility.HtmlDecode(f.Value)));
        var to = action.Success ? new Uri(page.At, WebUtility.HtmlDecode(action.Groups[1].Value)) : page.At;
        var answer = await Http.PostAsync(to, new FormUrlEncodedContent(fields));
        var step = new Step(to, answer, await answer.Content.ReadAsStringAsync());
        return step.Next is { } next ? [step, .. await Follow(next)] : [step];
    }

    /// <summary>As far as the EHR's answer, which is not handed in yet.</summary>
    public async Task<Uri> AsFarAsTheAnswer(string role, EhrVisit visit) =>
        (await Follow(Start(role, visit), until: at => at.AbsolutePath == "/launch/callback"))[^1].Next!;
}

internal static class Trails
{
    public static Uri End(this List<Step> steps) => steps[^1].At;

    /// <summary>"error: state-used", "no-visit: no-patient", or "room".</summary>
    public static string Outcome(this List<Step> steps)
    {
        var end = steps.End();
        return end.AbsolutePath.StartsWith("/room/", StringComparison.Ordinal) && steps[^1].Answer.StatusCode == HttpStatusCode.OK ? "room"
            : $"{end.AbsolutePath.Split('/')[^1]}: {HttpUtility.ParseQueryString(end.Query)["code"]}";
    }

    /// <summary>What the product itself answered, the room's page not included.</summary>
    public static IEnumerable<Step> Ours(this List<Step> steps, ProductWithEhr product) =>
        steps.Where(s => s.At.Port == product.Url.Port && s.At.AbsolutePath.StartsWith("/launch", StringComparison.Ordinal));

    public static Task Faults(this ProductWithEhr product, params string[] on) => product.Faults(on.ToDictionary(f => f, _ => (object?)true));

    /// <summary>These switches and no others; what we remember of the EHR's discovery is forgotten.</summary>
    public static async Task Faults(this ProductWithEhr product, Dictionary<string, object?> on)
    {
        await product.EhrApi.DeleteAsync("/faults");
        if (on.Count > 0)
        {
            var answer = await product.EhrApi.PostAsJsonAsync("/faults", on);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }
        product.Time.Move(TimeSpan.FromSeconds(31));
    }

    /// <summary>What the EHR's token answer says beside its own words; null takes a word away.</summary>
    public static Task TokenAnswer(this ProductWithEhr product, object answer) => product.Faults(new Dictionary<string, object?> { ["tokenAnswer"] = answer });

    /// <summary>The EHR's newest call of this path: "authorization_code by private_key_jwt RS384: client_assertion, code, ...".</summary>
    public static async Task<IReadOnlyList<string>> Calls(this ProductWithEhr product, string path) =>
        [.. (await product.EhrApi.GetFromJsonAsync<JsonElement>("/api/calls")).EnumerateArray()
            .Where(c => c.GetProperty("path").GetString() == path).Select(c => c.GetProperty("says").GetString()!)];

    /// <summary>What was asked of the EHR's authorization endpoint.</summary>
    public static System.Collections.Specialized.NameValueCollection Asked(this List<Step> steps) =>
        HttpUtility.ParseQueryString(steps.First(s => s.At.AbsolutePath == "/oauth/authorize").At.Query);

    public static string Session(this List<Step> steps) => steps.End().AbsolutePath.Split('/')[2];

    public static Task<Guid> Visit(this ProductWithEhr product, List<Step> steps) =>
        product.Ask<Guid>($"select visit from auth.visit_session where id = '{steps.Session()}'");

    /// <summary>The visit that the EHR pushed when it booked.</summary>
    public static Task<Guid> Visit(this ProductWithEhr product, EhrVisit booked) =>
        product.Ask<Guid>($"select visit from collab.visit_identifier where value = '{booked.Identifier}' limit 1");
}

/// <summary>One product and one EHR for all launches, whose faults are switched by one test at a time.</summary>
[CollectionDefinition(Name)]
public sealed class LaunchedProduct : ICollectionFixture<ProductWithEhr>
{
    public const string Name = "launches";
}
