using System.Net;
using HealthTeams.Platform.Outbound;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Administration;

/// <summary>The registration's form: what it takes, keeps secret and refuses, field by field.</summary>
[Trait("Row", "SMART-A29")]
public sealed class RegistrationTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    [Trait("Row", "EHR-10")]
    public async Task A_hospital_has_many_EHRs_each_marked_test_or_production()
    {
        var admin = await product.Administrator("admin-many");
        var production = await admin.Register(Admin.Registration("https://ehr.example/prod/r4"));
        var test = await admin.Register(Admin.Registration("https://ehr.example/test/r4", "test"));
        var list = await admin.GetStringAsync("/admin/ehrs");
        Assert.Contains($"data-row=\"{production}\"", list, StringComparison.Ordinal);
        Assert.Contains($"data-row=\"{test}\"", list, StringComparison.Ordinal);
        Assert.Contains("data-environment=\"test\"", await admin.GetStringAsync($"/admin/ehrs/{test}"), StringComparison.Ordinal);
        Assert.Contains("data-environment=\"production\"", await admin.GetStringAsync($"/admin/ehrs/{production}"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "EHR-10")]
    public async Task One_address_in_both_environments_is_refused_in_words_that_say_which()
    {
        var admin = await product.Administrator("admin-mixed");
        await admin.Register(Admin.Registration("https://mixed.example/r4"));
        var again = await admin.Submit("/admin/ehrs/form", "/admin/ehrs/form", Admin.Registration("https://mixed.example/r4/", "test"));
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Contains("registered already, for the other environment", await again.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var same = await admin.Submit("/admin/ehrs/form", "/admin/ehrs/form", Admin.Registration("https://mixed.example/r4"));
        Assert.Contains("registered already. Open its registration", await same.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("production client-1", await product.Ask<string>("select environment || ' ' || client_id from auth.ehr where iss = 'https://mixed.example/r4'"));
    }

    [Fact]
    public async Task A_secret_is_kept_encrypted_never_shown_and_stays_when_the_form_leaves_it_empty()
    {
        var admin = await product.Administrator("admin-secret");
        const string secret = "s3cret-of-the-vendor";
        var id = await admin.Register([.. Admin.Registration("https://secret.example/r4").Where(f => f.Name != "Auth"), ("Auth", "secret"), ("Secret", secret)]);
        var kept = await product.Ask<byte[]>($"select secret_protected from auth.ehr where id = '{id}'");
        Assert.DoesNotContain(secret, System.Text.Encoding.UTF8.GetString(kept!), StringComparison.Ordinal);
        foreach (var page in (string[])[$"/admin/ehrs/{id}", $"/admin/ehrs/form/{id}", "/admin/ehrs"])
        {
            Assert.DoesNotContain(secret, await admin.GetStringAsync(page), StringComparison.Ordinal);
        }
        var changed = await admin.Submit($"/admin/ehrs/form/{id}", $"/admin/ehrs/form/{id}",
            [.. Admin.Registration("https://elsewhere.example/r4", client: "client-9").Where(f => f.Name != "Auth"), ("Auth", "secret"), ("Secret", "")]);
        Assert.Equal(HttpStatusCode.SeeOther, changed.StatusCode);
        Assert.Equal(kept, await product.Ask<byte[]>($"select secret_protected from auth.ehr where id = '{id}' and client_id = 'client-9' and iss = 'https://secret.example/r4'"));
        Assert.Equal(0, await product.Ask<long>($"select count(*) from platform.event where data::text like '%{secret}%'"));
    }

    [Theory]
    [Trait("Row", "SMART-A3")]
    [InlineData("Iss", "https://user:pass@ehr.example/r4")]
    [InlineData("Iss", "https://ehr.example/r4?x=1")]
    [InlineData("Iss", "https://ehr.example/a/../r4")]
    [InlineData("Iss", "javascript:alert(1)")]
    [InlineData("Iss", "")]
    [InlineData("ClientId", "")]
    [InlineData("ClientId", "two\nlines")]
    [InlineData("Auth", "none")]
    [InlineData("Auth", "secret")]
    [InlineData("Environment", "staging")]
    [InlineData("Adapter", "hl7v2")]
    [InlineData("Issuer", "not an address")]
    [InlineData("FrameOrigins", "https://chart.example/path")]
    [InlineData("FrameOrigins", "https://*.example")]
    [InlineData("FrameOrigins", "https://a.example; script-src *")]
    public async Task What_cannot_be_registered_is_refused_and_nothing_is_stored(string field, string value)
    {
        var admin = await product.Administrator($"admin-{Guid.NewGuid():N}"[..20]);
        var before = await product.Ask<long>("select count(*) from auth.ehr");
        var fields = Admin.Registration("https://refused.example/r4").Where(f => f.Name != field).Append((field, value)).ToArray();
        var answer = await admin.Submit("/admin/ehrs/form", "/admin/ehrs/form", fields);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("role=\"alert\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(before, await product.Ask<long>("select count(*) from auth.ehr"));
        Assert.Equal(0, await product.Ask<long>("select count(*) from platform.outbound_host where origin like '%refused%'"));
    }

    [Fact]
    public async Task A_page_opens_the_local_network_and_never_this_machine_or_a_clouds_metadata()
    {
        var admin = await product.Administrator("admin-private");
        var http = product.App.Services.GetRequiredService<OutboundHttp>();
        foreach (var (host, open) in new[] { ("169.254.169.254", false), ("10.255.255.1", true) })
        {
            await admin.Submit("/admin/hosts", "/admin/hosts", ("address", $"http://{host}:9"), ("privateRanges", "true"));
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(1500));
            string? reason;
            try
            {
                reason = (await http.Send(new HttpRequestMessage(HttpMethod.Get, $"http://{host}:9/"), patience.Token)).Problem?.Where ?? "tried";
            }
            catch (OperationCanceledException)
            {
                reason = "tried";
            }
            Assert.Equal(open, reason != "private");
        }
        // Taken back, it is no host at all.
        await admin.Submit("/admin/hosts", "/admin/hosts?handler=remove", ("origin", "http://10.255.255.1:9"));
        Assert.Equal("host-not-registered", (await http.Send(new HttpRequestMessage(HttpMethod.Get, "http://10.255.255.1:9/"), default)).Problem!.Code);
    }
}
