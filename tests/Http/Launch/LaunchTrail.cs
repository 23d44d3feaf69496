using System.Net;
using System.Net.Http.Json;
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
    public HttpClient Http { get; } = new(new SecureCookies());

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

    public static async Task Faults(this ProductWithEhr product, params string[] on)
    {
        await product.EhrApi.DeleteAsync("/faults");
        if (on.Length > 0) Assert.True((await product.EhrApi.PostAsJsonAsync("/faults", on.ToDictionary(f => f, _ => true))).IsSuccessStatusCode);
    }
}

/// <summary>One product and one EHR for all launches, whose faults are switched by one test at a time.</summary>
[CollectionDefinition(Name)]
public sealed class LaunchedProduct : ICollectionFixture<ProductWithEhr>
{
    public const string Name = "launches";
}
