using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HealthTeams.FhirGateway.Federation;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Federation;

/// <summary>Messages between two installations: signed, mutual, in order, with receipts (FD-01 to FD-04).</summary>
public sealed class FederationTests : IAsyncLifetime
{
    private readonly TwoHospitals two = new();
    private TwoHospitals.Hospital Ada => two.Ada;
    private TwoHospitals.Hospital Ben => two.Ben;

    public Task InitializeAsync() => two.InitializeAsync();
    public Task DisposeAsync() => two.DisposeAsync();

    [Fact, Trait("Row", "FD-01")]
    public async Task Nothing_crosses_before_both_hospitals_registered_each_other()
    {
        // Closed: there is no hospital at that address.
        Assert.Equal(HttpStatusCode.NotFound, (await Ada.Stranger().GetAsync("/federation/demo")).StatusCode);
        await Ada.Open();
        await Ben.Open();
        var odd = await Ada.Register(Ben, new string('0', 64));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, odd.StatusCode);
        Assert.Contains("another fingerprint", await odd.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0L, await Ada.Ask<long>("select count(*) from collab.partner"));

        Assert.Equal(HttpStatusCode.SeeOther, (await Ada.Register(Ben)).StatusCode);
        var alone = await Ada.Admin.GetStringAsync("/admin/federation");
        Assert.Contains("Waits for their registration", alone, StringComparison.Ordinal);
        Assert.Contains("has not registered this hospital", alone, StringComparison.Ordinal);
        // One side alone finds nobody and writes to nobody.
        Assert.Contains("No other hospital yet", await Ada.Page.GetStringAsync("/messages/elsewhere"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await Ada.Page.GetAsync($"/messages/elsewhere?partner={await Ada.Partner()}&q=fra")).StatusCode);

        Assert.Equal(HttpStatusCode.SeeOther, (await Ben.Register(Ada)).StatusCode);
        Assert.Contains("Both have registered", await Ben.Admin.GetStringAsync("/admin/federation"), StringComparison.Ordinal);
        Assert.Contains("Both have registered", await Ada.Admin.GetStringAsync("/admin/federation"), StringComparison.Ordinal);
        // Clinicians do not see, let alone change, who is trusted.
        Assert.Equal(HttpStatusCode.Forbidden, (await Ada.Page.GetAsync("/admin/federation")).StatusCode);
    }

    [Fact, Trait("Row", "FD-04"), Trait("Row", "FD-02"), Trait("Row", "MSG-07")]
    public async Task A_conversation_goes_to_and_fro_and_an_urgent_message_rings_there_and_its_receipts_come_back()
    {
        await two.Trust();
        var here = await Ada.Write("frank");
        await Ada.Say(here, "Can you take a transfer tonight?");
        await Ben.Arrives("Can you take a transfer tonight?", Ada);
        var there = await Ben.Ask<Guid>("select conversation from collab.message where text = 'Can you take a transfer tonight?'");
        var page = WebUtility.HtmlDecode(await Ben.Page.GetStringAsync($"/messages/c/{there}"));
        Assert.Contains("Lovelace (Hospital A)", page, StringComparison.Ordinal);

        await Ben.Say(there, "Yes, bed 12 is free");
        await Ada.Arrives("Yes, bed 12 is free", Ben);
        Assert.Equal(here, await Ada.Ask<Guid>("select conversation from collab.message where text = 'Yes, bed 12 is free'"));

        await Ada.Say(here, "He is crashing: come to the phone", "urgent");
        await Ben.Arrives("He is crashing: come to the phone", Ada);
        var delivery = await Ben.Ask<Guid>($"select d.id from collab.message_delivery d join collab.message m on m.id = d.message where m.priority = 'urgent' and d.recipient = '{Ben.Person}'");
        await TestProduct.Until(async () => await Ben.Ask<long>($"select count(*) from collab.message_notification where delivery = '{delivery}'") > 0, "it rings there");
        // Their sender is nobody's delivery there, and the message is accepted: nobody here is told that it is late.
        Assert.Equal(1L, await Ben.Ask<long>($"select count(*) from collab.message_delivery d join collab.message m on m.id = d.message where m.priority = 'urgent'"));
        await TestProduct.Until(async () => await Ada.Ask<bool>("select bool_and(accepted_at is not null) from collab.partner_sending"), "they are accepted");
        await Move(TimeSpan.FromMinutes(2));
        Assert.Equal(0L, await Ada.Ask<long>("select count(*) from collab.notice where kind = 'federation.late'"));

        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(Ben.Page, $"/messages/{delivery}/reading")).StatusCode);
        await TestProduct.Until(async () => await Ada.Ask<long>("select count(*) from collab.message_delivery where read_at is not null and acknowledged_at is null and priority = 'urgent'") == 1, "the reading comes back");
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(Ben.Page, $"/messages/{delivery}/acknowledgement")).StatusCode);
        await TestProduct.Until(async () => await Ada.Ask<long>("select count(*) from collab.message_delivery where acknowledged_at is not null and priority = 'urgent'") == 1, "the acknowledgement comes back");
        Assert.Equal("acknowledged", await Ada.Ask<string>("select settled from collab.message_raised r join collab.message m on m.id = r.message where m.priority = 'urgent'"));
        Assert.Equal(0L, await Ada.Ask<long>("select count(*) from collab.message_escalation where due_at is not null"));

        // Nothing was said twice, in either place, and the disclosure is on record.
        Assert.Equal(3L, await Ada.Ask<long>("select count(*) from collab.message where happened is null"));
        Assert.Equal(3L, await Ben.Ask<long>("select count(*) from collab.message where happened is null"));
        await TestProduct.Until(async () => await Ada.Ask<long>("select count(*) from platform.access where action = 'disclose'") == 2, "what left is on record");
        // Nobody of another hospital is chosen for a task or a team.
        Assert.DoesNotContain("Lovelace", await Ben.Page.GetStringAsync("/people?kind=staff&q=love"), StringComparison.Ordinal);
        // Whoever is not in the conversation sees none of it; nobody of another hospital is in a team.
        await Ben.Staff("outsider", "Outsider");
        Assert.Equal(HttpStatusCode.NotFound, (await (await Ben.SignedIn("outsider")).GetAsync($"/messages/c/{there}")).StatusCode);
        var proxy = await Ben.Ask<Guid>("select person from collab.partner_person");
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => Ben.Sql($"insert into collab.team_member (tenant, team, person, role, since) values (1, '{Ben.TeamId}', '{proxy}', 'Member', now())"));
    }

    [Fact, Trait("Row", "FD-04")]
    public async Task An_outage_loses_nothing_keeps_the_order_and_an_urgent_message_that_waits_is_told_and_escalates_here()
    {
        await two.Trust();
        var here = await Ada.Write("frank");
        await Ada.Say(here, "Before");
        await Ben.Arrives("Before", Ada);
        await Ben.Stop();
        await Ada.Say(here, "One");
        await Ada.Say(here, "Two", "urgent");
        await Ada.Say(here, "Three");
        await TestProduct.Until(async () => await Ada.Ask<long>("select count(*) from platform.delivery where consumer = 'federation-out' and attempts > 0") > 0, "it is tried");
        Assert.Equal(0L, await Ada.Ask<long>("select count(*) from collab.notice where kind = 'federation.late'"));
        var planned = await Ada.Ask<DateTime>("select min(due_at) from collab.message_escalation");
        await Move(TimeSpan.FromSeconds(61));
        await TestProduct.Until(async () => await Ada.Ask<long>($"select count(*) from collab.notice where kind = 'federation.late' and person = '{Ada.Person}'") == 1, "the sender is told");
        Assert.Contains("has not taken your urgent message yet", WebUtility.HtmlDecode(await Ada.Page.GetStringAsync("/activity")), StringComparison.Ordinal);
        await TestProduct.Until(async () => await Ada.Ask<bool>($"select exists (select from collab.message_escalation where done_at < '{planned:O}')"), "the first step is taken at once");

        await Ben.Start();
        await TestProduct.Until(async () =>
        {
            await Move(TimeSpan.FromSeconds(15));
            return await Ben.Ask<long>("select count(*) from collab.message where text in ('One', 'Two', 'Three')") == 3;
        }, "what waited arrives");
        Assert.Equal("Before One Two Three", await Ben.Ask<string>("select string_agg(text, ' ' order by seq) from collab.message where happened is null"));
        await TestProduct.Until(async () => await Ada.Ask<long>("select count(*) from collab.partner_sending where accepted_at is null") == 0, "all is accepted");
        Assert.Equal(1L, await Ada.Ask<long>("select count(*) from collab.notice where kind = 'federation.late'"));
    }

    [Fact, Trait("Row", "FD-04")]
    public async Task Only_the_pinned_key_over_these_bytes_for_us_now_and_once_is_believed()
    {
        await two.Trust();
        var key = Ada.App.Services.GetRequiredService<FederationKey>();
        var body = """{"name":"fra"}"""u8.ToArray();
        var now = Ben.Clock.GetUtcNow();
        string Sign(FederationKey? by = null, string? iss = null, string? aud = null, DateTimeOffset? at = null, string? jti = null, byte[]? over = null, string alg = "ES256", string typ = "federation+jws")
        {
            var k = by ?? key;
            var header = Encode(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { alg, kid = k.Fingerprint, typ, iss = iss ?? Ada.Address, aud = aud ?? Ben.Address, iat = (at ?? now).ToUnixTimeSeconds(), jti = jti ?? Guid.NewGuid().ToString("N") })));
            return $"{header}..{Encode(k.Key.SignData(Encoding.ASCII.GetBytes($"{header}.{Encode(over ?? body)}"), HashAlgorithmName.SHA256))}";
        }
        async Task<string> Ask(string? jws, string what = "directory", byte[]? sent = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/federation/demo/{what}") { Content = new ByteArrayContent(sent ?? body) };
            if (jws is not null) request.Headers.Add("X-JWS-Signature", jws);
            var answer = await Ben.Stranger().SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode || !text.Contains("Franklin", StringComparison.Ordinal));
            return answer.IsSuccessStatusCode ? "ok" : $"{(int)answer.StatusCode} {JsonDocument.Parse(text).RootElement.GetProperty("code").GetString()}";
        }

        Assert.Equal("ok", await Ask(Sign()));
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var once = Sign();
        Assert.Equal("ok", await Ask(once));
        Assert.Equal("409 federation-replay", await Ask(once));
        foreach (var (what, jws) in new (string, string?)[]
        {
            ("none", null), ("nonsense", "a..b"), ("empty", "..") , ("somebody else's key", Sign(by: new FederationKey(stranger))), ("for somebody else", Sign(aud: Ada.Address)), ("other bytes", Sign(over: "{}"u8.ToArray())),
            ("old", Sign(at: now - TimeSpan.FromMinutes(6))), ("of the future", Sign(at: now + TimeSpan.FromMinutes(6))), ("no algorithm", Sign(alg: "none")), ("another kind", Sign(typ: "JWT")), ("no jti", Sign(jti: "")), ("a long jti", Sign(jti: new string('a', 200))),
            ("cut", Sign()[..^4]), ("a long header", new string('a', 5000) + ".." + once.Split('.')[2]),
        }) Assert.True(await Ask(jws) == "401 federation-signature", what);
        Assert.Equal("403 federation-not-registered", await Ask(Sign(iss: "https://unknown.example/federation/demo")));
        // Twenty at once with one token: one counts.
        var raced = Sign();
        Assert.Equal(1, (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Ask(raced)))).Count(a => a == "ok"));
        // A partner that is paused is told so, and nothing more.
        await TestProduct.Post(Ben.Admin, "/admin/federation?handler=pause", ("partner", $"{await Ben.Partner()}"), ("paused", "true"));
        Assert.Equal("403 federation-paused", await Ask(Sign()));
        await TestProduct.Post(Ben.Admin, "/admin/federation?handler=pause", ("partner", $"{await Ben.Partner()}"), ("paused", "false"));

        // What is signed and still wrong: a clear answer, nothing kept.
        foreach (var (bad, code) in new[]
        {
            ("nonsense", "400 invalid"), ("[]", "422"), ("{}", "422 bundle-type"), ("""{"resourceType":"Bundle","type":"message"}""", "422 bundle-header"),
            ("""{"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"MessageHeader","focus":[{"reference":"urn:uuid:x"}]}},{"fullUrl":"urn:uuid:y","resource":{}}]}""", "422 bundle-focus"),
            ("""{"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"MessageHeader","eventCoding":{"code":"message"},"focus":[{"reference":"urn:uuid:x"}]}},{"fullUrl":"urn:uuid:x","resource":{"resourceType":"Communication"}}]}""", "422 bundle-identifier"),
            ("""{"resourceType":"Bundle","type":"message","entry":[7,"x"]}""", "422"),
        })
        {
            var bytes = Encoding.UTF8.GetBytes(bad);
            Assert.StartsWith(code, await Ask(Sign(over: bytes), "$process-message", bytes), StringComparison.Ordinal);
        }
        var huge = new byte[1024 * 1024 + 1];
        Assert.Equal("413 too-long", await Ask(Sign(over: huge), "$process-message", huge));
        Assert.Equal(0L, await Ben.Ask<long>("select count(*) from collab.message"));
    }

    [Fact, Trait("Row", "FD-04")]
    public async Task A_hospital_speaks_for_its_own_people_alone_and_to_people_who_are_there()
    {
        await two.Trust();
        var victim = await Ben.Staff("victim", "Victim");
        var key = Ada.App.Services.GetRequiredService<FederationKey>();
        async Task<string> Take(byte[] body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/federation/demo/$process-message") { Content = new ByteArrayContent(body) };
            request.Headers.Add("X-JWS-Signature", Signature(key, body, Ada.Address, Ben.Address, Ben.Clock.GetUtcNow()));
            var answer = await Ben.Stranger().SendAsync(request);
            return answer.IsSuccessStatusCode ? "ok" : JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("code").GetString()!;
        }
        var message = Guid.NewGuid();
        var conversation = Guid.NewGuid();
        string Bundle(string senderHome, Guid sender, string toHome, Guid to, Guid? id = null, string extra = "") => $$$"""
            {"resourceType":"Bundle","type":"message","entry":[
              {"fullUrl":"urn:uuid:00000000-0000-0000-0000-000000000001","resource":{"resourceType":"MessageHeader","eventCoding":{"code":"message"},"focus":[{"reference":"urn:uuid:00000000-0000-0000-0000-000000000002"}]}},
              {"fullUrl":"urn:uuid:00000000-0000-0000-0000-000000000002","resource":{"resourceType":"Communication","extension":[{"url":"https://healthteams.example/fhir/StructureDefinition/conversation","valueUri":"urn:uuid:{{{conversation}}}"}],"identifier":[{"value":"urn:uuid:{{{id ?? message}}}"}],"status":"in-progress","priority":"stat"{{{extra}}},
                "sender":{"reference":"urn:uuid:00000000-0000-0000-0000-000000000003"},"recipient":[{"reference":"urn:uuid:00000000-0000-0000-0000-000000000004"}],"payload":[{"contentString":"Hello"}]}},
              {"fullUrl":"urn:uuid:00000000-0000-0000-0000-000000000003","resource":{"resourceType":"Practitioner","identifier":[{"system":"{{{senderHome}}}/person","value":"{{{sender}}}"}],"name":[{"family":"Lovelace"}]}},
              {"fullUrl":"urn:uuid:00000000-0000-0000-0000-000000000004","resource":{"resourceType":"Practitioner","identifier":[{"system":"{{{toHome}}}/person","value":"{{{to}}}"}]}},
              {"fullUrl":"urn:uuid:00000000-0000-0000-0000-000000000005","resource":{"resourceType":"Patient","identifier":[{"system":"https://hospital.example/mrn","value":"MRN-7"}],"name":[{"family":"Forged"}],"birthDate":"1970-02-03"}}]}
            """;
        byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

        Assert.Equal("sender-ours", await Take(Bytes(Bundle(Ben.Address, victim, Ben.Address, Ben.Person))));
        Assert.Equal("recipient-unknown", await Take(Bytes(Bundle(Ada.Address, Ada.Person, Ben.Address, Guid.NewGuid()))));
        Assert.Equal("recipient-unknown", await Take(Bytes(Bundle(Ada.Address, Ada.Person, "https://third.example/federation/x", Guid.NewGuid()))));
        Assert.Equal(0L, await Ben.Ask<long>("select count(*) from collab.partner_person"));
        // Said twice by who did not hear the answer: one message. A patient of ours keeps the name we know.
        await Ben.Sql("insert into collab.person (tenant, id, kind, family, given, birth_date, updated_at) values (1, '00000000-0000-4000-8000-000000000007', 'Patient', 'Barlow', 'Ada', '1970-02-03', now()); insert into collab.person_identifier (tenant, kind, system, value, person) values (1, 'Patient', 'https://hospital.example/mrn', 'MRN-7', '00000000-0000-4000-8000-000000000007')");
        var said = Bytes(Bundle(Ada.Address, Ada.Person, Ben.Address, Ben.Person, extra: ",\"subject\":{\"reference\":\"urn:uuid:00000000-0000-0000-0000-000000000005\"}"));
        Assert.Equal(["ok", "ok", "ok"], await Task.WhenAll(Take(said), Take(said), Take(said)));
        Assert.Equal(1L, await Ben.Ask<long>("select count(*) from collab.message where happened is null and patient = '00000000-0000-4000-8000-000000000007'"));
        Assert.Equal("Barlow", await Ben.Ask<string>("select family from collab.person where id = '00000000-0000-4000-8000-000000000007'"));
        // A receipt of what was never sent to them, and a conversation of ours named as theirs.
        var others = await Ben.Write("love");
        await Ben.Say(others, "Ours");
        await Ada.Arrives("Ours", Ben);
        var secret = await Ben.Ask<Guid>("select conversation from collab.message where text = 'Hello'");
        Assert.NotEqual(secret, others);
        Assert.Equal("message-unknown", await Take(Bytes($$$"""
            {"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"MessageHeader","eventCoding":{"code":"receipt"},"focus":[{"reference":"urn:uuid:00000000-0000-0000-0000-000000000002"}]}},
            {"fullUrl":"urn:uuid:00000000-0000-0000-0000-000000000002","resource":{"resourceType":"Task","focus":{"identifier":{"value":"urn:uuid:{{{Guid.NewGuid()}}}"}},"owner":{"reference":"urn:uuid:00000000-0000-0000-0000-000000000003"},"output":[]}},
            {"fullUrl":"urn:uuid:00000000-0000-0000-0000-000000000003","resource":{"resourceType":"Practitioner","identifier":[{"system":"{{{Ada.Address}}}/person","value":"{{{Ada.Person}}}"}]}}]}
            """)));
    }

    private Task Move(TimeSpan by)
    {
        Ada.Clock.Advance(by);
        Ben.Clock.Advance(by);
        return Task.CompletedTask;
    }

    private static string Signature(FederationKey key, byte[] body, string iss, string aud, DateTimeOffset now)
    {
        var header = Encode(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { alg = "ES256", kid = key.Fingerprint, typ = "federation+jws", iss, aud, iat = now.ToUnixTimeSeconds(), jti = Guid.NewGuid().ToString("N") })));
        return $"{header}..{Encode(key.Key.SignData(Encoding.ASCII.GetBytes($"{header}.{Encode(body)}"), HashAlgorithmName.SHA256))}";
    }

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
