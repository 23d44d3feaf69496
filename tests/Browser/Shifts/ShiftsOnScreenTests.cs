using HealthTeams.Collaboration.Shifts;
using HealthTeams.Platform.Callers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>A roster as people see and press it: a manager at a desk, colleagues on phones.</summary>
[Collection("browser")]
public sealed class ShiftsOnScreenTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    private static int number;
    private readonly Dictionary<string, Guid> people = [];
    private Guid team;
    private string name = "";
    private DateOnly monday;

    public async Task InitializeAsync()
    {
        name = $"Screen ward {Interlocked.Increment(ref number)}";
        foreach (var who in new[] { "boss", "mary", "clara" }) people[who] = await product.Staff(User(who), who == "boss" ? "Nightingale" : who == "mary" ? "Seacole" : "Barton", role: "nurse");
        team = await product.Team(name, (people["boss"], "Owner"), (people["mary"], "Member"), (people["clara"], "Member"));
        var begun = await product.App.Services.GetRequiredService<Schedules>().Begin(Boss, team, "Europe/Paris", default);
        Assert.True(begun.Ok, begun.Problem?.Detail);
        var today = ShiftRules.Day(product.App.Services.GetRequiredService<TimeProvider>().GetUtcNow(), begun.Value.Rules);
        monday = ShiftRules.WeekOf(today, begun.Value.Rules).AddDays(7);
    }

    public Task DisposeAsync() => browser.Leave();

    [Fact]
    [Trait("Row", "SH-20")]
    public async Task A_roster_made_by_keyboard_alone_is_shared_and_seen_on_a_phone_without_reload()
    {
        var phone = await browser.Person(390, 844);
        await phone.SignIn(product.Url, User("mary"));
        await phone.GotoAsync(At("/shifts"));
        await phone.GetByText("No shifts yet").WaitForAsync();

        var desk = await browser.Person();
        await desk.SignIn(product.Url, User("boss"));
        await desk.GotoAsync(At($"/shifts/{team}?from={monday:yyyy-MM-dd}"));
        await desk.Locator("td[data-cell][tabindex='0']").First.WaitForAsync();
        await desk.Keyboard.PressAsync("g");
        // Open shifts, then Barton, Nightingale, Seacole by family name; one day to the right.
        foreach (var key in new[] { "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "Enter" }) await desk.Keyboard.PressAsync(key);
        var dialog = desk.GetByRole(AriaRole.Dialog);
        await dialog.WaitForAsync();
        await Assertions.Expect(dialog.Locator("[name=Person]")).ToHaveValueAsync(people["mary"].ToString());
        await dialog.Locator("[name=Label]").FocusAsync();
        await desk.Keyboard.TypeAsync("Early");
        await desk.Keyboard.PressAsync("Enter");
        await desk.GetByText("1 change is not shared").First.WaitForAsync();

        // Copied to the next day with C, arrow, V.
        await desk.Locator("td[data-cell][tabindex='0']").First.WaitForAsync();
        await desk.Locator("a.shift").FocusAsync();
        foreach (var key in new[] { "c", "ArrowRight", "v" }) await desk.Keyboard.PressAsync(key);
        await Assertions.Expect(desk.Locator("a.shift.draft")).ToHaveCountAsync(2);
        await Assertions.Expect(phone.Locator("tr[data-row]")).ToHaveCountAsync(0);

        await desk.GetByRole(AriaRole.Link, new() { Name = "Share", Exact = true }).ClickAsync();
        await desk.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Share", Exact = true }).ClickAsync();
        await Assertions.Expect(desk.Locator("a.shift.draft")).ToHaveCountAsync(0);
        await phone.GetByText("Early").First.WaitForAsync();
        await Assertions.Expect(phone.Locator("tr[data-row]")).ToHaveCountAsync(2);
        Assert.True(await phone.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth + 1"));
    }

    [Fact]
    [Trait("Row", "SH-12")]
    public async Task A_swap_by_two_phones_and_a_desk_moves_both_shifts_and_its_rival_ends()
    {
        var edits = product.App.Services.GetRequiredService<ShiftEdits>();
        foreach (var (who, day, label) in new[] { ("mary", 0, "Hers"), ("clara", 1, "Claras") })
        {
            var at = CoverRules.At(monday.AddDays(day), 7 * 60, TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris"));
            var group = await product.Ask<Guid>($"select id from collab.shift_group where team = '{team}'");
            var saved = await edits.Save(Boss, team, new ShiftSaid(null, 0, "shift", people[who], group, null, null, at, at.AddHours(8), label, "", "blue", [], [], true, null), default);
            Assert.True(saved.Ok, saved.Problem?.Detail);
        }
        var (mary, clara, desk) = (await browser.Person(390, 844), await browser.Person(390, 844), await browser.Person());
        foreach (var (page, who) in new[] { (mary, "mary"), (clara, "clara"), (desk, "boss") }) await page.SignIn(product.Url, User(who));
        await mary.GotoAsync(At("/shifts"));
        await mary.GetByRole(AriaRole.Link, new() { Name = "Swap" }).ClickAsync();
        await mary.Press("Ask");
        await mary.GetByText("Waits for the colleague").WaitForAsync();
        // A rival for the same shift.
        await mary.GetByRole(AriaRole.Link, new() { Name = "Offer" }).ClickAsync();
        await mary.Locator("[name=recipient]").SelectOptionAsync(people["clara"].ToString());
        await mary.Press("Ask");

        await clara.GotoAsync(At("/shifts"));
        await clara.Locator("article", new() { HasText = "Claras" }).GetByRole(AriaRole.Button, new() { Name = "Agree" }).ClickAsync();
        await clara.GetByText("Waits for a manager").WaitForAsync();
        await desk.GotoAsync(At($"/shifts/{team}/requests"));
        await desk.Press("Approve");
        await desk.GetByText("Another request came first").WaitForAsync();
        await mary.GetByText("Another request came first").WaitForAsync();
        await mary.Locator("tr[data-row]", new() { HasText = "Claras" }).WaitForAsync();
    }

    private string User(string who) => $"{name.Replace(' ', '-')}-{who}".ToLowerInvariant();

    private string At(string path) => new Uri(product.Url, path).AbsoluteUri;

    private Caller Boss => new() { Tenant = 1, TenantSlug = "demo", Id = people["boss"].ToString(), Kind = CallerKind.Staff, Person = people["boss"] };
}
