using System.Net;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace HealthTeams.Tests.Subscriptions;

/// <summary>http://hl7.org/fhir/R4/subscription.html: what is asked for, what is sent, what is refused.</summary>
[Collection("subscriptions")]
public sealed class RestHookTests(ProductWithReceiver product) : SubscriptionTest(product)
{
    [Fact, Trait("Row", "FHIR-100")]
    public async Task A_requested_subscription_is_active_and_gets_what_matches_with_its_headers()
    {
        var id = await Subscribe(Hook($"Appointment?status=booked&identifier={T}", ",\"header\":[\"Authorization: Bearer sesame\",\"X-Team: blue\"]"));
        Assert.Equal("active", (await Subscription(id)).GetProperty("status").GetString());
        var proposed = await Book("proposed");
        await Book("cancelled");
        var booked = await Body(Put($"Appointment/{proposed}", Appointment("booked", proposed)));

        var sent = Assert.Single(await Received(1));
        Assert.Equal(("PUT", $"/{T}/Appointment/{proposed}"), (sent.Method, sent.Path));
        Assert.Equal(booked.GetRawText(), sent.Text);
        Assert.StartsWith("application/fhir+json", sent.Headers["Content-Type"]);
        Assert.Equal(("Bearer sesame", "blue", $"Subscription/{id}", "update"), (sent.Headers["Authorization"], sent.Headers["X-Team"], sent.Headers["X-Subscription"], sent.Headers["X-Interaction"]));
        Assert.Equal(($"{id}-1", 1), (sent.Headers["Idempotency-Key"], sent.Number));
        await Quiet();
        Assert.Single(Receiver.At(T));
    }

    [Fact, Trait("Row", "FHIR-100")]
    public async Task Without_payload_the_post_is_empty()
    {
        await Subscribe(Hook($"Appointment?identifier={T}", payload: ""));
        await Book();
        var sent = Assert.Single(await Received(1));
        Assert.Equal(("POST", $"/{T}", 0), (sent.Method, sent.Path, sent.Body.Length));
    }

    [Fact]
    public async Task Xml_is_sent_as_xml_and_a_delete_as_delete()
    {
        await Subscribe(Hook($"Appointment?status=booked&identifier={T}", payload: "\"payload\":\"application/fhir+xml\","));
        var id = await Book();
        await Delete($"Appointment/{id}");
        var sent = await Received(2);
        Assert.StartsWith("<Appointment", sent[0].Text.Split("?>")[^1].Trim());
        Assert.Equal(("DELETE", $"/{T}/Appointment/{id}", "delete", 2), (sent[1].Method, sent[1].Path, sent[1].Headers["X-Interaction"], sent[1].Number));
    }

    [Fact]
    public async Task By_post_everything_goes_to_the_endpoint_itself()
    {
        await Subscribe(Hook($"Appointment?identifier={T}", root: ",\"extension\":[{\"url\":\"https://healthteams.example/fhir/StructureDefinition/subscription-post\",\"valueBoolean\":true}]"));
        await Delete($"Appointment/{await Book()}");
        var sent = await Received(2);
        Assert.Equal([("POST", $"/{T}"), ("POST", $"/{T}")], sent.Select(s => (s.Method, s.Path)));
        Assert.Equal("Appointment", sent[0].Json.GetProperty("resourceType").GetString());
        Assert.Empty(sent[1].Body);
    }

    [Fact]
    public async Task An_endpoint_keeps_its_own_query()
    {
        await Subscribe(Hook($"Appointment?identifier={T}", path: $"{T}/in?key=1"));
        var id = await Book();
        Assert.Equal($"/{T}/in/Appointment/{id}?key=1", Assert.Single(await Received(1)).Url);
    }

    [Fact]
    public async Task The_topics_and_operations_are_in_the_capability_statement()
    {
        var subscription = (await Body(Get("metadata"))).GetProperty("rest")[0].GetProperty("resource").EnumerateArray().Single(r => r.GetProperty("type").GetString() == "Subscription");
        Assert.Contains("https://healthteams.example/fhir/SubscriptionTopic/appointment", subscription.GetProperty("extension").GetRawText());
        Assert.Subset(subscription.GetProperty("operation").EnumerateArray().Select(o => o.GetProperty("name").GetString()!).ToHashSet(), new HashSet<string> { "status", "events", "get-ws-binding-token", "resend" });
    }

    [Fact]
    public async Task The_body_is_signed_and_the_secret_is_never_read_again()
    {
        const string secret = "a secret of thirty-two characters";
        var asked = Hook($"Appointment?identifier={T}", root: $",\"extension\":[{{\"url\":\"https://healthteams.example/fhir/StructureDefinition/subscription-secret\",\"valueString\":\"{secret}\"}},{{\"url\":\"urn:other\",\"valueString\":\"stays\"}}]");
        var id = await Subscribe(asked);
        var read = await Subscription(id);
        Assert.Equal("stays", Assert.Single(read.GetProperty("extension").EnumerateArray()).GetProperty("valueString").GetString());
        // As it was read, sent back with a change: the secret stays in force.
        await Body(Put($"Subscription/{id}", read.GetRawText().Replace("\"reason\":\"test\"", "\"reason\":\"changed\"")));
        foreach (var path in (string[])[$"Subscription/{id}", $"Subscription/{id}/_history", $"Subscription/{id}/_history/1", "Subscription?_count=1000"])
        {
            Assert.DoesNotContain(secret, await (await Get(path)).Content.ReadAsStringAsync());
        }
        await Book();
        var sent = Assert.Single(await Received(1));
        Assert.Equal("sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), sent.Body)), sent.Headers["X-Signature"]);
    }

    [Fact]
    public async Task Each_version_is_compared_as_it_was_and_sent_as_it_was_however_late()
    {
        await Subscribe(Hook($"Appointment?status=booked&identifier={T}"));
        // All of it before the feed is looked at: the row is cancelled, then gone, when the comparison comes.
        await using (var gate = await Gate())
        {
            var id = await Book("proposed");
            await Body(Put($"Appointment/{id}", Appointment("booked", id)));
            await Body(Put($"Appointment/{id}", Appointment("cancelled", id)));
            var other = await Book();
            await Body(Put($"Appointment/{other}", Appointment("booked", other).Replace("10:20", "10:30")));
            await Delete($"Appointment/{other}");
        }
        var sent = await Received(4);
        Assert.Equal(["2", "1", "2"], sent.Take(3).Select(s => Version(s.Json)));
        Assert.Equal(["booked", "booked", "booked"], sent.Take(3).Select(s => s.Json.GetProperty("status").GetString()));
        Assert.Equal("DELETE", sent[3].Method);
        Assert.Equal([1, 2, 3, 4], sent.Select(s => s.Number));
        await Quiet();
        Assert.Equal(4, Receiver.At(T).Length);
        Assert.Equal(0, await Product.Ask<long>("select count(*) from fhir.resource where id like 'past-%'"));
    }

    [Fact]
    public async Task Switched_off_deleted_and_ended_subscriptions_get_nothing_and_cost_nothing()
    {
        var off = await Subscribe(Hook($"Appointment?identifier={T}"));
        var deleted = await Subscribe(Hook($"Appointment?identifier={T}"));
        var ended = await Subscribe(Hook($"Appointment?identifier={T}", root: $",\"end\":\"{Product.Clock.GetUtcNow().AddMinutes(5):O}\""));
        await Body(Put($"Subscription/{off}", (await Subscription(off)).GetRawText().Replace("\"status\":\"active\"", "\"status\":\"off\"")));
        Assert.Equal(HttpStatusCode.NoContent, await Status(Delete($"Subscription/{deleted}")));
        Product.Clock.Advance(TimeSpan.FromMinutes(6));
        await Becomes(ended, "off");
        await Book();
        Assert.Equal(0, await Product.Ask<long>($"select count(*) from fhir.subscription_feed f join platform.event e on e.id = f.event where e.subject in (select 'Appointment/' || id from fhir.resource)"));
        await Quiet();
        Assert.Empty(Receiver.At(T));
        // Switched on again, it hears of what happens from then on.
        await Body(Put($"Subscription/{off}", (await Subscription(off)).GetRawText().Replace("\"status\":\"off\"", "\"status\":\"requested\"")));
        await Book();
        Assert.Equal(1, Assert.Single(await Received(1)).Number);
    }

    [Fact]
    public async Task Copies_of_what_ended_or_failed_elsewhere_are_kept_as_sent_and_nothing_is_sent_for_them()
    {
        var ended = Hook($"Appointment?identifier={T}", root: ",\"end\":\"2021-01-01T00:00:00Z\"").Replace(Receiver.Url, "https://biliwatch.example");
        var answer = await Body(Post("Subscription", ended), HttpStatusCode.Created);
        Assert.Equal("requested", answer.GetProperty("status").GetString());
        var failed = await Subscribe(Hook($"Appointment?identifier={T}", root: ",\"error\":\"Socket Error 10060\"").Replace("\"requested\"", "\"error\""));
        await Book();
        await Becomes(answer.Id(), "off");
        await Quiet();
        Assert.Empty(Receiver.At(T));
        Assert.Equal(("error", "Socket Error 10060"), ((await Subscription(failed)).GetProperty("status").GetString(), (await Subscription(failed)).GetProperty("error").GetString()));
        await Body(Put($"Subscription/{failed}", (await Subscription(failed)).GetRawText().Replace("\"status\":\"error\"", "\"status\":\"requested\"")));
        await Book();
        await Received(1);
    }

    [Theory]
    [InlineData("Nonsense?x=y", "", "criteria")]
    [InlineData("Appointment?nonsense=1", "", "criteria")]
    [InlineData("Appointment?_include=Appointment:actor", "", "criteria")]
    [InlineData("https://elsewhere.example/topic", "", "criteria")]
    [InlineData("Appointment", ",\"header\":[\"no colon\"]", "header")]
    [InlineData("Appointment", ",\"header\":[\"Content-Length: 1\"]", "header")]
    public async Task What_cannot_be_kept_is_refused_with_the_place(string criteria, string more, string where)
    {
        var issue = await Refused(Post("Subscription", Hook(criteria, more)), HttpStatusCode.UnprocessableEntity);
        Assert.Contains(where, issue.GetProperty("expression")[0].GetString());
        Assert.Equal(0, await Product.Ask<long>($"select count(*) from fhir.subscription where endpoint like '%{T}'"));
    }

    [Theory]
    [InlineData("email", "mailto:a@b.example", "channel.type")]
    [InlineData("rest-hook", "not an address", "channel.endpoint")]
    [InlineData("rest-hook", "ftp://127.0.0.1/x", "channel.endpoint")]
    [InlineData("rest-hook", "http://user:pass@127.0.0.1/x", "channel.endpoint")]
    [InlineData("rest-hook", "http://unregistered.example/hook", "channel.endpoint")]
    public async Task Channels_and_endpoints_that_cannot_be_served_are_refused(string type, string endpoint, string where)
    {
        var issue = await Refused(Post("Subscription", $$"""
            {"resourceType":"Subscription","status":"requested","reason":"test","criteria":"Appointment","channel":{"type":"{{type}}","endpoint":"{{endpoint}}"} }
            """), HttpStatusCode.UnprocessableEntity);
        Assert.Contains(where, issue.GetProperty("expression")[0].GetString());
        if (endpoint.Contains("unregistered")) Assert.Contains("./run host add http://unregistered.example", issue.GetProperty("diagnostics").GetString());
    }

    /// <summary>Keeps the tenant's feeder out until disposed, as another host's would.</summary>
    private async Task<Npgsql.NpgsqlConnection> Gate()
    {
        var connection = new Npgsql.NpgsqlConnection(Product.Database.Owner + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand("select pg_advisory_lock(hashtextextended('fhir.subscription_feed', 1))", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }
}
