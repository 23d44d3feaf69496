using System.Net;
using HealthTeams.FhirGateway.Access;
using HealthTeams.Platform.Callers;
using HealthTeams.SmartLauncher.Apps;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>Rows S5 and S6: what an app learns of where it was started, and that a launch is for one app, one user, once.</summary>
[Collection("tokens")]
public sealed class ContextTests(ProductWithApps product)
{
    private const string Launched = "openid launch patient/Patient.rs patient/Encounter.rs patient/Appointment.rs offline_access";

    private async Task<string> Handle(string client = "app", Guid? person = null, ChartContext? chart = null, int tenant = 1)
    {
        var handle = await product.App.Services.GetRequiredService<AppLaunches>().Issue(tenant, Actor.Product,
            new AppLaunch(client, chart ?? new ChartContext(product.Visit.Patient, product.Visit.Encounter, product.Visit.Appointment)) { Person = person, Intent = "reconcile" }, default);
        Assert.True(handle.Ok, handle.Problem?.Detail);
        return handle.Value;
    }

    [Fact, Trait("Row", "SMART-S5")] // g10_patient_context, encounter context
    public async Task A_launch_tells_the_app_its_patient_encounter_and_appointment_and_a_refresh_tells_it_again()
    {
        var app = product.Smart();
        var tokens = await app.Tokens(await product.SignedIn("curie"), Launched, change: ("launch", await Handle()));
        var refreshed = await (await app.Refresh(tokens.Text("refresh_token")!)).Body();
        foreach (var said in new[] { tokens, refreshed })
        {
            Assert.Equal(product.Visit.Patient, said.Text("patient"));
            Assert.Equal(product.Visit.Encounter, said.Text("encounter"));
            var context = Assert.Single(said.GetProperty("fhirContext").EnumerateArray());
            Assert.Equal($"Appointment/{product.Visit.Appointment}", context.Text("reference"));
            Assert.True(said.GetProperty("need_patient_banner").GetBoolean());
            Assert.Equal("reconcile", said.Text("intent"));
            Assert.Equal("demo", said.Text("tenant"));
            Assert.Equal(HttpStatusCode.OK, (await product.Stranger().GetAsync(said.Text("smart_style_url"))).StatusCode);
            Assert.Contains("launch", said.Scopes());
            foreach (var path in new[] { $"Patient/{product.Visit.Patient}", $"Encounter/{product.Visit.Encounter}", $"Appointment/{product.Visit.Appointment}" })
            {
                Assert.Equal(HttpStatusCode.OK, await app.Read(said.Access(), path));
            }
        }
    }

    [Fact, Trait("Row", "SMART-S5")]
    public async Task A_launch_opens_its_own_patient_and_nobody_elses()
    {
        var app = product.Smart();
        var tokens = await app.Tokens(await product.SignedIn("curie"), Launched, change: ("launch", await Handle()));
        foreach (var path in new[] { $"Patient/{product.OtherVisit.Patient}", $"Encounter/{product.OtherVisit.Encounter}", $"Appointment/{product.OtherVisit.Appointment}" })
        {
            Assert.Equal(HttpStatusCode.NotFound, await app.Read(tokens.Access(), path));
        }
        var found = await (await app.With(tokens.Access()).GetAsync("/fhir/Patient")).Body();
        Assert.Equal([product.Visit.Patient], found.GetProperty("entry").EnumerateArray().Select(e => e.GetProperty("resource").Text("id")));
    }

    [Fact, Trait("Row", "SMART-S6")] // g10 invalid launch
    public async Task A_launch_that_is_made_up_another_apps_another_users_or_another_hospitals_gives_no_code()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var osler = await product.Ask<Guid>("select person from auth.credential where username = 'osler'");
        foreach (var handle in new[] { "made-up", await Handle(client: "confidential"), await Handle(person: osler), "", "' or 1=1 --" })
        {
            var back = SmartApp.Returned(await app.Open(browser, Launched, ("launch", handle)));
            Assert.Equal("invalid_request", back["error"]);
            Assert.False(back.ContainsKey("code"));
        }
        // An app of the other hospital, with a handle of this one.
        await product.Register(new("north-app", "public", "north", Backend: false) { Redirects = [SmartApp.Redirect] });
        var north = SmartApp.Returned(await product.Smart("north-app").Open(await product.SignedIn("blackwell"), Launched, ("launch", await Handle("north-app"))));
        Assert.Equal("invalid_request", north["error"]);
    }

    [Fact, Trait("Row", "SMART-S6")]
    public async Task A_launch_is_used_once_and_within_five_minutes()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var handle = await Handle();
        await app.Code(browser, Launched, change: ("launch", handle));
        Assert.Equal("invalid_request", SmartApp.Returned(await app.Open(browser, Launched, ("launch", handle)))["error"]);
        handle = await Handle();
        product.Clock.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));
        Assert.Equal("invalid_request", SmartApp.Returned(await app.Open(browser, Launched, ("launch", handle)))["error"]);
    }

    [Fact, Trait("Row", "SMART-S6")]
    public async Task Two_consents_to_one_launch_at_once_give_one_code_and_a_no_uses_it_up_too()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var handle = await Handle();
        var pages = new[] { await app.Open(browser, Launched, ("launch", handle)), await app.Open(browser, Launched, ("launch", handle)) };
        var back = await Task.WhenAll(pages.Select(async p => SmartApp.Returned(await app.Through(browser, p))));
        Assert.Single(back, b => b.ContainsKey("code"));
        handle = await Handle();
        SmartApp.Returned(await app.Through(browser, await app.Open(browser, Launched, ("launch", handle)), decision: "deny"));
        Assert.Equal("invalid_request", SmartApp.Returned(await app.Open(browser, Launched, ("launch", handle)))["error"]);
    }

    [Fact, Trait("Row", "SMART-S6")]
    public async Task A_launch_is_kept_as_a_hash_and_names_only_what_is_one_patients()
    {
        var handle = await Handle();
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from auth.app_launch l where l::text like '%{handle}%'"));
        var launches = product.App.Services.GetRequiredService<AppLaunches>();
        foreach (var chart in new[]
        {
            new ChartContext("nobody", null, null), new ChartContext("../1", null, null), new ChartContext(product.Visit.Patient, product.OtherVisit.Encounter, null),
            new ChartContext(product.Visit.Patient, null, product.OtherVisit.Appointment), new ChartContext(product.Visit.Patient, "gone", null),
        })
        {
            Assert.False((await launches.Issue(1, Actor.Product, new AppLaunch("app", chart), default)).Ok);
        }
        // What is here is not there.
        Assert.False((await launches.Issue(2, Actor.Product, new AppLaunch("app", new ChartContext(product.Visit.Patient, null, null)), default)).Ok);
        Assert.True(await product.Ask<long>($"select count(*) from platform.event where kind = 'app.launched' and patient = 'Patient/{product.Visit.Patient}'") > 0);
    }

    [Fact, Trait("Row", "SMART-S6")]
    public async Task Launch_without_its_scope_and_the_scope_without_a_launch_claim_no_context()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        Assert.Equal("invalid_request", SmartApp.Returned(await app.Open(browser, "openid patient/Patient.rs", ("launch", await Handle())))["error"]);
        var tokens = await app.Tokens(browser, "openid launch patient/Patient.rs user/Encounter.rs");
        Assert.Equal(["openid", "user/Encounter.rs"], tokens.Scopes());
        Assert.Null(tokens.Text("patient"));
        Assert.Equal("invalid_scope", SmartApp.Returned(await app.Open(browser, "launch patient/Patient.rs"))["error"]);
    }

    [Fact, Trait("Row", "SMART-S5")]
    public async Task An_app_on_its_own_asks_its_user_for_the_patient_and_the_encounter()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        const string scope = "openid launch/patient launch/encounter patient/Patient.rs patient/Encounter.rs";
        var page = await app.Open(browser, scope);
        var html = await page.Content.ReadAsStringAsync();
        // The clinician's own patients come first.
        Assert.Contains("BARLOW, Ada", html, StringComparison.Ordinal);
        Assert.Contains("WEIR, Ada", html, StringComparison.Ordinal);
        var back = SmartApp.Returned(await app.Through(browser, page, product.OtherVisit.Patient, product.OtherVisit.Encounter));
        var tokens = await (await app.Exchange(back["code"])).Body();
        Assert.Equal(product.OtherVisit.Patient, tokens.Text("patient"));
        Assert.Equal(product.OtherVisit.Encounter, tokens.Text("encounter"));
        Assert.Equal(HttpStatusCode.OK, await app.Read(tokens.Access(), $"Encounter/{product.OtherVisit.Encounter}"));
        Assert.Equal(HttpStatusCode.NotFound, await app.Read(tokens.Access(), $"Encounter/{product.Visit.Encounter}"));
        await TestProduct.Until(async () => await product.Ask<long>($"select count(*) from platform.access where action = 'list' and subject = 'Patient' and patient = 'Patient/{product.Visit.Patient}'") > 0, "who was shown is on record");
    }

    [Fact, Trait("Row", "SMART-S5")]
    public async Task Patients_are_found_by_name_and_identifier_and_never_in_another_hospital()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        await product.Book("T-north", tenant: "north", family: "Northerner", mrn: "MRN-north-1");
        async Task<string> Search(string text)
        {
            var form = SmartApp.Fields(await (await app.Open(browser, SmartApp.Usual)).Content.ReadAsStringAsync());
            form["search"] = text;
            return await (await browser.PostAsync("/auth/authorize", new FormUrlEncodedContent(form))).Content.ReadAsStringAsync();
        }
        Assert.Contains($"value=\"{product.OtherVisit.Patient}\"", await Search("weir"), StringComparison.Ordinal);
        Assert.DoesNotContain($"value=\"{product.Visit.Patient}\"", await Search("weir"), StringComparison.Ordinal);
        Assert.Contains($"value=\"{product.OtherVisit.Patient}\"", await Search("MRN-2"), StringComparison.Ordinal);
        foreach (var none in new[] { "Northerner", "MRN-north-1", "a,b|c$d\\", "%", "&_id=1" }) Assert.Contains("No patient found", await Search(none), StringComparison.Ordinal);
    }

    [Theory, Trait("Row", "SMART-S5")]
    [InlineData("nobody")]
    [InlineData("../Patient")]
    [InlineData("")]
    public async Task A_patient_that_is_not_here_cannot_be_chosen(string patient)
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        Assert.Equal("access_denied", SmartApp.Returned(await app.Through(browser, await app.Open(browser, SmartApp.Usual), patient))["error"]);
    }

    [Fact, Trait("Row", "SMART-S5")]
    public async Task The_chosen_patient_cannot_be_exchanged_at_the_consent()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var form = SmartApp.Fields(await (await app.Open(browser, SmartApp.Usual)).Content.ReadAsStringAsync());
        form["patient"] = product.Visit.Patient;
        var html = await (await browser.PostAsync("/auth/authorize", new FormUrlEncodedContent(form))).Content.ReadAsStringAsync();
        Assert.Contains("BARLOW, Ada", html, StringComparison.Ordinal);
        var consent = SmartApp.Fields(html);
        foreach (var box in SmartApp.Boxes(html)) consent[box.Name] = "1";
        (consent["patient"], consent["decision"]) = (product.OtherVisit.Patient, "approve");
        var back = SmartApp.Returned(await browser.PostAsync("/auth/authorize", new FormUrlEncodedContent(consent)));
        Assert.Equal(product.Visit.Patient, (await (await app.Exchange(back["code"])).Body()).Text("patient"));
    }
}
