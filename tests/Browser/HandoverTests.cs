using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>A giver at a desk and a receiver with a phone: what one does the other sees, and what is typed without network is not lost.</summary>
[Collection("browser"), Trait("Row", "SH-HANDOVER")]
public sealed class HandoverTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    private readonly string key = Guid.NewGuid().ToString("N")[..6];
    private Guid team;
    private Guid handover;

    public async Task InitializeAsync()
    {
        var (giver, receiver) = (await product.Staff($"giver-{key}", "Seacole"), await product.Staff($"receiver-{key}", "Barton"));
        team = await product.Team($"Handing {key}", (giver, "Owner"), (receiver, "Member"));
        handover = Guid.CreateVersion7();
        await product.Sql($"insert into collab.handover (tenant, id, team, giver, title, created_at) values (1, '{handover}', '{team}', '{giver}', 'Handing', now())");
        await product.Sql($"insert into collab.handover_to (tenant, handover, person) values (1, '{handover}', '{receiver}')");
        foreach (var (name, severity) in new[] { ("Alpha", "Unstable"), ("Omega", "Stable") })
        {
            var (person, entry) = (Guid.NewGuid(), Guid.NewGuid());
            await product.Sql($"insert into collab.person (tenant, id, kind, family, given, updated_at) values (1, '{person}', 'Patient', '{name}', 'Ada', now())");
            await product.Sql($"insert into collab.handover_patient (tenant, handover, id, patient, fhir_id) values (1, '{handover}', '{entry}', '{person}', '{entry}')");
            foreach (var (section, text) in new[] { ("severity", severity), ("summary", $"Summary of {name}"), ("actions", ""), ("contingency", "") })
                await product.Sql($"insert into collab.handover_section (tenant, entry, section, text, filled, at) values (1, '{entry}', '{section}', '{text}', '{text}', now())");
        }
    }

    public Task DisposeAsync() => browser.Leave();

    [Fact]
    public async Task The_giver_writes_without_network_and_the_receiver_reads_back_on_a_phone_before_the_givers_eyes()
    {
        var (giver, receiver) = (await browser.Person(), await browser.Person(390, 844));
        await giver.SignIn(product.Url, $"giver-{key}");
        await giver.GotoAsync(new Uri(product.Url, $"/handovers/{handover}").AbsoluteUri);
        var contingency = giver.Locator("[data-section=contingency] textarea").First; // the sick come first
        await giver.Context.SetOfflineAsync(true);
        await contingency.FillAsync("Pain again: call at once");
        await giver.GetByText("No connection: kept on this device.").First.WaitForAsync();
        await giver.Context.SetOfflineAsync(false);
        await giver.ReloadAsync();
        await Assertions.Expect(contingency).ToHaveValueAsync("Pain again: call at once");
        await TestProduct.Until(async () => await product.Ask<string>($"select s.text from collab.handover_section s join collab.handover_patient e on e.id = s.entry where e.handover = '{handover}' and s.section = 'contingency' and s.text <> ''") == "Pain again: call at once", "what was typed without network is there");
        await giver.Press("Sign and offer");
        await giver.GetByText("0 of 2 patients read back").WaitForAsync();

        await receiver.SignIn(product.Url, $"receiver-{key}");
        await receiver.GotoAsync(new Uri(product.Url, $"/handovers/{handover}/read").AbsoluteUri);
        await receiver.GetByRole(AriaRole.Heading, new() { Name = "ALPHA, Ada" }).WaitForAsync();
        Assert.True(await receiver.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth + 1"), "it fits the phone");
        await receiver.Locator("[data-read-form] textarea").FillAsync("Pain: nitrate and call");
        await receiver.Press("Read back, next patient");
        // The giver sees it appear.
        await giver.GetByText("1 of 2 patients read back").WaitForAsync();
        await giver.GetByText("Pain: nitrate and call").First.WaitForAsync();
        await receiver.GetByRole(AriaRole.Heading, new() { Name = "OMEGA, Ada" }).WaitForAsync();
        await receiver.Press("Read back");
        await receiver.Press("Accept 2 patients");
        await receiver.GetByText("Dr Barton is responsible").WaitForAsync();
        await giver.GetByText("Dr Barton is responsible").WaitForAsync();
    }
}
