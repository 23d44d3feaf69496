using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using HealthTeams.SmartLauncher.Clients;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>Row S6: apps of others, started from a visit or at the console.</summary>
public sealed class AppStartTests(ProductWithApps product) : IClassFixture<ProductWithApps>, IAsyncLifetime
{
    private const string Scope = "openid fhirUser launch patient/Patient.rs";

    public async Task InitializeAsync()
    {
        await product.Register(new ClientToAdd("window-app", "public", "demo", Backend: false) { Redirects = [SmartApp.Redirect], Name = "Walk planner", LaunchUrl = "https://app.example/launch?x=1" });
        await product.Register(new ClientToAdd("frame-app", "public", "demo", Backend: false) { Redirects = [SmartApp.Redirect], Name = "Pain diary", LaunchUrl = "https://app.example/launch", Trusted = true, Frame = true });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private async Task<HttpResponseMessage> Start(HttpClient browser, string app, Guid? visit = null)
    {
        var id = visit ?? product.Visit.Visit;
        var form = await browser.GetStringAsync($"/visits/{id}/apps");
        return await browser.PostAsync($"/visits/{id}/apps", new FormUrlEncodedContent(new Dictionary<string, string> { ["app"] = app, ["__RequestVerificationToken"] = Form.Token(form) }));
    }

    private static string Launch(string address)
    {
        var query = System.Web.HttpUtility.ParseQueryString(new Uri(WebUtility.HtmlDecode(address)).Query);
        Assert.EndsWith("/fhir", query["iss"]!, StringComparison.Ordinal);
        return query["launch"]!;
    }

    private static string InWindow(HttpResponseMessage answer) => Launch(answer.Headers.GetValues("Refresh").Single()["0;url=".Length..]);

    private static async Task<string> InFrame(HttpResponseMessage answer) => Launch(Regex.Match(await answer.Content.ReadAsStringAsync(), "<iframe src=\"([^\"]+)\"").Groups[1].Value);

    [Fact, Trait("Row", "SMART-S6")]
    public async Task An_app_started_from_a_visit_learns_its_patient_and_asks_the_user()
    {
        var browser = await product.SignedIn("curie");
        Assert.Contains("Walk planner", await browser.GetStringAsync($"/visits/{product.Visit.Visit}/apps"), StringComparison.Ordinal);
        var answer = await Start(browser, "window-app");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.StartsWith("0;url=https://app.example/launch?x=1&iss=", answer.Headers.GetValues("Refresh").Single(), StringComparison.Ordinal);
        var app = product.Smart("window-app");
        var tokens = await app.Tokens(browser, Scope, change: ("launch", InWindow(answer)));
        Assert.Equal(product.Visit.Patient, tokens.Text("patient"));
        Assert.Equal(product.Visit.Encounter, tokens.Text("encounter"));
        Assert.True(tokens.GetProperty("need_patient_banner").GetBoolean());
    }

    [Fact, Trait("Row", "SMART-S6")]
    public async Task The_launch_is_of_who_pressed_and_of_the_session_they_pressed_in()
    {
        var browser = await product.SignedIn("curie");
        var app = product.Smart("window-app");
        var handle = InWindow(await Start(browser, "window-app"));
        foreach (var other in new[] { await product.SignedIn("osler"), await product.SignedIn("curie") })
        {
            Assert.Equal("invalid_request", SmartApp.Returned(await app.Open(other, Scope, ("launch", handle)))["error"]);
        }
        Assert.NotEmpty(SmartApp.Returned(await app.Through(browser, await app.Open(browser, Scope, ("launch", handle))))["code"]);
    }

    [Fact, Trait("Row", "SMART-S6")]
    public async Task A_trusted_app_in_a_frame_is_not_asked_about_again_and_works_without_the_sessions_cookie()
    {
        using var cookies = new SecureCookies();
        using var browser = await product.SignIn(new HttpClient(cookies) { BaseAddress = product.Url }, "curie");
        var answer = await Start(browser, "frame-app");
        Assert.Contains("; frame-src 'self' https://app.example", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        var set = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("__Host-ht-app=", StringComparison.Ordinal));
        foreach (var attribute in new[] { "secure", "httponly", "samesite=none", "Partitioned" }) Assert.Contains(attribute, set, StringComparison.OrdinalIgnoreCase);
        var handle = await InFrame(answer);

        // From within the frame only the partitioned cookie comes; in another browser not even that.
        var app = product.Smart("frame-app");
        var address = SmartApp.Address(app.Request(Scope, ("launch", handle)));
        Assert.StartsWith("/auth/sign-in", (await product.Stranger().GetAsync(address)).Headers.Location!.ToString(), StringComparison.Ordinal);
        async Task<HttpResponseMessage> Framed(string cookie)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Add("Cookie", cookie);
            return await product.Stranger().SendAsync(request);
        }
        Assert.StartsWith("/auth/sign-in", (await Framed("__Host-ht-app=another")).Headers.Location!.ToString(), StringComparison.Ordinal);
        var back = SmartApp.Returned(await Framed(set.Split(';')[0]));
        var tokens = await (await app.Exchange(back["code"])).Body();
        Assert.Equal(product.Visit.Patient, tokens.Text("patient"));
        Assert.False(tokens.GetProperty("need_patient_banner").GetBoolean());
        Assert.StartsWith("/auth/sign-in", (await Framed(set.Split(';')[0])).Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-S6")]
    public async Task Signing_out_ends_a_launch_that_was_not_used()
    {
        var browser = await product.SignedIn("osler");
        var answer = await Start(browser, "frame-app");
        var (handle, cookie) = (await InFrame(answer), answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("__Host-ht-app=", StringComparison.Ordinal)).Split(';')[0]);
        var form = Form.Token(await browser.GetStringAsync("/auth/sign-out"));
        await browser.PostAsync("/auth/sign-out", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = form }));
        using var request = new HttpRequestMessage(HttpMethod.Get, SmartApp.Address(product.Smart("frame-app").Request(Scope, ("launch", handle))));
        request.Headers.Add("Cookie", cookie);
        Assert.StartsWith("/auth/sign-in", (await product.Stranger().SendAsync(request)).Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-S6")]
    public async Task A_trusted_app_still_asks_where_no_page_of_ours_started_it()
    {
        var browser = await product.SignedIn("curie");
        Assert.Contains("data-authorize=\"consent\"", await (await product.Smart("frame-app").Open(browser, "openid user/Patient.rs")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var handle = (await Command("launch-context", "--client", "frame-app", "--patient", product.Visit.Patient)).Output.Trim().Split('\n')[^1];
        Assert.Contains("data-authorize=\"consent\"", await (await product.Smart("frame-app").Open(browser, Scope, ("launch", handle))).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-S6")]
    public async Task Another_hospitals_staff_starts_nothing_here_and_an_unknown_app_nowhere()
    {
        var foreigner = await product.SignedIn("blackwell");
        Assert.Equal(HttpStatusCode.NotFound, (await foreigner.GetAsync($"/visits/{product.Visit.Visit}/apps")).StatusCode);
        var browser = await product.SignedIn("curie");
        foreach (var id in new[] { "app", "nobody", "" }) Assert.Equal(HttpStatusCode.NotFound, (await Start(browser, id)).StatusCode);
        var north = await product.Book("T-N", tenant: "north", mrn: "MRN-N");
        var page = await foreigner.GetStringAsync($"/visits/{north.Visit}/apps");
        Assert.Contains("No app is registered yet", page, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-S6")]
    public async Task A_launch_made_at_the_console_is_for_whoever_signs_in_and_on_record()
    {
        var (code, output) = await Command("launch-context", "--client", "app", "--patient", product.Visit.Patient, "--encounter", product.Visit.Encounter);
        Assert.True(code == 0, output);
        var handle = output.Trim().Split('\n')[^1];
        Assert.Matches("^[A-Za-z0-9_-]{43}$", handle);
        var tokens = await product.Smart().Tokens(await product.SignedIn("osler"), Scope, change: ("launch", handle));
        Assert.Equal(product.Visit.Encounter, tokens.Text("encounter"));
        Assert.Equal(1L, await product.Ask<long>("select count(*) from platform.event where kind = 'app.launched' and actor like 'operator:%' and subject = 'client/app'"));
    }

    [Theory, Trait("Row", "SMART-S6")]
    [InlineData("--client app --patient PATIENT --encounter OTHER", "another patient's")]
    [InlineData("--client app --patient PATIENT --tenant north", "in north")]
    public async Task A_launch_that_cannot_be_is_refused_in_a_sentence(string arguments, string said)
    {
        var (code, output) = await Command(["launch-context", .. arguments.Replace("PATIENT", product.Visit.Patient, StringComparison.Ordinal).Replace("OTHER", product.OtherVisit.Encounter, StringComparison.Ordinal).Split(' ')]);
        Assert.Equal(1, code);
        Assert.Contains(said, output, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-S6")]
    public async Task With_real_data_the_operator_says_so()
    {
        await product.Sql("update platform.tenant set demo = false where slug = 'north'");
        await product.Register(new ClientToAdd("real-app", "public", "north", Backend: false) { Redirects = [SmartApp.Redirect] });
        Assert.Contains("--production", (await Command("launch-context", "--client", "real-app", "--patient", "1", "--tenant", "north")).Output, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-S11")]
    public async Task Registrations_are_decided_at_the_console()
    {
        var answer = await product.Stranger().PostAsync("/auth/register", FhirHttp.Json("""{"client_name":"Console app","redirect_uris":["https://app.example/callback"],"token_endpoint_auth_method":"none"}""", "application/json"));
        var id = (await answer.Body()).Text("client_id")!;
        Assert.Contains($"WAITS\t{id}", (await Command("client", "list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Command("client", "approve", "--id", id, "--scope", "openid")).Code);
        Assert.Contains("client remove", (await Command("client", "refuse", "--id", id)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Command("client", "remove", "--id", id)).Code);
        Assert.DoesNotContain(await product.Clients.All("demo", default), c => c.Id == id);
        Assert.True(await product.Ask<long>("select count(*) from platform.event where kind = 'client.approved' and actor like 'operator:%'") > 0);
    }

    private async Task<(int Code, string Output)> Command(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "HealthTeams.Host.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DATA_DIR"] = TestDatabase.Folder;
        start.Environment["HEALTHTEAMS_DB"] = product.Database.Owner;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
