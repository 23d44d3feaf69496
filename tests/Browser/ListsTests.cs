using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>Two people round on one list in real browsers: nothing that is typed is lost, together, against each other or without network.</summary>
[Collection("browser")]
public sealed class ListsTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    private Guid list;

    public async Task InitializeAsync()
    {
        var key = Guid.NewGuid().ToString("N")[..6];
        var (one, two) = (await product.Staff($"rounder-1-{key}", "Curie"), await product.Staff($"rounder-2-{key}", "Osler"));
        var team = await product.Team($"Rounders {key}", (one, "Owner"), (two, "Member"));
        list = Guid.CreateVersion7();
        await product.Sql($"insert into collab.list (tenant, id, fhir_id, team, name, created_at) values (1, '{list}', '{list}', '{team}', 'Rounds', now())");
        foreach (var (name, at) in new[] { ("Plan", 0), ("Note", 1) }) await product.Sql($"insert into collab.list_column (tenant, list, id, position, name, type) values (1, '{list}', gen_random_uuid(), {at}, '{name}', 'text')");
        await product.Sql($"insert into collab.list_row (tenant, list, id, title, seq, added_at) values (1, '{list}', gen_random_uuid(), 'Bed one', 1, now())");
        (First, Second) = (await Person($"rounder-1-{key}"), await Person($"rounder-2-{key}"));
    }

    public Task DisposeAsync() => browser.Leave();

    private IPage First { get; set; } = null!;
    private IPage Second { get; set; } = null!;

    [Fact, Trait("Row", "LS-04")]
    public async Task Two_people_round_at_once_and_both_texts_survive()
    {
        // Different cells: each sees the other's text without a reload, and who is where.
        await Edit(First, "Plan", "Echo today");
        await Cell(Second, "Plan").GetByText("Echo today").WaitForAsync();
        await Edit(Second, "Note", "Family called");
        await Cell(First, "Note").GetByText("Family called").WaitForAsync();

        // The same cell: the second opens it, the first is faster, both texts are shown and the person keeps both.
        await Open(Second, "Plan");
        await Second.Keyboard.TypeAsync("Echo tomorrow");
        await Edit(First, "Plan", "Echo at noon");
        await TestProduct.Until(async () => await Value("Plan") == "Echo at noon", "the first text is there");
        await Assertions.Expect(Cell(Second, "Plan").Locator("textarea")).ToHaveValueAsync("Echo tomorrow");
        await Second.Keyboard.PressAsync("Enter");
        await Cell(Second, "Plan").GetByText("Echo tomorrow").WaitForAsync();
        await Cell(Second, "Plan").GetByText("Dr Curie: Echo at noon").WaitForAsync();
        Assert.Equal("Echo at noon", await Value("Plan"));
        await Cell(Second, "Plan").Locator("[data-choose]").ClickAsync();
        await Second.Press("Keep both");
        await TestProduct.Until(async () => await Value("Plan") == "Echo at noon\nEcho tomorrow", "both are kept");
        await Cell(First, "Plan").GetByText("Echo tomorrow").WaitForAsync();

        // Taken back by the keyboard.
        await Edit(First, "Note", "Wrong patient");
        await TestProduct.Until(async () => await Value("Note") == "Wrong patient", "it was saved");
        await Cell(First, "Note").FocusAsync();
        await First.Keyboard.PressAsync("Control+z");
        await TestProduct.Until(async () => await Value("Note") == "Family called", "it was taken back");
    }

    [Fact, Trait("Row", "LS-06")]
    public async Task What_is_typed_without_network_waits_survives_a_reload_and_is_merged()
    {
        await First.Context.SetOfflineAsync(true);
        await Edit(First, "Plan", "Typed in the lift");
        await Edit(First, "Note", "Also there");
        await First.GetByText("2 edits are kept on this device").WaitForAsync();
        await Edit(Second, "Note", "From the desk");
        await TestProduct.Until(async () => await Value("Note") == "From the desk", "the desk wrote");
        Assert.Null(await Value("Plan"));
        // The page is closed and opened again: the texts are still on the device.
        await First.Context.SetOfflineAsync(false);
        await First.ReloadAsync();
        await TestProduct.Until(async () => await Value("Plan") == "Typed in the lift", "the edit was sent when the network was back");
        await Cell(First, "Note").GetByText("Dr Osler: From the desk").WaitForAsync();
        Assert.Equal("From the desk", await Value("Note"));
        await Cell(First, "Note").Locator("[data-choose]").ClickAsync();
        await First.Press("Keep mine");
        await TestProduct.Until(async () => await Value("Note") == "Also there", "the choice was sent");
        await TestProduct.Until(async () => await First.EvaluateAsync<int>(Kept) == 0, "nothing stays on the device");
    }

    [Fact, Trait("Row", "LS-04")]
    public async Task A_text_that_is_being_typed_is_offered_again_after_a_reload()
    {
        await Open(First, "Plan");
        await First.Keyboard.TypeAsync("Half a sent");
        await TestProduct.Until(async () => await First.EvaluateAsync<int>(Kept) == 1, "what is being typed is on the device");
        await Task.Delay(300); // its last letters too
        await First.ReloadAsync();
        await First.Locator("td.editing textarea").WaitForAsync();
        await Assertions.Expect(Cell(First, "Plan").Locator("textarea")).ToHaveValueAsync("Half a sent");
        Assert.Null(await Value("Plan")); // half a sentence is nobody's word yet
        await First.Keyboard.PressAsync("Escape");
        await TestProduct.Until(async () => await First.EvaluateAsync<int>(Kept) == 0, "given up, it is forgotten");
    }

    private const string Kept = """
        () => new Promise(done => { const open = indexedDB.open('healthteams-lists', 1);
          open.onsuccess = () => { const all = open.result.transaction('edits').objectStore('edits').count(); all.onsuccess = () => done(all.result); }; })
        """;

    [Theory, Trait("Row", "LS-06")]
    [InlineData(390, 844)]
    [InlineData(1920, 1080)]
    public async Task Lists_fit_a_phone_and_a_wall(int width, int height)
    {
        await First.SetViewportSizeAsync(width, height);
        var row = await product.Ask<Guid>($"select id from collab.list_row where list = '{list}'");
        foreach (var path in new[] { "/lists", "/lists/new", "/lists/import", $"/lists/{list}", $"/lists/{list}/rows/{row}", $"/lists/{list}/round", $"/lists/{list}/look", $"/lists/{list}/columns", $"/lists/{list}/settings", $"/lists/{list}/wall" })
        {
            await First.GotoAsync(new Uri(product.Url, path).AbsoluteUri);
            Assert.True(await First.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth + 1"), $"{path} runs off sideways at {width}");
            Assert.Empty(await First.EvaluateAsync<string[]>("""
                () => [...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea')]
                  .filter(e => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim() || e.title || (e.labels && e.labels.length)))
                  .map(e => e.outerHTML.slice(0, 120))
                """));
        }
    }

    private async Task<IPage> Person(string username)
    {
        var page = await browser.Person();
        await page.SignIn(product.Url, username);
        await page.GotoAsync(new Uri(product.Url, $"/lists/{list}").AbsoluteUri);
        await page.Locator("[data-foot] span").First.WaitForAsync(); // the script is at work
        return page;
    }

    private static ILocator Cell(IPage page, string column) => page.Locator($"td[data-label='{column}']").First;

    private static async Task Open(IPage page, string column)
    {
        await Cell(page, column).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Cell(page, column).Locator("textarea").WaitForAsync();
        await page.Keyboard.PressAsync("Control+a");
    }

    private static async Task Edit(IPage page, string column, string text)
    {
        await Open(page, column);
        await page.Keyboard.TypeAsync(text);
        await page.Keyboard.PressAsync("Enter");
    }

    private Task<string?> Value(string column) => product.Ask<string>($"""
        select r.cells -> c.id::text ->> 'v' from collab.list_row r join collab.list_column c on c.list = r.list and c.name = '{column}' where r.list = '{list}'
        """);
}
