using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Administration;

/// <summary>Who administers, what others see of it, and that each act is on record.</summary>
public sealed class AdministrationTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static readonly string[] Pages = ["/admin", "/admin/ehrs", "/admin/ehrs/form", "/admin/hosts", "/admin/write-back"];

    [Fact]
    public async Task A_clinician_gets_a_page_that_says_no_and_sees_no_way_in()
    {
        await product.Staff("clinician-1", "Curie");
        var clinician = await product.SignedIn("clinician-1");
        Assert.DoesNotContain("/admin", await clinician.GetStringAsync("/visits"), StringComparison.Ordinal);
        foreach (var page in Pages)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, page);
            request.Headers.Accept.ParseAdd("text/html");
            var answer = await clinician.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains("You may not open this page", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        // With a form token of their own, too.
        var form = Form.Token(await clinician.GetStringAsync("/visits"));
        foreach (var act in (string[])["/admin/hosts", "/admin/ehrs/form", "/admin/write-back"])
        {
            var answer = await clinician.PostAsync(act, new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = form, ["address"] = "https://evil.example" }));
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }
        Assert.Equal(0, await product.Ask<long>("select count(*) from platform.tenant_host where origin = 'https://evil.example'"));
        foreach (var page in Pages) Assert.Equal(HttpStatusCode.Unauthorized, (await product.Stranger().GetAsync(page)).StatusCode);
    }

    [Fact]
    public void Every_page_below_admin_demands_an_administrator()
    {
        var pages = product.App.Services.GetServices<Microsoft.AspNetCore.Routing.EndpointDataSource>().SelectMany(s => s.Endpoints)
            .OfType<Microsoft.AspNetCore.Routing.RouteEndpoint>().Where(e => e.RoutePattern.RawText?.TrimStart('/').StartsWith("admin", StringComparison.Ordinal) == true).ToList();
        Assert.True(pages.Count >= 7, $"{pages.Count} pages");
        Assert.All(pages, p => Assert.Contains(p.Metadata.OfType<Microsoft.AspNetCore.Authorization.IAuthorizeData>(), a => a.Policy == "administrator"));
    }

    [Fact]
    public async Task A_FHIR_client_cannot_make_anybody_an_administrator()
    {
        await product.Staff("climber", "Curie");
        var fhir = await product.Fhir();
        var practitioner = await fhir.Create("Practitioner", """{"resourceType":"Practitioner","identifier":[{"system":"https://hospital.example/id/staff","value":"climber"}]}""");
        await fhir.Create("PractitionerRole", $$"""{"resourceType":"PractitionerRole","practitioner":{"reference":"Practitioner/{{practitioner.Id()}}"},"code":[{"coding":[{"code":"administrator"}],"text":"administrator"}]}""");
        Assert.Equal(HttpStatusCode.Forbidden, (await (await product.SignedIn("climber")).GetAsync("/admin/ehrs")).StatusCode);
    }

    [Fact]
    [Trait("Row", "SMART-A29")]
    public async Task Another_hospitals_registrations_and_hosts_are_neither_shown_nor_changed()
    {
        var here = await product.Administrator("admin-here");
        var there = await product.Administrator("admin-there", "north");
        var id = await here.Register(Admin.Registration("https://ehr-of-demo.example/r4"));
        await here.Submit("/admin/hosts", "/admin/hosts", ("address", "https://hooks-of-demo.example"), ("privateRanges", "false"));

        Assert.Contains("ehr-of-demo", await here.GetStringAsync("/admin/ehrs"), StringComparison.Ordinal);
        Assert.DoesNotContain("ehr-of-demo", await there.GetStringAsync("/admin/ehrs"), StringComparison.Ordinal);
        Assert.DoesNotContain("hooks-of-demo", await there.GetStringAsync("/admin/hosts"), StringComparison.Ordinal);
        foreach (var page in (string[])[$"/admin/ehrs/{id}", $"/admin/ehrs/form/{id}", $"/admin/ehrs/{id}/removal"])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await there.GetAsync(page)).StatusCode);
        }
        Assert.Equal(HttpStatusCode.NotFound, (await there.Submit("/admin/hosts", $"/admin/ehrs/{id}/removal")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await there.Submit("/admin/hosts", $"/admin/ehrs/{id}?handler=check")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await there.Submit("/admin/hosts", "/admin/hosts?handler=remove", ("origin", "https://hooks-of-demo.example"))).StatusCode);
        // The address is one hospital's; the other is told that, and no more.
        var taken = await there.Submit("/admin/ehrs/form", "/admin/ehrs/form", Admin.Registration("https://ehr-of-demo.example/r4"));
        Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
        Assert.Contains("Another hospital has registered this address", await taken.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await product.Ask<long>("select count(*) from auth.ehr where iss = 'https://ehr-of-demo.example/r4' and tenant = 1"));
    }

    [Fact]
    public async Task Everything_an_administrator_does_is_on_record_with_who_did_it()
    {
        var admin = await product.Administrator("admin-record");
        var me = await product.Ask<Guid>("select person from auth.credential where username = 'admin-record'");
        var id = await admin.Register(Admin.Registration("https://recorded.example/r4"));
        await admin.Submit($"/admin/ehrs/form/{id}", $"/admin/ehrs/form/{id}", [.. Admin.Registration("https://recorded.example/r4", client: "client-2")]);
        await admin.Submit($"/admin/ehrs/{id}", $"/admin/ehrs/{id}/removal");
        await admin.Submit("/admin/hosts", "/admin/hosts", ("address", "https://recorded-host.example"), ("privateRanges", "true"));
        await admin.Submit("/admin/hosts", "/admin/hosts?handler=remove", ("origin", "https://recorded-host.example"));
        var kinds = await product.Ask<string>($"select string_agg(kind, ' ' order by kind) from platform.event where actor = '{me}' and kind ~ '^(ehr|host)'");
        Assert.Equal("ehr.changed ehr.registered ehr.removed host.added host.removed", kinds);
        Assert.Equal(0, await product.Ask<long>("select count(*) from auth.ehr where iss = 'https://recorded.example/r4'"));
    }

    [Theory]
    [InlineData("not an address")]
    [InlineData("ftp://files.example")]
    [InlineData("https://user:pass@host.example")]
    [InlineData("")]
    public async Task What_is_no_host_is_refused_beside_the_field(string address)
    {
        var admin = await product.Administrator($"admin-host-{address.Length}");
        var answer = await admin.Submit("/admin/hosts", "/admin/hosts", ("address", address), ("privateRanges", "false"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Write the host as https://host", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
