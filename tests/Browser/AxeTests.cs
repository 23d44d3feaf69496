using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using HealthTeams.Collaboration.Approvals;
using HealthTeams.Platform.Callers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>Every page of care coordination by the rules of WCAG 2.2 AA: light and dark, at a desk and on a phone.</summary>
[Collection("browser")]
public sealed class AxeTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    private static readonly string[] Tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    private string username = "";
    private List<string> pages = [];

    public async Task InitializeAsync()
    {
        var key = Guid.NewGuid().ToString("N")[..6];
        username = $"axe-{key}";
        var (me, other) = (await product.Staff(username, "Curie"), await product.Staff($"axe-other-{key}", "Osler"));
        var team = await product.Team($"Axe {key}", (me, "Owner"), (other, "Member"));
        using var by = await product.SignedIn(username);
        await TestProduct.Post(by, $"/shifts/{team}?handler=begin", ("zone", "Europe/Paris"));
        var group = await product.Ask<Guid>($"select id from collab.shift_group where team = '{team}'");
        var day = DateTime.UtcNow.AddDays(2).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var shift = await Made(by, $"/shifts/{team}/item", ("Kind", "shift"), ("Person", $"{other}"), ("Group", $"{group}"), ("Date", day), ("Start", "07:00"), ("End", "15:00"), ("Label", "Early"), ("Theme", "blue"), ("share", "true"));
        var board = Last(await Made(by, "/tasks/boards", ("team", $"{team}"), ("name", "Work"), ("buckets", "To do, Doing")));
        var task = Last(await Made(by, "/tasks/new", ("title", "Dress the wound"), ("board", board), ("checks", "Gloves\nClean"), ("form", "* Skin | choice: intact, red\nPain | number"), ("assignees", $"{me}"), ("dueDay", day), ("labels", "wound")));
        var series = Last(await Made(by, "/tasks/new", ("title", "Round"), ("board", board), ("dueDay", day), ("repeat", "Daily")));
        var list = Last(await Made(by, "/lists/new", ("team", $"{team}"), ("name", "Round"), ("from", "template")));
        var approval = (await product.App.Services.GetRequiredService<AskApproval>().Ask(new Caller { Tenant = 1, TenantSlug = "demo", Id = $"{other}", Kind = CallerKind.Staff, Person = other },
            new NewApproval("A pump", "For bed 7", [new StepPlan(StepRule.First, [me]), new StepPlan(StepRule.All, [me, other])]) { MustSign = true }, default)).Value;
        Assert.NotEmpty(shift);
        pages =
        [
            "/activity", "/teams", "/teams/new", $"/teams/{team}", $"/teams/{team}/settings", "/teams/templates",
            "/lists", "/lists/new", $"/lists/{list}", $"/lists/{list}/add", $"/lists/{list}/columns", $"/lists/{list}/look", $"/lists/{list}/settings", $"/lists/{list}/round", $"/lists/{list}/wall", "/lists/import",
            "/tasks", "/tasks/boards", $"/tasks/boards/{board}", $"/tasks/{task}", $"/tasks/{task}/edit", "/tasks/new", $"/tasks/new?board={board}", $"/tasks/series/{series}", "/tasks/publishing", "/tasks?view=calendar",
            "/approvals", "/approvals/new", $"/approvals/{approval}", "/approvals/away", "/approvals/templates", "/approvals/templates/new",
            "/shifts", "/shifts/now", "/shifts/me", $"/shifts/{team}", $"/shifts/{team}/settings", $"/shifts/{team}/plan", $"/shifts/{team}/share", $"/shifts/{team}/item", $"/shifts/{team}/time", $"/shifts/{team}/requests",
        ];
    }

    public Task DisposeAsync() => browser.Leave();

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    [Trait("Row", "TK-07"), Trait("Row", "AP-09"), Trait("Row", "TPL-08"), Trait("Row", "SH-02"), Trait("Row", "LS-01")]
    public async Task No_page_breaks_a_rule_of_WCAG_22_AA(int width, ColorScheme scheme)
    {
        var page = await browser.Person(width, 900);
        await page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        await page.SignIn(product.Url, username);
        var broken = new List<string>();
        foreach (var path in pages)
        {
            var answer = await page.GotoAsync(new Uri(product.Url, path).AbsoluteUri);
            Assert.True(answer!.Status == 200, $"{path}: {answer.Status}");
            var found = await page.RunAxe(new AxeRunOptions { RunOnly = new RunOnlyOptions { Type = "tag", Values = [.. Tags] } });
            broken.AddRange(found.Violations.Where(v => !Wall(path, v)).SelectMany(v => v.Nodes.Take(3).Select(n => $"{path} {v.Id}: {n.Target} {n.Html[..Math.Min(160, n.Html.Length)]}")));
        }
        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    /// <summary>A wall's screen has nobody at it: without script it renews itself, which is what it is for.</summary>
    private static bool Wall(string path, AxeResultItem violation) => violation.Id == "meta-refresh" && path.EndsWith("/wall", StringComparison.Ordinal);

    private static async Task<string> Made(HttpClient by, string path, params (string, string)[] fields)
    {
        var made = await TestProduct.Post(by, path, fields);
        Assert.True((int)made.StatusCode == 303, $"{path}: {made.StatusCode} {await made.Content.ReadAsStringAsync()}");
        return made.Headers.Location!.ToString();
    }

    private static string Last(string address) => address.Split('/')[^1].Split('?')[0];
}
