using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>A request goes from hand to hand; who asked sees each step without reloading.</summary>
[Collection("browser")]
public sealed class ApprovalTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browser.Leave();

    [Fact]
    [Trait("Row", "AP-05"), Trait("Row", "AP-07")]
    public async Task A_sequence_with_a_reassignment_is_asked_and_answered_by_hand_and_seen_live_by_who_asked()
    {
        foreach (var (user, family) in new[] { ("b-asker", "Asking"), ("b-first", "Firstly"), ("b-second", "Secondly"), ("b-third", "Thirdly") }) await product.Staff(user, family, role: "nurse");
        var asker = await Person("b-asker", 1280);
        await asker.GotoAsync(new Uri(product.Url, "/approvals/new").AbsoluteUri);
        await asker.GetByLabel("What is to be approved").FillAsync("Move bed 7");
        await asker.GetByLabel("One after the other, in this order").CheckAsync();
        await Choose(asker, "Approvers", "first");
        await Choose(asker, "Approvers", "second");
        await asker.GetByRole(AriaRole.Button, new() { Name = "Ask", Exact = true }).ClickAsync();
        await asker.GetByRole(AriaRole.Heading, new() { Name = "Move bed 7" }).WaitForAsync();
        await Part(asker, "Dr Secondly", "not yet asked");

        var first = await Person("b-first", 390);
        await first.GotoAsync(new Uri(product.Url, "/approvals").AbsoluteUri);
        await first.GetByRole(AriaRole.Link, new() { Name = "Answer" }).ClickAsync();
        await first.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        await Part(asker, "Dr Secondly", "is asked");

        var second = await Person("b-second", 1280);
        await second.GotoAsync(new Uri(product.Url, "/activity").AbsoluteUri);
        await second.GetByRole(AriaRole.Button, new() { Name = "asks for your approval: Move bed 7" }).ClickAsync();
        await second.GetByText("Pass it on to somebody else").ClickAsync();
        await Choose(second, "Who answers in your place", "third");
        await second.GetByRole(AriaRole.Button, new() { Name = "Pass on" }).ClickAsync();
        await Part(asker, "Dr Thirdly", "is asked");

        var third = await Person("b-third", 1280);
        await third.GotoAsync(new Uri(product.Url, "/approvals").AbsoluteUri);
        await third.GetByRole(AriaRole.Link, new() { Name = "Answer" }).ClickAsync();
        await third.GetByLabel("Comment (optional)").FillAsync("not before noon");
        await third.GetByRole(AriaRole.Button, new() { Name = "Reject" }).ClickAsync();
        await asker.Locator(".toolbar .badge", new() { HasText = "Rejected" }).WaitForAsync();
        await asker.GetByText("not before noon").WaitForAsync();
    }

    private async Task<IPage> Person(string user, int width)
    {
        var page = await browser.Person(width, 900, "en-GB");
        await page.SignIn(product.Url, user);
        return page;
    }

    /// <summary>By keyboard: type, take the first that is found.</summary>
    private static async Task Choose(IPage page, string label, string user)
    {
        var box = page.GetByRole(AriaRole.Combobox, new() { Name = label });
        await box.FillAsync($"b-{user}");
        await page.Locator("people-picker [role=option]").First.WaitForAsync();
        await box.PressAsync("Enter");
        await page.Locator(".chip").Last.WaitForAsync();
    }

    private static Task Part(IPage page, string name, string state) => page.Locator(".asked", new() { HasText = name }).Filter(new() { HasText = state }).First.WaitForAsync();
}
