using HealthTeams.Collaboration.Shifts;
using HealthTeams.Platform.Callers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>A manager has a roster planned, by keyboard alone.</summary>
[Collection("browser")]
public sealed class PlansOnScreenTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    private static int number;
    private Guid team;
    private string boss = "";
    private DateOnly monday;

    public async Task InitializeAsync()
    {
        var n = Interlocked.Increment(ref number);
        boss = $"plans-{n}-boss";
        var lead = await product.Staff(boss, "Nightingale", role: "nurse");
        team = await product.Team($"Planned ward {n}", (lead, "Owner"), (await product.Staff($"plans-{n}-mary", "Seacole", role: "nurse"), "Member"), (await product.Staff($"plans-{n}-clara", "Barton", role: "nurse"), "Member"));
        var caller = new Caller { Tenant = 1, TenantSlug = "demo", Id = lead.ToString(), Kind = CallerKind.Staff, Person = lead };
        var begun = await product.App.Services.GetRequiredService<Schedules>().Begin(caller, team, "Europe/Paris", default);
        Assert.True(begun.Ok, begun.Problem?.Detail);
        monday = ShiftRules.WeekOf(ShiftRules.Day(product.App.Services.GetRequiredService<TimeProvider>().GetUtcNow(), begun.Value.Rules), begun.Value.Rules).AddDays(7);
    }

    public Task DisposeAsync() => browser.Leave();

    [Fact]
    [Trait("Row", "16.12")]
    public async Task A_small_roster_is_planned_by_keyboard_from_start_to_drafts()
    {
        var desk = await browser.Person();
        await desk.SignIn(product.Url, boss);
        await desk.GotoAsync(new Uri(product.Url, $"/shifts/{team}?from={monday:yyyy-MM-dd}").AbsoluteUri);
        await desk.GetByRole(AriaRole.Link, new() { Name = "Plan automatically" }).FocusAsync();
        await desk.Keyboard.PressAsync("Enter");
        await desk.GetByRole(AriaRole.Heading, new() { Name = "Plan automatically" }).WaitForAsync();
        await desk.FillAsync("[name=seconds]", "2");
        await desk.Locator("[name=groups]").First.CheckAsync();
        await desk.FocusAsync("[name=s0-label]");
        await desk.Keyboard.TypeAsync("Early");
        await desk.FillAsync("[name=s0-from]", "07:00");
        await desk.FillAsync("[name=s0-to]", "15:00");
        for (var day = 0; day < 7; day++) await desk.FillAsync($"[name=s0-{day}]", "1");
        // A slider and its number are one thing.
        await desk.Locator("[data-twin=w-wishes]").FocusAsync();
        await desk.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(desk.Locator("[name=w-wishes]")).ToHaveValueAsync("6");
        await desk.FocusAsync("[name=w-wishes]");
        await desk.Keyboard.PressAsync("Enter");

        // It is followed live: nobody reloads.
        var lay = desk.GetByRole(AriaRole.Button, new() { Name = "Put into the roster as drafts" });
        await lay.WaitForAsync(new() { Timeout = 40_000 });
        await desk.GetByText("No rule is broken").WaitForAsync();
        await desk.Locator("[data-plan-grid] td[tabindex='0']").First.WaitForAsync();
        await desk.Keyboard.PressAsync("g");
        await desk.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(1, await desk.EvaluateAsync<int>("[...document.activeElement.parentElement.children].indexOf(document.activeElement) - 1"));

        await lay.FocusAsync();
        await desk.Keyboard.PressAsync("Enter");
        await desk.GetByRole(AriaRole.Link, new() { Name = "Look at the roster" }).FocusAsync();
        await desk.Keyboard.PressAsync("Enter");
        await Assertions.Expect(desk.Locator("a.shift.draft")).ToHaveCountAsync(7);
        await desk.GetByText("7 changes are not shared").First.WaitForAsync();
    }
}
