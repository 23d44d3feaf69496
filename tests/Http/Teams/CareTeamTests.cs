using System.Net;
using System.Text.Json;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Live;
using HealthTeams.Platform.Problems;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Teams;

/// <summary>A CareTeam written by FHIR changes its team by rules; what only we write is only read; a right that ends, ends its live line.</summary>
public sealed class CareTeamTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact, Trait("Row", "TPL-06")]
    public async Task Whom_a_CareTeam_names_comes_and_goes_with_it_and_hands_and_owners_stay()
    {
        var (team, people) = await Team("a", "Owner", "Member");
        using var fhir = await product.Fhir();
        var (galen, pare) = (await Practitioner(fhir, "Galen"), await Practitioner(fhir, "Pare"));
        var before = await Get(fhir, $"CareTeam/{team}");
        var patient = await fhir.Create("Patient", """{"resourceType":"Patient","name":[{"family":"Barlow"}]}""");
        // Our word for owner in it makes nobody one; the patient in it stays the chart's.
        var named = With(before, [.. Participants(before), Participant(galen, "owner"), Participant(pare, "guest"), $$$"""{"member":{"reference":"Patient/{{{patient.Id()}}}"}}"""]);
        var after = await Put(fhir, $"CareTeam/{team}", named);
        Assert.Equal("Galen:Member Owner:Owner Pare:Guest Member:Member".Split(' ').Order(), (await Members(team)).Order());
        Assert.Contains($"Patient/{patient.Id()}", after.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.notice n join collab.team_member m on m.person = n.person and m.team = '{team}' where n.kind = 'team.added' and m.role = 'Guest'"));
        // Once more the same: nothing is doubled, nobody told twice.
        await Put(fhir, $"CareTeam/{team}", named);
        Assert.Equal(4L, await product.Ask<long>($"select count(*) from collab.team_member where team = '{team}'"));

        // Nobody is named any more: who came by it goes, the hand's member and the owner stay and are told to be there.
        await Put(fhir, $"CareTeam/{team}", With(before, []));
        Assert.Equal("Member:Member Owner:Owner", string.Join(' ', (await Members(team)).Order()));
        Assert.Equal(2, (await Get(fhir, $"CareTeam/{team}")).GetProperty("participant").GetArrayLength());
        Assert.Equal(2L, await product.Ask<long>($"select count(*) from platform.event where kind = 'team.member-removed' and subject = 'team/{team}'"));
        // Made an owner by hand meanwhile, they stay.
        await Put(fhir, $"CareTeam/{team}", named);
        var promoted = await product.Ask<Guid>($"select person from collab.team_member where team = '{team}' and role = 'Guest'");
        await product.Sql($"update collab.team_member set role = 'Owner' where team = '{team}' and person = '{promoted}'");
        await Put(fhir, $"CareTeam/{team}", With(before, []));
        Assert.Equal("Member:Member Owner:Owner Pare:Owner", string.Join(' ', (await Members(team)).Order()));
        Assert.Equal(people.Length + 1, (await Members(team)).Count);
    }

    [Fact, Trait("Row", "TPL-06")]
    public async Task A_participants_period_brings_them_in_and_takes_them_out_and_the_status_archives()
    {
        var (team, _) = await Team("b", "Owner", "Member");
        using var fhir = await product.Fhir();
        var galen = await Practitioner(fhir, "Locum");
        var before = await Get(fhir, $"CareTeam/{team}");
        var (from, until) = (product.Clock.GetUtcNow().AddHours(1), product.Clock.GetUtcNow().AddHours(3));
        var named = await Put(fhir, $"CareTeam/{team}", With(before, [.. Participants(before), Participant(galen, "member", $",\"period\":{{\"start\":\"{from:O}\",\"end\":\"{until:O}\"}}")]));
        Assert.Equal(3, named.GetProperty("participant").GetArrayLength());
        Assert.DoesNotContain("Locum:Member", await Members(team));
        product.Clock.Advance(TimeSpan.FromMinutes(61));
        await TestProduct.Until(async () => { product.Clock.Advance(TimeSpan.FromSeconds(1)); return (await Members(team)).Contains("Locum:Member"); }, "they are in");
        product.Clock.Advance(TimeSpan.FromHours(2));
        await TestProduct.Until(async () => { product.Clock.Advance(TimeSpan.FromSeconds(1)); return !(await Members(team)).Contains("Locum:Member"); }, "they are out");
        Assert.Equal(2, (await Get(fhir, $"CareTeam/{team}")).GetProperty("participant").GetArrayLength());

        var odd = await fhir.PutAsync($"/fhir/CareTeam/{team}", FhirHttp.Json(With(before, [Participant(galen, "member", ""","period":{"start":"2027-01-02","end":"2026-12-31"}""")])));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, odd.StatusCode);
        var nobody = await fhir.PutAsync($"/fhir/CareTeam/{team}", FhirHttp.Json(With(before, [Participant("Practitioner/nobody", "member")])));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, nobody.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await fhir.PutAsync($"/fhir/CareTeam/{team}", FhirHttp.Json(before.GetRawText().Replace("\"active\"", "\"proposed\"", StringComparison.Ordinal)))).StatusCode);
        await Put(fhir, $"CareTeam/{team}", before.GetRawText().Replace("\"active\"", "\"inactive\"", StringComparison.Ordinal));
        Assert.True(await product.Ask<bool>($"select archived_at is not null from collab.team where id = '{team}'"));
        var closed = await fhir.PutAsync($"/fhir/CareTeam/{team}", FhirHttp.Json(With(before, [.. Participants(before), Participant(galen, "member")]).Replace("\"active\"", "\"inactive\"", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Conflict, closed.StatusCode);
        await Put(fhir, $"CareTeam/{team}", before.GetRawText());
        Assert.False(await product.Ask<bool>($"select archived_at is not null from collab.team where id = '{team}'"));
    }

    [Fact, Trait("Row", "TPL-06")]
    public async Task With_their_own_app_only_owners_change_a_team_and_outsiders_learn_nothing()
    {
        var (team, people) = await Team("c", "Owner", "Member");
        var outsider = await product.Staff("care-outsider", "Outsider");
        var door = product.App.Services.GetRequiredService<CareTeamDoor>();
        Task<Problem?> As(Guid person, string status) => product.Db.In(1, new Caller { Tenant = 1, TenantSlug = "demo", Id = person.ToString(), Kind = CallerKind.Staff, Person = person }.Actor, async tx =>
            await door.Hear(tx, team, status, []) is { } refused ? tx.Abandon<Problem?>(refused) : null, default);
        Assert.Equal(404, (await As(outsider, "inactive"))?.Status);
        Assert.Equal(403, (await As(people[1], "inactive"))?.Status);
        Assert.Null(await As(people[0], "active"));
        // The same id at another hospital is another CareTeam.
        using var north = await product.Fhir(tenant: "north");
        Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync($"/fhir/CareTeam/{team}")).StatusCode);
        await Put(north, $"CareTeam/{team}", $$"""{"resourceType":"CareTeam","id":"{{team}}","status":"inactive"}""");
        Assert.False(await product.Ask<bool>($"select archived_at is not null from collab.team where id = '{team}'"));
    }

    [Fact, Trait("Row", "TPL-05"), Trait("Row", "TK-06")]
    public async Task What_the_product_writes_of_its_own_rows_is_not_overwritten_from_outside()
    {
        var (team, _) = await Team("d", "Owner");
        using var fhir = await product.Fhir();
        var form = $"form-{new string('a', 40)}";
        var role = Guid.NewGuid();
        await product.Sql($"""
            insert into collab.schedule (tenant, team, zone, created_at) values (1, '{team}', 'UTC', now());
            insert into collab.roster_person (tenant, team, person, id) select 1, '{team}', person, '{role}' from collab.team_member where team = '{team}'
            """);
        foreach (var (path, body) in new[]
        {
            ($"HealthcareService/{team}", "\"name\":\"Mine now\""), ($"Schedule/{team}", $"\"actor\":[{{\"reference\":\"HealthcareService/{team}\"}}]"), ($"PractitionerRole/{role}", "\"active\":false"),
            ($"Questionnaire/{form}", "\"status\":\"active\""),
        })
        {
            var put = await fhir.PutAsync($"/fhir/{path}", FhirHttp.Json($$"""{"resourceType":"{{path.Split('/')[0]}}","id":"{{path.Split('/')[1]}}",{{body}}}"""));
            Assert.True(put.StatusCode == HttpStatusCode.Conflict, $"{path}: {await put.Content.ReadAsStringAsync()}");
            Assert.Contains("written by the product alone", JsonDocument.Parse(await put.Content.ReadAsStringAsync()).RootElement.GetProperty("issue")[0].GetProperty("diagnostics").GetString(), StringComparison.Ordinal);
            Assert.NotEqual(HttpStatusCode.OK, (await fhir.GetAsync($"/fhir/{path}")).StatusCode);
        }
        // Of others' ids nothing is said, in this hospital or in another.
        using var north = await product.Fhir(tenant: "north");
        await Put(north, $"HealthcareService/{team}", $$"""{"resourceType":"HealthcareService","id":"{{team}}","name":"North's own"}""");
        await Put(fhir, "Schedule/their-own", """{"resourceType":"Schedule","id":"their-own","actor":[{"reference":"Practitioner/x"}]}""");
    }

    [Fact, Trait("Row", "TPL-06")]
    public async Task A_removed_members_live_line_ends_at_once_and_what_they_still_may_see_goes_on()
    {
        var (team, people) = await Team("e", "Owner", "Leaver");
        var (other, _) = await Team("f", "Keeper");
        await product.Sql($"insert into collab.team_member (tenant, team, person, role, since) values (1, '{other}', '{people[1]}', 'Member', now())");
        var chief = await product.SignedIn("care-e-owner");
        await using var hub = await Hub("care-e-leaver");
        var heard = new List<string>();
        var reset = new TaskCompletionSource();
        hub.On<LiveChange>("changed", c =>
        {
            lock (heard) heard.Add($"{c.Kind} {c.Subject}");
            if (c.Kind == "live.reset") reset.TrySetResult();
        });
        await hub.InvokeAsync("Watch", $"team/{team}");
        await hub.InvokeAsync("Watch", $"team/{other}");
        var removed = await TestProduct.Post(chief, $"/teams/{team}?handler=remove", ("person", $"{people[1]}"));
        Assert.True(removed.StatusCode == HttpStatusCode.SeeOther, await removed.Content.ReadAsStringAsync());
        await reset.Task.WaitAsync(TimeSpan.FromSeconds(15));
        foreach (var to in new[] { team, other }) await product.Db.In(1, Actor.Product, tx => Task.FromResult(tx.Publish("team.setting-changed", $"team/{to}")), default);
        await TestProduct.Until(() => { lock (heard) return Task.FromResult(heard.Contains($"team.setting-changed team/{other}")); }, "the other team is heard");
        lock (heard) Assert.DoesNotContain(heard, h => h.EndsWith($"team/{team}", StringComparison.Ordinal) && h.StartsWith("team.setting", StringComparison.Ordinal));
        lock (heard) Assert.DoesNotContain(heard, h => h.StartsWith("team.member-removed", StringComparison.Ordinal));
        await Assert.ThrowsAsync<Microsoft.AspNetCore.SignalR.HubException>(() => hub.InvokeAsync("Watch", $"team/{team}"));
    }

    private async Task<(Guid Team, Guid[] People)> Team(string name, params string[] people)
    {
        var ids = new List<Guid>();
        foreach (var p in people) ids.Add(await product.Staff($"care-{name}-{p}".ToLowerInvariant(), p));
        var team = await product.Team($"Care {name}", [.. ids.Zip(people).Select(x => (x.First, x.Second is "Owner" or "Keeper" ? "Owner" : "Member"))]);
        await product.Db.In(1, Actor.Product, tx => product.App.Services.GetRequiredService<ProjectFhir>()(tx, "team", team), default);
        return (team, [.. ids]);
    }

    private async Task<List<string>> Members(Guid team) => [.. (await product.Ask<string>($"select string_agg(p.family || ':' || m.role, ' ' order by p.family) from collab.team_member m join collab.person p on p.id = m.person where m.team = '{team}'"))!.Split(' ')];

    private async Task<HubConnection> Hub(string username)
    {
        var jar = await product.SignedIn(username);
        using var probe = await jar.GetAsync("/counts");
        var hub = new HubConnectionBuilder().WithUrl(new Uri(product.Url, "/live"), o => o.Headers["Cookie"] = probe.RequestMessage!.Headers.GetValues("Cookie").Single()).Build();
        await hub.StartAsync();
        return hub;
    }

    private static async Task<string> Practitioner(HttpClient fhir, string family) => $"Practitioner/{(await fhir.Create("Practitioner", $$"""{"resourceType":"Practitioner","name":[{"family":"{{family}}"}]}""")).Id()}";
    private static string Participant(string member, string role, string more = "") => $$"""{"role":[{"coding":[{"system":"https://healthteams.example/fhir/CodeSystem/team-role","code":"{{role}}"}]}],"member":{"reference":"{{member}}"}{{more}}}""";
    private static IEnumerable<string> Participants(JsonElement team) => team.GetProperty("participant").EnumerateArray().Select(p => p.GetRawText());
    private static string With(JsonElement team, IEnumerable<string> participants) => team.GetRawText().Replace(team.GetProperty("participant").GetRawText(), $"[{string.Join(',', participants)}]", StringComparison.Ordinal).Replace("\"participant\":[],", "", StringComparison.Ordinal).Replace(",\"participant\":[]", "", StringComparison.Ordinal);
    private static async Task<JsonElement> Get(HttpClient fhir, string path) => JsonDocument.Parse(await fhir.GetStringAsync($"/fhir/{path}")).RootElement;

    private static async Task<JsonElement> Put(HttpClient fhir, string path, string body)
    {
        var put = await fhir.PutAsync($"/fhir/{path}", FhirHttp.Json(body));
        var said = await put.Content.ReadAsStringAsync();
        Assert.True(put.IsSuccessStatusCode, said);
        return JsonDocument.Parse(said).RootElement;
    }
}
