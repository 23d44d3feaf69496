using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>Three people: who sends, who receives on a phone and loses the network, and who is asked next.</summary>
[Collection("browser"), Trait("Row", "MSG-02"), Trait("Row", "15.1")]
public sealed class UrgentTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    private readonly string key = Guid.NewGuid().ToString("N")[..6];

    public async Task InitializeAsync()
    {
        var (sender, receiver, owner) = (await product.Staff($"urgent-s-{key}", "Codman"), await product.Staff($"urgent-r-{key}", $"Barton{key}"), await product.Staff($"urgent-o-{key}", "Nightingale"));
        await product.Team($"Urgent {key}", (sender, "Member"), (receiver, "Member"), (owner, "Owner"));
    }

    public Task DisposeAsync() => browser.Leave();

    [Fact]
    public async Task An_urgent_message_rings_on_the_phone_escalates_and_is_acknowledged_without_network()
    {
        var (sender, phone, owner) = (await browser.Person(), await browser.Person(390, 844), await browser.Person());
        await phone.SignIn(product.Url, $"urgent-r-{key}");
        await owner.SignIn(product.Url, $"urgent-o-{key}");
        await sender.SignIn(product.Url, $"urgent-s-{key}");
        await sender.GotoAsync(new Uri(product.Url, "/messages/new").AbsoluteUri);
        // Whom it would ring is said by name before it is sent.
        var all = sender.Locator("label", new() { HasText = "All members, on shift or not" }).First;
        Assert.Contains($"Dr Barton{key}", await all.InnerTextAsync(), StringComparison.Ordinal);
        await sender.GetByRole(AriaRole.Combobox, new() { Name = "People" }).PressSequentiallyAsync($"Barton{key}");
        await sender.GetByRole(AriaRole.Option).First.WaitForAsync();
        await sender.GetByRole(AriaRole.Combobox, new() { Name = "People" }).PressAsync("Enter");
        await sender.Locator("textarea[name=Text]").FillAsync("Please come to bed 4.");
        await sender.Press("Send");
        await sender.GetByText("Not acknowledged yet").WaitForAsync();

        // The phone: a toast that stays, read out at once, and a flashing title.
        await phone.GetByText("Urgent message from Dr Codman.").WaitForAsync();
        Assert.DoesNotContain("bed 4", await phone.Locator("body").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal("alert", await phone.Locator("[data-toasts] [role=alert]").First.GetAttributeAsync("role"));
        await phone.Locator("[data-toasts]").GetByRole(AriaRole.Button, new() { Name = "Open" }).First.ClickAsync();
        await phone.GetByText("Please come to bed 4.").WaitForAsync();
        Assert.True(await phone.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth + 1"), "it fits the phone");
        await sender.Locator("[data-row] td[data-label=Read]").GetByText(":").First.WaitForAsync();

        // Four minutes later nobody is on shift: the team's owner is asked at once, and may read.
        var message = await product.Ask<Guid>($"select r.message from collab.message_raised r join auth.credential c on c.person = r.sender where c.username = 'urgent-s-{key}'");
        await product.Sql($"update collab.message_escalation set planned_at = planned_at - interval '4 minutes', due_at = due_at - interval '4 minutes' where message = '{message}'");
        await owner.GetByText("Urgent message from Dr Codman.").WaitForAsync();
        await sender.GetByText("asked Dr Nightingale").WaitForAsync();

        await phone.Context.SetOfflineAsync(true);
        await phone.Press("Acknowledge");
        await phone.GetByText("No connection: it will be sent").WaitForAsync();
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.message_delivery where message = '{message}' and acknowledged_at is not null"));
        await phone.Context.SetOfflineAsync(false);
        await sender.GetByText($"Dr Barton{key} has acknowledged").WaitForAsync();
        await phone.GetByText("Acknowledged").First.WaitForAsync();
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.message_escalation where message = '{message}' and due_at is not null"));
    }
}
