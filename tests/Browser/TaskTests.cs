using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>Boards in a real browser: keys, a second person's screen, a phone.</summary>
[Collection("browser")]
public sealed class TaskTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browser.Leave();

    [Fact, Trait("Row", "TK-07"), Trait("Row", "TK-08")]
    public async Task A_task_moved_by_keys_moves_on_anothers_board_and_is_done_on_a_phone_when_nothing_is_missing()
    {
        var (one, two) = (await product.Staff("board-one", "Nightingale"), await product.Staff("board-two", "Seacole"));
        await product.Team("Board team", (one, "Owner"), (two, "Member"));
        var desk = await browser.Person();
        await desk.SignIn(product.Url, "board-one");
        await desk.GotoAsync(new Uri(product.Url, "/tasks/boards").AbsoluteUri);
        await desk.FillAsync("[name=name]", "Keys");
        await desk.FillAsync("[name=buckets]", "To do, Doing");
        await desk.Press("Make the board");
        await desk.WaitForURLAsync("**/tasks/boards/*");
        var board = desk.Url;
        // The form with everything: a checklist that must be ticked.
        await desk.Keyboard.PressAsync("n");
        await desk.FillAsync("[name=title]", "Prepare bed 7");
        await desk.SelectOptionAsync("[name=bucket]", new SelectOptionValue { Label = "To do" });
        await desk.GetByRole(AriaRole.Checkbox, new() { Name = "Seacole" }).CheckAsync();
        await desk.FillAsync("[name=checks]", "Linen\nOxygen");
        await desk.GetByText("What must be there before it is done").First.ClickAsync();
        await desk.GetByLabel("The whole checklist ticked").CheckAsync();
        await desk.Press("Make the task");
        await desk.WaitForURLAsync("**/tasks/0*");

        var phone = await browser.Person(390, 844);
        await phone.SignIn(product.Url, "board-two");
        await phone.GotoAsync(board);
        await phone.Locator("section[aria-label='To do'] [data-row]").WaitForAsync();

        await desk.GotoAsync(board);
        var card = desk.Locator("[data-row]").Filter(new() { HasText = "Prepare bed 7" });
        await card.FocusAsync();
        await desk.Keyboard.PressAsync("Shift+ArrowRight");
        await desk.Locator("section[aria-label='Doing'] [data-row]:focus").WaitForAsync();
        // The phone of the other follows by itself.
        await phone.Locator("section[aria-label='Doing'] [data-row]").WaitForAsync();
        Assert.True(await phone.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth + 1"));

        // Done from the board is refused, with what is missing.
        await phone.GetByRole(AriaRole.Button, new() { Name = "Done: Prepare bed 7" }).ClickAsync();
        await phone.GetByText("2 of 2 checklist items are open").WaitForAsync();
        await phone.GotoAsync(new Uri(product.Url, "/tasks?view=mine").AbsoluteUri);
        await phone.GetByRole(AriaRole.Link, new() { Name = "Prepare bed 7" }).ClickAsync();
        foreach (var item in new[] { "Linen", "Oxygen" })
        {
            await phone.GetByRole(AriaRole.Checkbox, new() { Name = item }).ClickAsync();
            await phone.Locator($"[role=checkbox][aria-checked=true]:has-text('{item}')").WaitForAsync();
        }
        await phone.GetByRole(AriaRole.Button, new() { Name = "Done", Exact = true }).ClickAsync();
        await phone.GetByText("Prepare bed 7 is done.").WaitForAsync();
        await desk.Locator("section[aria-label='Doing'] [data-row]").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await phone.Press("Undo");
        await desk.Locator("section[aria-label='Doing'] [data-row]").WaitForAsync();
    }

    [Theory, Trait("Row", "TK-08")]
    [InlineData(390, 844, "fr-FR")]
    [InlineData(1280, 800, "en-GB")]
    public async Task Task_pages_fit_their_screen_and_name_their_controls(int width, int height, string language)
    {
        var username = $"task-pages-{width}";
        var person = await product.Staff(username, "Barton");
        var team = await product.Team($"Pages {width}", (person, "Owner"));
        var page = await browser.Person(width, height, language);
        await page.SignIn(product.Url, username);
        await page.GotoAsync(new Uri(product.Url, "/tasks/boards").AbsoluteUri);
        await page.FillAsync("[name=name]", "A board with quite a long name for a small screen");
        await page.Locator(".panel .button.primary").ClickAsync();
        await page.WaitForURLAsync("**/tasks/boards/*");
        var board = new Uri(page.Url).AbsolutePath;
        await page.FillAsync(".quick [name=title]", "Unaussprechlichlangeswortohnejedenzwischenraum und mehr");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("[data-row]").WaitForAsync();
        var task = await page.Locator("[data-row] a.title").GetAttributeAsync("href");
        foreach (var path in new[] { board, board + "?group=assignee", board + "?view=calendar", "/tasks", "/tasks?view=mine", "/tasks?view=calendar", "/tasks/boards", $"/tasks/new?board={board.Split('/')[^1]}", task!, task + "/edit", "/tasks/publishing" })
        {
            await page.GotoAsync(new Uri(product.Url, path).AbsoluteUri);
            Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth + 1"), $"{path} runs off sideways at {width}");
            Assert.Empty(await page.EvaluateAsync<string[]>("""
                () => [...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea, summary')]
                  .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.title || (e.labels && e.labels.length)))
                  .map(e => e.outerHTML.slice(0, 120))
                """));
        }
        Assert.NotEqual(Guid.Empty, team);
    }
}
