using System.Net;
using Xunit;

namespace HealthTeams.Tests.Frame;

/// <summary>What a reader of French sees: also refusals, and the page they were on when they changed the language.</summary>
public sealed class LanguageTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    public async Task Refusals_of_lists_tasks_approvals_teams_and_shifts_are_in_the_reader_s_language()
    {
        var person = await product.Staff("french", "Curie", role: "nurse");
        var team = await product.Team("Langues", (person, "Owner"), (await product.Staff("french-boss", "Boss"), "Owner"));
        var one = await product.SignedIn("french");
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(one, $"/shifts/{team}?handler=begin", ("zone", "Europe/Paris"))).StatusCode);
        await one.GetAsync("/lists?lang=fr"); // remembered from here on

        await Says("Une liste demande un nom", "/lists/new", ("name", ""), ("team", $"{team}"), ("from", "scratch"));
        await Says("Une tâche demande un titre", "/tasks/new", ("title", ""));
        await Says("La période a un premier et un dernier jour", $"/shifts/{team}/share", ("from", "2026-11-29"), ("to", "2026-11-23"));
        Assert.Contains("Cette liste n’est pas là pour vous.", await Page(await one.GetAsync($"/lists/{Guid.NewGuid()}")), StringComparison.Ordinal);
        Assert.Contains("Ce n’est plus au planning.", await Page(await one.GetAsync($"/shifts/{team}/ask?kind=swap&shift={Guid.NewGuid()}")), StringComparison.Ordinal);

        await product.Sql($"update collab.team_member set role = 'Guest' where team = '{team}' and person = '{person}'");
        Assert.Contains("Votre rôle dans cette équipe ne le permet pas.", await Page(await one.GetAsync($"/shifts/{team}")), StringComparison.Ordinal);

        async Task Says(string french, string path, params (string, string)[] fields) =>
            Assert.Contains(french, await Page(await TestProduct.Post(one, path, fields)), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "LS-10")]
    public async Task A_cell_that_cannot_be_read_says_so_in_French()
    {
        var person = await product.Staff("french-cell", "Curie", role: "nurse");
        var team = await product.Team("Cellules", (person, "Owner"));
        var one = await product.SignedIn("french-cell");
        await one.GetAsync("/lists?lang=fr");
        var made = await TestProduct.Post(one, "/lists/new", ("name", "Températures"), ("team", $"{team}"), ("from", "scratch"));
        var list = made.Headers.Location!.OriginalString;
        await TestProduct.Post(one, $"{list}/columns", ("name", "Temp"), ("type", "number"));
        await TestProduct.Post(one, $"{list}/add", ("title", "Chambre 4"));
        var (row, column) = (await product.Ask<Guid>("select id from collab.list_row where title = 'Chambre 4'"), await product.Ask<Guid>("select id from collab.list_column where name = 'Temp'"));
        var refused = await TestProduct.Post(one, $"{list}?handler=cell", ("row", $"{row}"), ("column", $"{column}"), ("version", "0"), ("text", "chaud"));
        Assert.Equal("Temp est un nombre, comme 12.5.", (await refused.Body()).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Changing_the_language_keeps_what_was_chosen()
    {
        await product.Staff("french-link", "Curie", role: "nurse");
        var one = await product.SignedIn("french-link");
        var page = await Page(await one.GetAsync("/tasks?view=calendar&on=2026-12&lang=en"));
        Assert.Contains("href=\"?view=calendar&on=2026-12&lang=fr\"", page, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "TC-06")]
    public async Task A_guest_is_not_shown_a_form_that_would_refuse_them()
    {
        var (owner, guest) = (await product.Staff("channel-owner", "Owner"), await product.Staff("channel-guest", "Guest"));
        var team = await product.Team("Guests", (owner, "Owner"), (guest, "Guest"));
        Assert.Equal(HttpStatusCode.OK, (await (await product.SignedIn("channel-owner")).GetAsync($"/teams/{team}/channels/new")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await (await product.SignedIn("channel-guest")).GetAsync($"/teams/{team}/channels/new")).StatusCode);
    }

    [Fact]
    public async Task A_form_sent_to_a_page_that_takes_none_is_refused_without_an_accident()
    {
        var owner = await product.Staff("formless", "Owner");
        var team = await product.Team("Formless", (owner, "Owner"));
        var one = await product.SignedIn("formless");
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(one, $"/shifts/{team}?handler=begin", ("zone", "Europe/Paris"))).StatusCode);
        foreach (var path in new[] { $"/shifts/{team}/requests", "/shifts/now", "/approvals" })
            Assert.Equal(HttpStatusCode.MethodNotAllowed, (await TestProduct.Post(one, path)).StatusCode);
    }

    private static async Task<string> Page(HttpResponseMessage answer) => WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
}
