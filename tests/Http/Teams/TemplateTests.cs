using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace HealthTeams.Tests.Teams;

public sealed class TemplateTests(TestProduct product) : IClassFixture<TestProduct>, IAsyncLifetime
{
    private static readonly SemaphoreSlim Once = new(1, 1);
    private HttpClient admin = null!, nurse = null!, doctor = null!;

    public async Task InitializeAsync()
    {
        await Once.WaitAsync();
        try
        {
            if (await product.Ask<long>("select count(*) from auth.credential where username = 't-admin'") == 0)
            {
                await product.Staff("t-admin", "Admin", role: "administrator");
                await product.Staff("t-nurse", "Nurse", role: "nurse");
                await product.Staff("t-doctor", "Doctor", role: "physician");
            }
        }
        finally
        {
            Once.Release();
        }
        (admin, nurse, doctor) = (await product.SignedIn("t-admin"), await product.SignedIn("t-nurse"), await product.SignedIn("t-doctor"));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [Trait("Row", "TPL-01"), Trait("Row", "TPL-02"), Trait("Row", "TPL-03"), Trait("Row", "TPL-04"), Trait("Row", "TPL-09")]
    [InlineData("Patient care", "General,Announcements,Huddles,Rounds,Staffing,Training", 6, "wiki,lists,approvals,bulletins,inspection")]
    [InlineData("Hospital", "General,Announcements,Compliance,Custodial,Human resources,Pharmacy", 3, "wiki,lists,tasks,approvals,shifts,bulletins,inspection,ideas")]
    [InlineData("Incident response", "General,Announcements,Logistics,Planning,Recovery,Urgent", 3, "wiki,excel,onenote,sharepoint,tasks,approvals,inspection,power-automate,bulletins,milestones")]
    [InlineData("Crisis communication", "General,Announcements,World news,Internal comms,External comms,Approvals request,Customer escalations,Executive update,Planning,Logistics", 2, "website,tasks,issue-reporter,approvals,bulletins,onenote,power-automate,sharepoint")]
    public async Task A_team_made_from_a_template_has_its_channels_tabs_and_apps(string template, string channels, int favourites, string apps)
    {
        var id = await TemplateId(nurse, template);
        var team = await Make(nurse, $"Team of {template}", id);
        Assert.Equal(channels, await product.Ask<string>($"select string_agg(name, ',' order by position) from collab.channel where team = '{team}'"));
        Assert.Equal(favourites, (int)await product.Ask<long>($"select count(*) from collab.channel where team = '{team}' and favourite"));
        Assert.Equal(apps, await product.Ask<string>($"select string_agg(app, ',' order by position) from collab.team_app where team = '{team}'"));
        var page = await nurse.GetStringAsync($"/teams/{team}");
        Assert.Contains($"Made from the template {template}, version 1.", page, StringComparison.Ordinal);
        Assert.Equal("team.created", await product.Ask<string>($"select kind from platform.event where subject = 'team/{team}'"));
    }

    [Fact]
    [Trait("Row", "TPL-05")]
    public async Task Templates_are_PlanDefinitions_and_teams_are_CareTeams_of_the_FHIR_API()
    {
        var id = await TemplateId(nurse, "Hospital");
        var team = await Make(nurse, "Team in FHIR", id);
        var fhir = await product.Fhir();
        var plan = JsonDocument.Parse(await fhir.GetStringAsync($"/fhir/PlanDefinition/{id}")).RootElement;
        Assert.Equal(("Hospital", "active"), (plan.GetProperty("title").GetString(), plan.GetProperty("status").GetString()));
        Assert.Equal(6, plan.GetProperty("action").GetArrayLength());
        var care = JsonDocument.Parse(await fhir.GetStringAsync($"/fhir/CareTeam/{team}")).RootElement;
        Assert.Equal(("Team in FHIR", "active"), (care.GetProperty("name").GetString(), care.GetProperty("status").GetString()));
        var owner = Assert.Single(care.GetProperty("participant").EnumerateArray());
        Assert.Equal("owner", owner.GetProperty("role")[0].GetProperty("coding")[0].GetProperty("code").GetString());

        var doctorId = await product.Ask<Guid>("select person from auth.credential where username = 't-doctor'");
        await TestProduct.Post(nurse, $"/teams/{team}?handler=add", ("person", doctorId.ToString()), ("role", "Guest"));
        care = JsonDocument.Parse(await fhir.GetStringAsync($"/fhir/CareTeam/{team}")).RootElement;
        Assert.Equal(2, care.GetProperty("participant").GetArrayLength());
        Assert.Equal("2", care.GetProperty("meta").GetProperty("versionId").GetString());
        await TestProduct.Post(nurse, $"/teams/{team}?handler=archive");
        Assert.Contains("\"inactive\"", await fhir.GetStringAsync($"/fhir/CareTeam/{team}"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "TPL-06")]
    public async Task A_care_team_fills_the_team_with_the_roles_the_template_says()
    {
        var fhir = await product.Fhir();
        var (one, two) = (await product.Staff("t-filled-1", "Filled"), await product.Staff("t-filled-2", "Also"));
        var booked = await product.Book("T-care", family: "Careful", mrn: "MRN-CARE");
        string Practitioner(string staff) => $$"""{"resourceType":"Practitioner","identifier":[{"system":"https://hospital.example/id/staff","value":"{{staff}}"}],"name":[{"family":"X"}]}""";
        var first = (await fhir.PostAsync("/fhir/Practitioner", FhirHttp.Json(Practitioner("t-filled-1")))).Headers.Location!.ToString().Split("/fhir/")[1].Split("/_history")[0];
        var second = (await fhir.PostAsync("/fhir/Practitioner", FhirHttp.Json(Practitioner("t-filled-2")))).Headers.Location!.ToString().Split("/fhir/")[1].Split("/_history")[0];
        var posted = await fhir.PostAsync("/fhir/CareTeam", FhirHttp.Json($$"""
            {"resourceType":"CareTeam","status":"active","name":"Team of the record","subject":{"reference":"Patient/{{booked.Patient}}"},"participant":[
              {"role":[{"text":"Charge nurse"}],"member":{"reference":"{{first}}"} },{"role":[{"text":"Dietitian"}],"member":{"reference":"{{second}}"} },{"member":{"reference":"Patient/{{booked.Patient}}" } }]}
            """));
        Assert.True(posted.IsSuccessStatusCode, await posted.Content.ReadAsStringAsync());
        var care = posted.Headers.Location!.ToString().Split("/CareTeam/")[1].Split('/')[0];
        var patient = await product.Ask<Guid>($"select person from collab.person_key where reference = 'Patient/{booked.Patient}' and tenant = 1");

        var asked = await (await TestProduct.Post(nurse, "/teams/new?handler=careteams", ("patient", patient.ToString()))).Content.ReadAsStringAsync();
        Assert.Contains("Team of the record", asked, StringComparison.Ordinal);
        var made = await TestProduct.Post(nurse, "/teams/new", ("Name", "Filled team"), ("Template", (await TemplateId(nurse, "Patient care")).ToString()), ("patient", patient.ToString()), ("CareTeam", care), ("Visibility", "private"));
        var team = made.Headers.Location!.ToString().Split('/')[^1];
        Assert.Equal("Owner", await product.Ask<string>($"select role from collab.team_member where team = '{team}' and person = '{one}'"));
        Assert.Equal("Guest", await product.Ask<string>($"select role from collab.team_member where team = '{team}' and person = '{two}'"));
        Assert.Equal(3L, await product.Ask<long>($"select count(*) from collab.team_member where team = '{team}'"));
        await TestProduct.Until(async () => await product.Ask<long>($"select count(*) from platform.access where subject = 'CareTeam' and patient = 'person/{patient}'") >= 1, "the read of the care team is on record");
    }

    [Fact]
    [Trait("Row", "TPL-08")]
    public async Task Prebuilt_templates_are_duplicated_own_ones_are_edited_as_new_versions_and_a_policy_says_who_sees_them()
    {
        var hospital = await TemplateId(admin, "Hospital");
        var refused = await TestProduct.Post(admin, $"/teams/templates/{hospital}/edit", ("Name", "Mine now"), ("Version", "1"), ("Channels[0].Name", "General"));
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(nurse, "/teams/templates/new", ("Name", "Not mine"), ("Channels[0].Name", "General"))).StatusCode);

        Assert.Contains("Human resources", await admin.GetStringAsync($"/teams/templates/new?template={hospital}"), StringComparison.Ordinal);
        var added = await TestProduct.Post(admin, "/teams/templates/new", ("Name", "Our hospital"), ("Channels[0].Name", "General"), ("Channels[1].Name", "Radiology"), ("Channels[1].Tab", "tasks"), ("Apps", "tasks"), ("Roles[nurse]", "Owner"));
        var own = Guid.Parse(added.Headers.Location!.ToString().Split('/')[^1]);
        var old = await Make(nurse, "Of version one", own);
        var changed = await TestProduct.Post(admin, $"/teams/templates/{own}/edit", ("Name", "Our hospital"), ("Version", "1"), ("Channels[0].Name", "General"), ("Channels[1].Name", "Urology"));
        Assert.Equal(HttpStatusCode.SeeOther, changed.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(admin, $"/teams/templates/{own}/edit", ("Name", "Lost"), ("Version", "1"), ("Channels[0].Name", "General"))).StatusCode);
        Assert.Contains("Radiology", await admin.GetStringAsync($"/teams/templates/{own}?version=1"), StringComparison.Ordinal);
        Assert.Contains("Made from the template Our hospital, version 1.", await nurse.GetStringAsync($"/teams/{old}"), StringComparison.Ordinal);
        Assert.Equal("HT409", await Refused($"update collab.team_template_version set content = '{{}}' where template = '{own}'"));

        await TestProduct.Post(admin, $"/teams/templates/{own}?handler=audience", ("everybody", "false"), ("roles", "physician"));
        Assert.DoesNotContain("Our hospital", await nurse.GetStringAsync("/teams/templates"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await nurse.GetAsync($"/teams/templates/{own}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(nurse, "/teams/new", ("Name", "Sneaked"), ("Template", own.ToString()), ("Visibility", "private"))).StatusCode);
        Assert.Contains("Our hospital", await doctor.GetStringAsync("/teams/templates"), StringComparison.Ordinal);

        await TestProduct.Post(admin, $"/teams/templates/{own}?handler=withdraw");
        Assert.DoesNotContain("Our hospital", await admin.GetStringAsync("/teams/templates"), StringComparison.Ordinal);
        Assert.Contains("\"retired\"", await (await product.Fhir()).GetStringAsync($"/fhir/PlanDefinition/{own}"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "TPL-08")]
    public async Task A_team_becomes_a_template_without_anybodys_name_and_only_its_owner_makes_one()
    {
        var team = await Make(nurse, "To be copied", await TemplateId(nurse, "Incident response"));
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(doctor, $"/teams/templates/new?team={team}", ("Team", team.ToString()), ("Name", "Stolen"))).StatusCode);
        var made = await TestProduct.Post(nurse, $"/teams/templates/new?team={team}", ("Team", team.ToString()), ("Name", "Copied plan"));
        var template = made.Headers.Location!.ToString().Split('/')[^1];
        var page = await nurse.GetStringAsync($"/teams/templates/{template}");
        Assert.Contains("Logistics", page, StringComparison.Ordinal);
        Assert.DoesNotContain("t-nurse", page, StringComparison.OrdinalIgnoreCase);
        // Until an administrator opens it, it is the maker's.
        Assert.Equal(HttpStatusCode.NotFound, (await doctor.GetAsync($"/teams/templates/{template}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync($"/teams/templates/{template}")).StatusCode);
    }

    [Fact]
    [Trait("Row", "TPL-07")]
    public async Task More_than_the_references_fifteen_channels_are_taken_and_our_own_limits_are_said()
    {
        (string, string)[] Rows(int count) => [.. Enumerable.Range(0, count).Select(i => ($"Channels[{i}].Name", $"Channel {i}")), ("Name", $"Template of {count}")];
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(admin, "/teams/templates/new", Rows(40))).StatusCode);
        var refused = await TestProduct.Post(admin, "/teams/templates/new", Rows(101));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("1 to 100 channels", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var broken = await TestProduct.Post(admin, "/teams/templates/new", ("Name", "x"), ("Channels[0].Name", "a/b"), ("Channels[1].Name", "_c"), ("Channels[2].Name", "_c"));
        var said = await broken.Content.ReadAsStringAsync();
        Assert.True(said.Contains("a/b", StringComparison.Ordinal) && said.Contains("begin with _", StringComparison.Ordinal) && said.Contains("Two channels", StringComparison.Ordinal), "each fault is named");
    }

    [Fact]
    public async Task A_team_keeps_an_owner_and_outsiders_learn_nothing_of_it()
    {
        var team = await Make(nurse, "Owned team", null);
        var me = await product.Ask<Guid>("select person from auth.credential where username = 't-nurse'");
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(nurse, $"/teams/{team}?handler=remove", ("person", me.ToString()))).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(nurse, $"/teams/{team}?handler=role", ("person", me.ToString()), ("role", "Guest"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await doctor.GetAsync($"/teams/{team}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(doctor, $"/teams/{team}?handler=join")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(doctor, $"/teams/{team}?handler=archive")).StatusCode);
        Assert.DoesNotContain("Owned team", await doctor.GetStringAsync("/teams"), StringComparison.Ordinal);
        // A person of another hospital is nobody here.
        var elsewhere = await product.Staff("t-north", "North", tenant: "north");
        var added = await TestProduct.Post(nurse, $"/teams/{team}?handler=add", ("person", elsewhere.ToString()), ("role", "Member"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, added.StatusCode);
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.team_member where team = '{team}'"));
    }

    [Fact]
    [Trait("Row", "TC-06"), Trait("Row", "TC-07"), Trait("Row", "TC-09")]
    public async Task Members_change_channels_and_tabs_and_a_deleted_channel_comes_back()
    {
        var team = await Make(nurse, "Channelled", null);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(nurse, $"/teams/{team}/channels/new", ("Name", "Night"))).StatusCode);
        var twice = await TestProduct.Post(nurse, $"/teams/{team}/channels/new", ("Name", "night"));
        Assert.Equal(HttpStatusCode.Conflict, twice.StatusCode);
        Assert.Contains("has a channel of this name", await twice.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var channel = await product.Ask<Guid>($"select id from collab.channel where team = '{team}' and name = 'Night'");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TestProduct.Post(nurse, $"/teams/{team}/channels/{channel}?handler=tab", ("tabName", "Bad"), ("app", "website"), ("target", "javascript:alert(1)"))).StatusCode);
        await TestProduct.Post(nurse, $"/teams/{team}/channels/{channel}?handler=tab", ("tabName", "Guideline"), ("app", "website"), ("target", "https://guideline.example/"));
        Assert.Contains("https://guideline.example/", await nurse.GetStringAsync($"/teams/{team}"), StringComparison.Ordinal);
        await TestProduct.Post(nurse, $"/teams/{team}?handler=deletechannel&channel={channel}");
        Assert.DoesNotContain("Guideline", await nurse.GetStringAsync($"/teams/{team}"), StringComparison.Ordinal);
        await TestProduct.Post(nurse, $"/teams/{team}?handler=restorechannel&channel={channel}");
        Assert.Contains("Guideline", await nurse.GetStringAsync($"/teams/{team}"), StringComparison.Ordinal);
        var general = await product.Ask<Guid>($"select id from collab.channel where team = '{team}' and name = 'General'");
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(nurse, $"/teams/{team}?handler=deletechannel&channel={general}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(doctor, $"/teams/{team}?handler=deletechannel&channel={channel}")).StatusCode);
    }

    private async Task<Guid> TemplateId(HttpClient client, string name)
    {
        var page = await client.GetStringAsync("/teams/templates");
        return Guid.Parse(Regex.Match(page, $"/teams/templates/([0-9a-f-]{{36}})\"><strong>{name}<").Groups[1].Value);
    }

    private static async Task<Guid> Make(HttpClient client, string name, Guid? template)
    {
        var answer = await TestProduct.Post(client, "/teams/new", ("Name", name), ("Template", template?.ToString() ?? ""), ("Visibility", "private"));
        Assert.True(answer.StatusCode == HttpStatusCode.SeeOther, await answer.Content.ReadAsStringAsync());
        return Guid.Parse(answer.Headers.Location!.ToString().Split('/')[^1]);
    }

    private async Task<string?> Refused(string sql)
    {
        try
        {
            await product.Sql(sql);
            return null;
        }
        catch (Npgsql.PostgresException e)
        {
            return e.SqlState;
        }
    }
}
