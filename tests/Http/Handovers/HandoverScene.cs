using System.Net;
using System.Text.RegularExpressions;
using HealthTeams.Platform.Outbound;
using HealthTeams.Tests.Subscriptions;
using Npgsql;
using Xunit;

namespace HealthTeams.Tests.Handovers;

/// <summary>A ward at the end of a shift: a giver, two who come, an owner, a guest of the team and somebody of another team; three patients on its list.</summary>
public sealed class HandoverWard : TestProduct
{
    public Guid TeamId { get; private set; }
    public Guid OtherTeam { get; private set; }
    public Guid List { get; private set; }
    public Dictionary<string, Guid> People { get; } = [];
    public Dictionary<string, HttpClient> Clients { get; } = [];
    public Dictionary<string, Guid> Patients { get; } = [];
    public Dictionary<string, string> FhirIds { get; } = [];

    /// <summary>An EHR that has subscribed.</summary>
    public Receiver Receiver { get; } = new();

    public HttpClient this[string who] => Clients[who];

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (var who in new[] { "owner", "giver", "next", "second", "guest", "outsider" })
        {
            People[who] = await Staff($"ho-{who}", char.ToUpperInvariant(who[0]) + who[1..], role: "nurse");
            Clients[who] = await SignedIn($"ho-{who}");
        }
        TeamId = await Team("Ward H", (People["owner"], "Owner"), (People["giver"], "Member"), (People["next"], "Member"), (People["second"], "Member"), (People["guest"], "Guest"));
        OtherTeam = await Team("Ward X", (People["outsider"], "Owner"));
        var fhir = await Fhir();
        foreach (var (name, mrn) in new[] { ("Stabile", "HO-1"), ("Watched", "HO-2"), ("Sick", "HO-3") })
        {
            var patient = (await fhir.Create("Patient", $$"""{"resourceType":"Patient","identifier":[{"system":"https://hospital.example/id/mrn","value":"{{mrn}}","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]} }],"name":[{"family":"{{name}}","given":["Ada"]}],"gender":"female","birthDate":"1970-02-03"}""")).Id();
            await fhir.Create("Encounter", $$"""{"resourceType":"Encounter","status":"in-progress","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},"subject":{"reference":"Patient/{{patient}}"} }""");
            FhirIds[name] = patient;
            Patients[name] = await Ask<Guid>($"select person from collab.person_key where tenant = 1 and reference = 'Patient/{patient}'");
        }
        List = await NewList("Rounds");
        await Receiver.Start();
        await using var connection = new NpgsqlConnection(Database.Owner);
        await connection.OpenAsync();
        await OutboundHttp.Register(connection, new Uri(Receiver.Url), privateRanges: true, Clock.GetUtcNow(), default);
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Receiver.DisposeAsync();
    }

    public async Task Subscribe(string criteria, string path) => await (await Fhir()).Create("Subscription", $$"""
        {"resourceType":"Subscription","status":"requested","reason":"test","criteria":"{{criteria}}","channel":{"type":"rest-hook","payload":"application/fhir+json","endpoint":"{{Receiver.Url}}/{{path}}"} }
        """);

    /// <summary>The Practitioner that somebody is in the FHIR API.</summary>
    public async Task<string> Practitioner(string who)
    {
        var known = await Ask<string>($"select reference from collab.person_key where tenant = 1 and person = '{People[who]}' and reference like 'Practitioner/%'");
        return known ?? "Practitioner/" + (await (await Fhir()).Create("Practitioner", $$"""{"resourceType":"Practitioner","identifier":[{"system":"https://hospital.example/id/staff","value":"ho-{{who}}"}],"name":[{"family":"{{who}}"}]}""")).Id();
    }

    /// <summary>A list with the three patients, their severity and what to do if it gets worse.</summary>
    public async Task<Guid> NewList(string name)
    {
        var made = await Post(this["giver"], "/lists/new", ("team", TeamId.ToString()), ("name", name), ("from", "patients"));
        var list = Guid.Parse(made.Headers.Location!.ToString().Split('/')[^1]);
        var (severity, contingency, problem) = (await Column(list, "Illness severity"), await Column(list, "Contingency"), await Column(list, "Problem"));
        foreach (var (patient, how) in new[] { ("Stabile", "Stable"), ("Watched", "Watcher"), ("Sick", "Unstable") })
        {
            var added = await Post(this["giver"], $"/lists/{list}/add", ("patient", Patients[patient].ToString()), ($"v.{severity}", how), ($"v.{contingency}", $"If {patient} is worse, call"), ($"v.{problem}", $"Problem of {patient}"));
            Assert.True(added.StatusCode == HttpStatusCode.SeeOther, await added.Content.ReadAsStringAsync());
        }
        return list;
    }

    public Task<Guid> Column(Guid list, string name) => Ask<Guid>($"select id from collab.list_column where list = '{list}' and name = '{name}' and removed_at is null");

    public Task<Guid> Row(Guid list, string patient) => Ask<Guid>($"select id from collab.list_row where list = '{list}' and patient = '{Patients[patient]}'");

    /// <summary>A draft of a list of its own, so that tests do not meet.</summary>
    public async Task<Guid> Draft(params string[] to) => await Begin(await NewList("L" + Guid.NewGuid().ToString("N")[..8]), to);

    public async Task<Guid> Begin(Guid list, params string[] to)
    {
        var begun = await Post(this["giver"], "/handovers/new", [("team", TeamId.ToString()), ("from", list.ToString()), .. to.Select(t => ("to", People[t].ToString()))]);
        Assert.True(begun.StatusCode == HttpStatusCode.SeeOther, await begun.Content.ReadAsStringAsync());
        return Guid.Parse(begun.Headers.Location!.ToString().Split('/')[^1]);
    }

    public async Task<Guid> Offered(params string[] to)
    {
        var id = await Draft(to);
        await Done("giver", $"/handovers/{id}?handler=offer");
        return id;
    }

    public async Task<Guid> Accepted(string by = "next")
    {
        var id = await Offered(by);
        await ReadAll(by, id);
        await Done(by, $"/handovers/{id}?handler=accept");
        return id;
    }

    public Task<Guid> Entry(Guid handover, string patient) => Ask<Guid>($"select id from collab.handover_patient where handover = '{handover}' and patient = '{Patients[patient]}'");

    public async Task ReadAll(string who, Guid id)
    {
        foreach (var patient in Patients.Keys) await Done(who, $"/handovers/{id}/read", ("entry", (await Entry(id, patient)).ToString()), ("text", $"{patient}: I watch and call"));
    }

    public async Task<HttpResponseMessage> Write(string who, Guid id, string patient, string section, int version, string text) =>
        await Post(this[who], $"/handovers/{id}?handler=section", ("row", (await Entry(id, patient)).ToString()), ("column", section), ("version", $"{version}"), ("text", text));

    public async Task Done(string who, string path, params (string, string)[] fields)
    {
        var answer = await Post(this[who], path, fields);
        Assert.True(answer.StatusCode == HttpStatusCode.SeeOther, $"{path}: {(int)answer.StatusCode} {Said(await answer.Content.ReadAsStringAsync())}");
    }

    public async Task<string> Refused(HttpStatusCode status, string who, string path, params (string, string)[] fields)
    {
        var answer = await Post(this[who], path, fields);
        var page = Said(await answer.Content.ReadAsStringAsync());
        Assert.True(answer.StatusCode == status, $"{path}: {(int)answer.StatusCode} {page}");
        return page;
    }

    public Task<string?> State(Guid id) => Ask<string>($"select state from collab.handover where id = '{id}'");

    public Task<string?> Text(Guid id, string patient, string section) => Ask<string>($"select s.text from collab.handover_section s join collab.handover_patient e on e.id = s.entry where e.handover = '{id}' and e.patient = '{Patients[patient]}' and s.section = '{section}'");

    public async Task<string> Page(string who, string path) => Said(await this[who].GetStringAsync(path));

    public Task<long> Notices(string who, string kind, Guid handover) => Ask<long>($"select count(*) from collab.notice where person = '{People[who]}' and kind = '{kind}' and link = '/handovers/{handover}'");

    public static string Said(string page) => Regex.Replace(WebUtility.HtmlDecode(Regex.Replace(Regex.Match(page, "(?s)<main.*?</main>").Value is { Length: > 0 } main ? main : page, "<[^>]+>", " ")), @"\s+", " ");
}
