using System.Text.Json.Nodes;
using System.Web;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>What the EHR says with its token, and which visit is made of it: one, a choice, one that begins now, or none.</summary>
public sealed class LaunchContextTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    private static readonly string[] PatientOnly = ["noEncounter", "noAppointmentContext"];

    [Fact, Trait("Row", "SMART-A16")]
    public async Task Every_parameter_may_come_in_any_of_its_forms_and_strange_ones_change_nothing()
    {
        await product.Faults();
        var visit = await product.BookInEhr("All forms", patient: "MRN-1002");
        foreach (var answer in new object[]
        {
            new { intent = "no-such-intent", tenant = "Ä/../x", need_patient_banner = "yes", unknown = new { deep = 1 } },
            new { fhirContext = new[] { $"Appointment/{visit.Appointment}" } },
            new { fhirContext = new object[] { new { reference = $"{product.Ehr}fhir/Appointment/{visit.Appointment}", role = "launch" }, new { canonical = "x" }, 7, new { reference = "https://another.example/fhir/Appointment/9" } } },
            new { token_type = "BEARER", expires_in = (int?)null, scope = (string?)null, id_token_hint = "x" },
            new { expires_in = "570", smart_style_url = 7, appContext = "not json {" },
        })
        {
            await product.TokenAnswer(answer);
            var trail = await new Browser(product).Launch("practitioner", visit);
            Assert.Equal("room", trail.Outcome());
            Assert.Equal(await product.Visit(visit), await product.Visit(trail));
        }
        await product.Faults();
    }

    [Theory, Trait("Row", "SMART-A16")]
    [InlineData("patient", "../../metadata")]
    [InlineData("encounter", "x?_format=json")]
    [InlineData("patient", "<script>alert(1)</script>")]
    public async Task What_is_no_FHIR_id_becomes_no_part_of_an_address(string name, string value)
    {
        await product.Faults();
        var visit = await product.BookInEhr("No id", patient: "MRN-1002");
        await product.TokenAnswer(new Dictionary<string, string> { [name] = value });
        var trail = await new Browser(product).Launch("practitioner", visit);
        await product.Faults();
        Assert.Equal("error: context-invalid", trail.Outcome());
    }

    [Fact, Trait("Row", "SMART-A14")]
    public async Task What_was_not_granted_is_not_asked_for()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Fewer scopes", patient: "MRN-1003");
        await product.Faults("fewerScopes");
        var trail = await new Browser(product).Launch("practitioner", visit);
        await product.Faults();
        Assert.Equal("room", trail.Outcome());
        Assert.Equal(await product.Visit(visit), await product.Visit(trail));
        var reads = await product.EhrApi.GetStringAsync("/api/calls");
        Assert.DoesNotContain($"/fhir/Encounter/{visit.Encounter}", reads, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-A14")]
    public async Task A_patient_whose_launch_may_read_nothing_is_told_so_and_sits_nowhere()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Nothing granted", patient: "MRN-1003");
        await product.TokenAnswer(new { scope = "openid fhirUser launch patient/Observation.rs" });
        var trail = await new Browser(product).Launch("patient", visit);
        await product.Faults();
        Assert.Equal("error: chart-unreadable", trail.Outcome());
    }

    [Fact, Trait("Row", "SMART-A17")]
    public async Task Several_visits_are_a_choice_and_the_one_chosen_opens_once()
    {
        await product.Faults();
        var (early, late) = (await product.BookInEhr("Early", 30, "MRN-1007"), await product.BookInEhr("Late", 90, "MRN-1007"));
        await product.Faults(PatientOnly);
        var browser = new Browser(product);
        var trail = await browser.Launch("practitioner", early);
        await product.Faults();
        var page = trail[^1];
        Assert.StartsWith("/launch/choose/", page.At.AbsolutePath, StringComparison.Ordinal);
        Assert.Contains("MARTÍNEZ", System.Net.WebUtility.HtmlDecode(page.Page), StringComparison.Ordinal);
        // Another browser sees nothing of it, and takes nothing from it.
        Assert.Equal("error: choice-unknown", (await new Browser(product).Follow(page.At)).Outcome());
        var end = await browser.Submit(page, ("index", "1"));
        Assert.Equal("room", end.Outcome());
        Assert.Equal(await product.Visit(late), await product.Visit(end));
        Assert.Equal("error: choice-unknown", (await browser.Submit(page, ("index", "0"))).Outcome());
    }

    [Fact, Trait("Row", "SMART-A17")]
    public async Task A_clinician_may_start_a_visit_now_where_none_is_booked_and_a_patient_may_not()
    {
        await product.Faults();
        var far = await product.BookInEhr("In two days", 2880, "MRN-1010");
        await product.Faults(PatientOnly);
        var patient = await new Browser(product).Launch("patient", far);
        Assert.Equal("no-visit: no-visit", patient.Outcome());
        Assert.DoesNotContain("Start a visit now", patient[^1].Page, StringComparison.Ordinal);

        var browser = new Browser(product);
        var trail = await browser.Launch("practitioner", far);
        Assert.Equal("no-visit: no-visit", trail.Outcome());
        Assert.Contains("O’BRIEN", System.Net.WebUtility.HtmlDecode(trail[^1].Page), StringComparison.Ordinal);
        Assert.Equal(0, await product.Ask<long>("select count(*) from auth.visit_session s join collab.visit_identifier i on i.visit = s.visit where i.value = '" + far.Identifier + "'"));
        var end = await browser.Submit(trail[^1]);
        Assert.Equal("room", end.Outcome());
        var started = await product.Visit(end);
        Assert.NotEqual(await product.Visit(far), started);
        Assert.Equal("MRN-1010", await product.Ask<string>($"select i.value from collab.visit v join collab.person_identifier i on i.person = v.patient where v.id = '{started}' and i.value like 'MRN-%'"));
        // Pressed twice is started once.
        Assert.Equal("error: choice-unknown", (await browser.Submit(trail[^1])).Outcome());
        await product.Faults();
    }

    [Fact, Trait("Row", "SMART-A17")]
    public async Task A_visit_begun_for_an_encounter_that_may_not_be_read_is_that_encounter_s_for_everybody_and_nobody_else_s()
    {
        await product.Faults();
        var far = await product.BookInEhr("Unreadable", 3000, "MRN-1011");
        var other = await product.BookInEhr("Another's", 3000, "MRN-1008");
        object Unreadable(EhrVisit visit) => new { scope = "openid fhirUser launch patient/Patient.rs", fhirContext = (object?)null, encounter = visit.Encounter };
        await product.TokenAnswer(Unreadable(far));
        var rooms = new List<Guid>();
        for (var n = 0; n < 2; n++)
        {
            var browser = new Browser(product);
            rooms.Add(await product.Visit(await browser.Submit((await browser.Launch("practitioner", far))[^1])));
        }
        Assert.Single(rooms.Distinct());
        // The same encounter, said of another patient: a contradiction, and no room of the first patient's.
        await product.TokenAnswer(Unreadable(far));
        var confused = new Browser(product);
        var trail = await confused.Submit((await confused.Launch("practitioner", other))[^1]);
        await product.Faults();
        Assert.Equal("error: context-invalid", trail.Outcome());
        Assert.Equal(0, await product.Ask<long>($"select count(*) from auth.visit_session s join collab.visit v on v.id = s.visit join collab.person_identifier i on i.person = v.patient where i.value = 'MRN-1008' and v.id = '{rooms[0]}'"));
    }

    [Fact, Trait("Row", "SMART-A17")]
    public async Task After_a_visit_is_over_a_clinician_may_start_another_and_the_old_room_stays_closed()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Cancelled", patient: "MRN-1005");
        await product.EhrApi.PostAsync($"/api/appointments/{visit.Appointment}/cancel", null);
        Assert.Equal("error: visit-over", (await new Browser(product).Launch("patient", visit)).Outcome());
        var browser = new Browser(product);
        var trail = await browser.Launch("practitioner", visit);
        Assert.Equal("error: visit-over", trail.Outcome());
        var end = await browser.Submit(trail[^1]);
        Assert.Equal("room", end.Outcome());
        Assert.NotEqual(await product.Visit(visit), await product.Visit(end));
    }

    [Theory, Trait("Row", "SMART-A19")]
    [InlineData("Practitioner/prc-1/_history/1")]
    [InlineData("Device/1")]
    [InlineData("Practitioner/../Patient/1")]
    [InlineData("<script>alert(1)</script>")]
    public async Task A_user_of_a_form_we_do_not_know_is_nobody(string fhirUser)
    {
        await product.Faults();
        var visit = await product.BookInEhr("Odd user", patient: "MRN-1004");
        await product.Faults(new Dictionary<string, object?> { ["fhirUser"] = fhirUser });
        var trail = await new Browser(product).Launch("practitioner", visit);
        await product.Faults();
        Assert.Equal("error: user-unknown", trail.Outcome());
        Assert.DoesNotContain(fhirUser, trail[^1].Page, StringComparison.Ordinal);
    }

    [Theory, Trait("Row", "SMART-A21")]
    [InlineData("RelatedPerson/rel-1")]
    [InlineData("Person/1")]
    [InlineData("Patient/somebody-else")]
    public async Task Who_is_neither_clinician_nor_this_patient_is_a_guest_who_waits_and_sees_no_chart(string fhirUser)
    {
        await product.Faults();
        var visit = await product.BookInEhr($"With {fhirUser}", patient: "MRN-1004");
        await product.Faults(new Dictionary<string, object?> { ["fhirUser"] = fhirUser, ["subject"] = fhirUser });
        var trail = await new Browser(product).Launch("patient", visit);
        await product.Faults();
        Assert.Equal("room", trail.Outcome());
        Assert.Equal("Guest Invited", await product.Ask<string>($"select p.role || ' ' || p.state from auth.visit_session s join collab.participant p on p.id = s.participant where s.id = '{trail.Session()}'"));
        Assert.DoesNotContain("PAPADIMITRIOU", trail[^1].Page, StringComparison.Ordinal);
        Assert.DoesNotContain("MRN-1004", trail[^1].Page, StringComparison.Ordinal);
    }

    [Theory, Trait("Row", "SMART-A31")]
    [InlineData("true", true)]
    [InlineData("null", true)]
    [InlineData("false", false)]
    public async Task The_patient_s_banner_is_ours_unless_the_EHR_shows_its_own(string said, bool shown)
    {
        await product.Faults();
        var visit = await product.BookInEhr("Banner", patient: "MRN-1001");
        await product.TokenAnswer(new JsonObject { ["need_patient_banner"] = JsonNode.Parse(said) });
        var browser = new Browser(product);
        var trail = await browser.Launch("practitioner", visit);
        await product.Faults();
        Assert.Equal(shown, trail[^1].Page.Contains("BARLOW, Ada", StringComparison.Ordinal) && trail[^1].Page.Contains("class=\"banner\"", StringComparison.Ordinal));
        if (shown) Assert.Contains("MRN-1001", trail[^1].Page, StringComparison.Ordinal);
        // A window of its own has no EHR around it.
        var window = await browser.Http.PostAsync(new Uri(product.Url, $"/room/{trail.Session()}/window"), null);
        var own = await browser.Follow(new Uri(product.Url, System.Text.Json.JsonDocument.Parse(await window.Content.ReadAsStringAsync()).RootElement.GetProperty("url").GetString()!));
        Assert.Contains("class=\"banner\"", own[^1].Page, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-A33")]
    public async Task A_Task_s_launch_names_its_visit_in_appContext_and_our_API_offers_such_Tasks()
    {
        await product.Faults();
        var (one, other) = (await product.BookInEhr("Task one", 40, "MRN-1009"), await product.BookInEhr("Task other", 50, "MRN-1009"));
        await product.Faults(new Dictionary<string, object?>
        {
            ["noEncounter"] = true, ["noAppointmentContext"] = true, ["tokenAnswer"] = new { appContext = $$"""{"visit":"{{other.Identifier}}"}""" },
        });
        var trail = await new Browser(product).Launch("practitioner", one);
        await product.Faults();
        Assert.Equal("room", trail.Outcome());
        Assert.Equal(await product.Visit(other), await product.Visit(trail));

        var fhir = await product.Fhir();
        const string codes = "http://hl7.org/fhir/smart-app-launch/CodeSystem/smart-codes";
        await fhir.Create("Task", $$"""
            {"resourceType":"Task","meta":{"profile":["http://hl7.org/fhir/smart-app-launch/StructureDefinition/task-ehr-launch"]},"status":"requested","intent":"proposal",
             "code":{"coding":[{"system":"{{codes}}","code":"launch-app-ehr"}]},
             "input":[{"type":{"coding":[{"system":"{{codes}}","code":"smartonfhir-application"}]},"valueUrl":"{{product.Url}}launch"},
                      {"type":{"coding":[{"system":"{{codes}}","code":"smartonfhir-appcontext"}]},"valueString":"{\"visit\":\"{{other.Identifier}}\"}"}]}
            """);
        var found = await (await fhir.GetAsync($"/fhir/Task?code={HttpUtility.UrlEncode($"{codes}|launch-app-ehr")}")).Body();
        Assert.Equal(1, found.GetProperty("entry").GetArrayLength());
    }

    [Fact, Trait("Row", "SMART-A17")]
    public async Task A_vendor_s_hint_chooses_among_the_launch_s_own_visits_and_reaches_no_other()
    {
        await product.Faults();
        var (early, late) = (await product.BookInEhr("Hint early", 100, "MRN-1012"), await product.BookInEhr("Hint late", 110, "MRN-1012"));
        var stranger = await product.BookInEhr("Stranger", 10, "MRN-1001");
        await product.Faults(PatientOnly);
        async Task<List<Step>> With(string hints)
        {
            var browser = new Browser(product);
            var start = await browser.Follow(browser.Start("practitioner", early), until: at => at.AbsolutePath == "/launch");
            return await browser.Follow(new Uri(start[^1].Next!.AbsoluteUri + hints));
        }
        Assert.Equal(await product.Visit(late), await product.Visit(await With($"&sessionId={late.Identifier}&departmentId=nowhere&role=patient")));
        Assert.Equal(await product.Visit(early), await product.Visit(await With($"&sessionId={early.Appointment}")));
        foreach (var nothing in (string[])[$"&sessionId={stranger.Identifier}", $"&sessionId={stranger.Appointment}", "&sessionId=" + new string('x', 65), $"&sessionId={late.Identifier}&sessionId={early.Identifier}", "&sessionId='%20or%20true--"])
        {
            Assert.StartsWith("/launch/choose/", (await With(nothing)).End().AbsolutePath, StringComparison.Ordinal);
        }
        await product.Faults();
    }
}
