using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using HealthTeams.Tests.EhrWriteBack;
using Xunit;

namespace HealthTeams.Tests.Administration;

/// <summary>An administrator tries a launch: the real way there and back, and a result instead of a room.</summary>
[Trait("Row", "SMART-A2")]
[Trait("Row", "EHR-11")]
public sealed class TrialTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    [Fact]
    public async Task A_trial_shows_who_came_with_which_scopes_and_context_and_seats_nobody()
    {
        var visit = await product.BookInEhr("For the trial", patient: "MRN-1001");
        var patient = (await product.InChart($"Appointment/{visit.Appointment}")).GetProperty("participant")[0].GetProperty("actor").GetProperty("reference").GetString()!;
        var (admin, id) = await Admin("admin-trial");
        var page = await Try(admin, id, user: "Practitioner/prc-1", patient: patient.Split('/')[1]);
        Assert.Contains("data-trial=\"ok\"", page, StringComparison.Ordinal);
        Assert.Contains(patient, page, StringComparison.Ordinal);
        Assert.Contains("patient/Appointment.rs", page, StringComparison.Ordinal);
        Assert.Contains("would host the visit", page, StringComparison.Ordinal);
        // Nobody sits, nothing of the EHR's is kept, and both ends are on record.
        Assert.Equal(0, await product.Ask<long>("select count(*) from collab.participant"));
        Assert.Equal(0, await product.Ask<long>("select count(*) from auth.launch_token"));
        Assert.Equal(0, await product.Ask<long>("select count(*) from auth.ehr_identity"));
        Assert.Equal("ehr.trial-ended ehr.trial-started", await product.Ask<string>($"select string_agg(kind, ' ' order by kind) from platform.event where subject = 'ehr/{id}' and kind like 'ehr.trial%'"));
        // A second answer with the same state is nobody's trial any more.
        Assert.Equal(0, await product.Ask<long>("select count(*) from auth.ehr_trial where ended_at is null"));
    }

    [Theory]
    [InlineData("denyAccess", "access-denied", "Allow it on the EHR")]
    [InlineData("wrongIssuer", "id-token-invalid", "Compare the issuer")]
    [InlineData("noFhirUser", "user-unknown", "openid and fhirUser")]
    public async Task A_trial_that_fails_says_why_and_what_to_do(string fault, string code, string todo)
    {
        var (admin, id) = await Admin($"admin-{code}");
        await product.EhrApi.PostAsJsonAsync("/faults", new Dictionary<string, bool> { [fault] = true });
        try
        {
            var page = await Try(admin, id, "Practitioner/prc-1", "pat-1");
            Assert.Contains("data-trial=\"failed\"", page, StringComparison.Ordinal);
            Assert.Contains(code, page, StringComparison.Ordinal);
            Assert.Contains(todo, page, StringComparison.Ordinal);
        }
        finally
        {
            await product.EhrApi.DeleteAsync("/faults");
        }
    }

    [Fact]
    public async Task A_trial_begins_on_the_page_only_and_its_token_works_once()
    {
        var (admin, id) = await Admin("admin-once");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/admin/ehrs/{id}?handler=trial");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.SendAsync(request)).StatusCode);
        await product.Staff("no-admin", "Curie");
        Assert.Equal(HttpStatusCode.Forbidden, (await (await product.SignedIn("no-admin")).GetAsync($"/admin/ehrs/{id}?handler=trial")).StatusCode);

        var begin = (await admin.GetAsync($"/admin/ehrs/{id}?handler=trial")).Headers.Location!.ToString();
        var state = State(await admin.GetAsync(begin));
        var second = State(await admin.GetAsync(begin));
        Assert.Equal(1, await product.Ask<long>($"select count(*) from auth.ehr_trial where state_hash = sha256('{state}')"));
        Assert.Equal(0, await product.Ask<long>($"select count(*) from auth.ehr_trial where state_hash = sha256('{second}')"));
    }

    private static string State(HttpResponseMessage answer) => Regex.Match(answer.Headers.Location!.Query, "state=([^&]+)").Groups[1].Value;

    private async Task<(HttpClient Browser, string Ehr)> Admin(string username) =>
        (await product.Administrator(username), (await product.Ask<Guid>("select id from auth.ehr where tenant = 1 order by created_at limit 1")).ToString());

    /// <summary>The administrator signs in at the EHR as one of its users; the page that shows the result.</summary>
    private async Task<string> Try(HttpClient admin, string id, string user, string patient)
    {
        var begin = (await admin.GetAsync($"/admin/ehrs/{id}?handler=trial")).Headers.Location!;
        var there = (await admin.GetAsync(begin)).Headers.Location!;
        using var ehr = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = product.Ehr };
        var answer = (await ehr.GetAsync(there.PathAndQuery + $"&ehrsim_user={user}&ehrsim_patient={patient}")).Headers.Location!;
        // Another browser that saw the address gets nowhere and spoils nothing.
        Assert.Contains("other-browser", (await product.Stranger().GetAsync(answer.PathAndQuery)).Headers.Location!.ToString(), StringComparison.Ordinal);
        var shown = await admin.GetAsync(answer.PathAndQuery);
        Assert.Equal(HttpStatusCode.SeeOther, shown.StatusCode);
        Assert.StartsWith($"/admin/ehrs/{id}", shown.Headers.Location!.ToString(), StringComparison.Ordinal);
        return WebUtility.HtmlDecode(await admin.GetStringAsync(shown.Headers.Location));
    }
}
