using System.Net.Http.Json;
using HealthTeams.Collaboration.Visits;
using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>The main job: an EHR books, a clinician launches from the chart, the patient comes in, both see each other, the EHR gets the status back.</summary>
[Collection("browser")]
public sealed class WholePathTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browser.Leave();

    [Fact]
    [Trait("Row", "EHR-01")]
    public async Task From_booking_in_the_EHR_to_its_status_written_back_both_see_and_hear_each_other()
    {
        await product.Staff("path-doctor", "Curie");
        var list = await browser.Person();
        await list.SignIn(product.Url, "path-doctor");

        var visit = await product.BookInEhr("Whole path");
        await list.GetByText("Whole path").WaitForAsync(new() { Timeout = 2000 });

        var patient = await browser.Person(390, 844);
        await patient.GotoAsync(Launch("patient", visit));
        await patient.WaitForSelectorAsync("[data-launch=ready]");
        await patient.Press("Join");
        await Expect(visit, "arrived", "arrived");
        await list.GetByText("1 person is waiting").WaitForAsync();

        var clinician = await browser.Person();
        await clinician.GotoAsync(Launch("practitioner", visit));
        await clinician.WaitForSelectorAsync("[data-launch=ready]");
        await clinician.Press("Join");
        await clinician.Press("Admit BARLOW, Ada");
        await Expect(visit, "arrived", "in-progress");
        await SeeAndHear(clinician, patient);

        await patient.Press("Mute");
        await clinician.Press("Chat");
        await clinician.GetByRole(AriaRole.Textbox).FillAsync("Can you read this?");
        await clinician.Keyboard.PressAsync("Enter");
        await patient.GetByText("Can you read this?").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });

        await clinician.Press("Share screen");
        await patient.GetByText("shares the screen").First.WaitForAsync();
        await clinician.Press("Stop sharing");
        await patient.GetByText("shares the screen").First.WaitForAsync(new() { State = WaitForSelectorState.Detached });

        // The connection drops in mid-call: nothing ends, the pictures come back.
        await patient.Context.SetOfflineAsync(true);
        await Task.Delay(3000);
        await patient.Context.SetOfflineAsync(false);
        await Expect(visit, "arrived", "in-progress");
        await SeeAndHear(clinician, patient);

        // Reloading the page is coming back, without waiting again.
        await patient.ReloadAsync();
        await patient.Press("Join");
        await SeeAndHear(clinician, patient);

        await clinician.Press("End visit");
        await clinician.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "End visit" }).ClickAsync();
        await patient.GetByText("The visit is over").First.WaitForAsync();
        await Expect(visit, "fulfilled", "finished");
        await list.GetByText("Whole path").First.WaitForAsync();
    }

    [Fact]
    [Trait("Row", "SMART-A27")]
    public async Task The_launch_works_in_the_EHRs_frame_with_third_party_cookies_blocked()
    {
        var visit = await product.BookInEhr("In a frame", patient: "MRN-1004");
        var clinician = await browser.Person();
        await clinician.GotoAsync($"{Launch("practitioner", visit)}&frame=1");
        await TestProduct.Until(() => Task.FromResult(clinician.Frames.Any(f => f.Url.Contains("/room/", StringComparison.Ordinal))), "the room is in the frame");
        var frame = clinician.Frames.First(f => f.Url.Contains("/room/", StringComparison.Ordinal));
        await frame.WaitForSelectorAsync("[data-launch=ready]");
        await frame.Press("Join");
        await frame.GetByRole(AriaRole.Button, new() { Name = "Leave" }).First.WaitForAsync();

        var patient = await browser.Person(390, 844);
        await patient.GotoAsync(Launch("patient", visit));
        await patient.Press("Join");
        await frame.Press("Admit");
        await TestProduct.Until(async () => await patient.Frames() > 10, "the patient sees the clinician");
    }

    [Fact]
    [Trait("Row", "EHR-04")]
    public async Task A_patient_without_an_account_comes_by_a_link_and_is_admitted_by_staff_from_the_list()
    {
        await product.Staff("link-doctor", "Curie");
        var visit = await product.BookInEhr("By link", patient: "MRN-1006");
        var id = await product.Ask<Guid>($"select visit from collab.visit_identifier where value = '{visit.Identifier}' limit 1");
        var token = await Scenes.Invite(await product.SignedIn("link-doctor"), id);

        var patient = await browser.Person(390, 844);
        await patient.GotoAsync(new Uri(product.Url, $"/join/{token}").AbsoluteUri);
        Assert.DoesNotContain("WEI", await patient.ContentAsync(), StringComparison.Ordinal);
        await patient.Press("Continue");
        await patient.WaitForSelectorAsync("[data-launch=ready]");
        await patient.Press("Join");

        var clinician = await browser.Person();
        await clinician.SignIn(product.Url, "link-doctor");
        await clinician.Locator("tr, li, article", new() { HasText = "By link" }).GetByRole(AriaRole.Button, new() { Name = "Open room" }).First.ClickAsync();
        await clinician.Press("Join");
        await clinician.Press("Admit");
        await SeeAndHear(clinician, patient);
        Assert.Equal(VisitStatus.InProgress, await product.Status(id));
    }

    [Fact]
    [Trait("Row", "MSG-02")]
    public async Task A_stat_communication_appears_on_the_clinicians_page_at_once_and_goes_quiet_when_opened()
    {
        await product.Staff("message-nurse", "Seacole", role: "nurse");
        var nurse = await browser.Person();
        await nurse.SignIn(product.Url, "message-nurse");
        var fhir = await product.Fhir();
        var practitioner = await fhir.Create("Practitioner", """{"resourceType":"Practitioner","identifier":[{"system":"https://hospital.example/id/staff","value":"message-nurse"}],"name":[{"family":"Seacole","given":["Mary"]}]}""");
        await fhir.Create("Communication", $$"""{"resourceType":"Communication","status":"in-progress","priority":"stat","sender":{"display":"Laboratory"},"recipient":[{"reference":"Practitioner/{{practitioner.Id()}}"}],"payload":[{"contentString":"Potassium 6.9 mmol/L"}]}""");
        var toast = nurse.GetByText("Urgent message from Laboratory").First;
        await toast.WaitForAsync(new() { Timeout = 3000 });
        Assert.DoesNotContain("Potassium", await nurse.ContentAsync(), StringComparison.Ordinal);
        await nurse.GotoAsync(new Uri(product.Url, "/messages").AbsoluteUri);
        await nurse.GetByText("Laboratory").First.WaitForAsync();
        await nurse.Press("Open");
        await nurse.GetByText("Potassium 6.9 mmol/L").First.WaitForAsync();
        Assert.Equal(1L, await product.Ask<long>("select count(*) from collab.message_delivery d join collab.message m on m.id = d.message where m.sender = 'Laboratory' and d.read_at is not null and d.next_at is null"));
        await nurse.Press("Acknowledge");
        await TestProduct.Until(async () => await product.Ask<long>("select count(*) from collab.message_delivery d join collab.message m on m.id = d.message where m.sender = 'Laboratory' and d.acknowledged_at is not null") == 1, "acknowledged");
    }

    [Theory]
    [Trait("Row", "SMART-A24")]
    [InlineData("badIdTokenSignature")]
    [InlineData("wrongNonce")]
    [InlineData("denyAccess")]
    public async Task A_launch_that_goes_wrong_says_so_and_opens_nothing(string fault)
    {
        var visit = await product.BookInEhr($"Fault {fault}", patient: "MRN-1009");
        try
        {
            await product.EhrApi.PostAsJsonAsync("/faults", new Dictionary<string, bool> { [fault] = true });
            var clinician = await browser.Person();
            await clinician.GotoAsync(Launch("practitioner", visit));
            await clinician.WaitForSelectorAsync("[data-launch=error]");
            Assert.DoesNotContain("/room/", clinician.Url, StringComparison.Ordinal);
        }
        finally
        {
            await product.EhrApi.DeleteAsync("/faults");
        }
    }

    private string Launch(string role, EhrVisit visit) => $"{product.Ehr}launch-now?as={role}&appointment={visit.Appointment}";

    private Task Expect(EhrVisit visit, string appointment, string encounter) =>
        TestProduct.Until(async () => await product.InEhr(visit) == (appointment, encounter), $"the EHR has {appointment}, {encounter}", 20);

    /// <summary>Frames are decoded and sound arrives on both sides, and go on doing so.</summary>
    private static async Task SeeAndHear(IPage one, IPage other)
    {
        foreach (var page in new[] { one, other })
        {
            await TestProduct.Until(async () => await page.Frames() > 0, "pictures arrive", 25);
            var (frames, sound) = (await page.Frames(), await page.Sound());
            await TestProduct.Until(async () => await page.Frames() > frames + 15 && await page.Sound() > sound, "pictures and sound keep arriving", 25);
        }
    }
}
