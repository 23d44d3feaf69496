using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Subscriptions;

/// <summary>http://hl7.org/fhir/uv/subscriptions-backport in its R4 form: handshake, bundles, heartbeat, $status, $events, websocket.</summary>
[Collection("subscriptions")]
public sealed class TopicTests(ProductWithReceiver product) : SubscriptionTest(product)
{
    private const string Topic = "https://healthteams.example/fhir/SubscriptionTopic/";
    private const string Backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-";

    private string OnTopic(string topic = "appointment", string? filter = null, string content = "full-resource", string more = "", string type = "rest-hook") => $$"""
        {"resourceType":"Subscription","meta":{"profile":["{{Backport}}subscription"]},"status":"requested","reason":"test","criteria":"{{Topic}}{{topic}}",
         {{(filter == "" ? "" : $"\"_criteria\":{{\"extension\":[{{\"url\":\"{Backport}filter-criteria\",\"valueString\":\"{filter ?? $"Appointment?identifier={T}"}\"}}]}},")}}
         "channel":{ {{(more.Length > 0 ? $"\"extension\":[{more}]," : "")}}"type":"{{type}}",{{(type == "rest-hook" ? $"\"endpoint\":\"{Receiver.Url}/{T}\"," : "")}}"payload":"application/fhir+json",
          "_payload":{"extension":[{"url":"{{Backport}}payload-content","valueCode":"{{content}}"}]} } }
        """;

    [Fact, Trait("Row", "FHIR-103")]
    public async Task Handshake_then_numbered_notifications_then_replay()
    {
        var id = await Subscribe(OnTopic());
        var appointment = await Book();
        await Becomes(id, "active");
        await Body(Put($"Appointment/{appointment}", Appointment("cancelled", appointment)));
        await Delete($"Appointment/{appointment}");

        var sent = await Received(4);
        Assert.Equal(["handshake", "event-notification", "event-notification", "event-notification"], sent.Select(s => s.Status("type")));
        Assert.All(sent, s => Assert.Equal(("POST", $"/{T}", "history"), (s.Method, s.Path, s.Json.GetProperty("type").GetString())));
        Assert.Equal(["requested", "active"], sent.Select(s => s.Status("status")).Distinct());
        Assert.Equal([[1], [2], [3]], sent.Skip(1).Select(s => s.Events));
        Assert.Equal(["1", "2", "3"], sent.Skip(1).Select(s => s.Status("eventsSinceSubscriptionStart")));
        Assert.Equal($"{Topic}appointment", sent[1].Status("topic"));
        var focus = sent[2].Json.GetProperty("entry")[1];
        Assert.Equal(("2", "PUT"), (Version(focus.GetProperty("resource")), focus.GetProperty("request").GetProperty("method").GetString()));
        Assert.False(sent[3].Json.GetProperty("entry")[1].TryGetProperty("resource", out _));

        var status = Items(await Body(Get($"Subscription/{id}/$status"))).Single().GetProperty("resource").GetProperty("parameter");
        Assert.Equal(("active", "3"), (Parameter(status, "status"), Parameter(status, "eventsSinceSubscriptionStart")));
        var replay = await Body(Get($"Subscription/{id}/$events?eventsSinceNumber=2&eventsUntilNumber=2"));
        Assert.Equal("query-event", Parameter(replay.GetProperty("entry")[0].GetProperty("resource").GetProperty("parameter"), "type"));
        Assert.Equal("2", Version(Assert.Single(Items(replay).Skip(1)).GetProperty("resource")));
        Assert.Equal(4, Items(await Body(Get($"Subscription/{id}/$events"))).Count());
        Assert.DoesNotContain(Items(await Body(Get($"Subscription/{id}/$events?content=id-only"))), e => e.TryGetProperty("resource", out var r) && r.GetProperty("resourceType").GetString() == "Appointment");
        var posted = await Body(Post($"Subscription/{id}/$events", """{"resourceType":"Parameters","parameter":[{"name":"eventsSinceNumber","valueString":"3"}]}"""));
        Assert.Single(Items(posted).Skip(1));
        Assert.Contains(id, (await Body(Get($"Subscription/$status?id={id}&status=active"))).GetRawText());
        Assert.DoesNotContain(id, (await Body(Get($"Subscription/$status?id={id}&status=off"))).GetRawText());
        await Refused(Get($"Subscription/{id}/$events?eventsSinceNumber=minus"), HttpStatusCode.BadRequest);
        await Refused(Get($"Subscription/{id}/$nonsense"), HttpStatusCode.NotFound);
    }

    [Theory, Trait("Row", "FHIR-103")]
    [InlineData("id-only")]
    [InlineData("empty")]
    public async Task No_more_than_the_content_asked_for_leaves(string content)
    {
        await Subscribe(OnTopic(content: content));
        var appointment = await Book();
        var sent = (await Received(2))[1];
        Assert.Equal([1], sent.Events);
        Assert.Equal(content == "id-only", sent.Text.Contains(appointment));
        Assert.DoesNotContain("2026-11-23T10:00:00Z", sent.Text);
    }

    [Fact, Trait("Row", "FHIR-103")]
    public async Task Several_events_travel_in_one_bundle_where_that_is_allowed()
    {
        var open = new TaskCompletionSource();
        Receiver.Answers[T] = async (s, aborted) => { if (s.Status("type") == "event-notification") await open.Task.WaitAsync(aborted); return 200; };
        await Subscribe(OnTopic(more: $"{{\"url\":\"{Backport}max-count\",\"valuePositiveInt\":10}}"));
        for (var i = 0; i < 12; i++) await Book();
        await TestProduct.Until(async () => await Product.Ask<long>($"select last from fhir.subscription where endpoint like '%{T}'") == 12, "they are numbered");
        open.SetResult();
        await TestProduct.Until(() => Task.FromResult(Receiver.At(T).Sum(s => s.Events.Length) >= 12), "all are received");
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), Receiver.At(T).SelectMany(s => s.Events));
        Assert.InRange(Receiver.At(T).Max(s => s.Events.Length), 2, 10);
    }

    [Fact, Trait("Row", "FHIR-103")]
    public async Task A_heartbeat_comes_when_nothing_else_does()
    {
        var id = await Subscribe(OnTopic(more: $"{{\"url\":\"{Backport}heartbeat-period\",\"valueUnsignedInt\":60}}"));
        await Becomes(id, "active");
        await Task.Delay(300);
        Assert.Single(Receiver.At(T));
        Product.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal("heartbeat", (await Received(2))[1].Status("type"));
        Assert.Equal("0", Receiver.At(T)[1].Status("eventsSinceSubscriptionStart"));
        await Quiet();
        Assert.Equal(2, Receiver.At(T).Length);
    }

    [Fact, Trait("Row", "FHIR-103")]
    public async Task An_endpoint_that_refuses_the_handshake_gets_nothing_and_the_status_says_so()
    {
        Receiver.Answers[T] = (_, _) => Task.FromResult(401);
        var id = await Subscribe(OnTopic());
        await Book();
        await Hurry(async () => await Product.Ask<string>($"select state from fhir.subscription where id = '{id}'") == "error", "the handshake is given up", TimeSpan.FromSeconds(10));
        Assert.Contains("handshake failed", (await Subscription(id)).GetProperty("error").GetString());
        Receiver.Answers.TryRemove(T, out _);
        await Body(Put($"Subscription/{id}", (await Subscription(id)).GetRawText().Replace("\"status\":\"error\"", "\"status\":\"requested\"")));
        Assert.Equal(["handshake", "event-notification"], (await Received(2)).Select(s => s.Status("type")));
    }

    [Fact]
    public async Task The_topic_of_all_types_tells_of_all_types()
    {
        var id = await Subscribe(OnTopic("any", ""));
        await Becomes(id, "active");
        var patient = (await Fhir.Create("Patient", Patient())).Id();
        var appointment = await Book();
        await TestProduct.Until(() => Task.FromResult(Receiver.At(T).Any(s => s.Text.Contains($"Appointment/{appointment}"))), "the appointment is told of");
        Assert.Contains(Receiver.At(T), s => s.Text.Contains($"Patient/{patient}"));
        await Refused(Post("Subscription", OnTopic("any", "Appointment?status=booked")), HttpStatusCode.UnprocessableEntity);
        await Refused(Post("Subscription", OnTopic("encounter", "Appointment?status=booked")), HttpStatusCode.UnprocessableEntity);
        await Refused(Post("Subscription", OnTopic("nonsense")), HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Events_are_kept_for_the_time_that_is_stated_and_no_longer()
    {
        var id = await Subscribe(Hook($"Appointment?identifier={T}"));
        await Book();
        await Received(1);
        await Quiet();
        Product.Clock.Advance(TimeSpan.FromDays(6));
        await Task.Delay(100);
        await ReNew();
        Assert.Equal(2, Items(await Body(Get($"Subscription/{id}/$events"))).Count());
        Product.Clock.Advance(TimeSpan.FromDays(2));
        await TestProduct.Until(async () => await Product.Ask<long>($"select count(*) from fhir.subscription_notice where subscription = '{id}'") == 0, "it is forgotten");
    }

    [Fact]
    public async Task A_websocket_bound_by_token_gets_the_bundles()
    {
        var id = await Subscribe(OnTopic(type: "websocket"));
        Assert.Equal("active", (await Subscription(id)).GetProperty("status").GetString());
        var binding = (await Body(Get($"Subscription/{id}/$get-ws-binding-token"))).GetProperty("parameter");
        var token = Parameter(binding, "token");
        using var socket = await Open(Parameter(binding, "websocket-url"));
        await Say(socket, $"bind-with-token {token}");
        Assert.Contains("handshake", await Hear(socket));
        var appointment = await Book();
        var told = await Hear(socket);
        Assert.Contains("event-notification", told);
        Assert.Contains($"Appointment/{appointment}", told);
        await TestProduct.Until(async () => await Product.Ask<long>($"select count(*) from platform.access where subject = 'Appointment/{appointment}/_history/1' and action = 'vread'") == 1, "what the socket told is on record");
        // Used is used; and nobody binds by guess.
        using var second = await Open(Parameter(binding, "websocket-url"));
        foreach (var said in (string[])[$"bind-with-token {token}", $"bind {id}", "bind-with-token guess", "hello"])
        {
            await Say(second, said);
            Assert.Contains("OperationOutcome", await Hear(second));
        }
        await Body(Put($"Subscription/{id}", (await Subscription(id)).GetRawText().Replace("\"status\":\"active\"", "\"status\":\"off\"")));
        await Book();
        Assert.Null(await Hear(socket, TimeSpan.FromMilliseconds(700)));
    }

    [Fact]
    public async Task A_websocket_bound_by_id_gets_a_ping()
    {
        var id = await Subscribe($$"""{"resourceType":"Subscription","status":"requested","reason":"test","criteria":"Appointment?identifier={{T}}","channel":{"type":"websocket"} }""");
        using var socket = await Open($"{Base.Replace("http", "ws")}/ws", Fhir.DefaultRequestHeaders.Authorization!.ToString());
        await Say(socket, $"bind {id}");
        Assert.Equal($"bound {id}", await Hear(socket));
        await Book();
        Assert.Equal($"ping {id}", await Hear(socket));
        using var other = await Open($"{Base.Replace("http", "ws")}/ws", (await Product.Fhir(tenant: "north")).DefaultRequestHeaders.Authorization!.ToString());
        await Say(other, $"bind {id}");
        Assert.Contains("does not exist", await Hear(other));
        await Refused(Get("ws"), HttpStatusCode.UpgradeRequired);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Product.Stranger().GetAsync("/fhir/ws")).StatusCode);
    }

    private static string Parameter(JsonElement parameters, string name) =>
        parameters.EnumerateArray().First(p => p.GetProperty("name").GetString() == name).EnumerateObject().First(v => v.Name.StartsWith("value")).Value.ToString();

    private static async Task<ClientWebSocket> Open(string url, string? authorization = null)
    {
        var socket = new ClientWebSocket();
        if (authorization is not null) socket.Options.SetRequestHeader("Authorization", authorization);
        await socket.ConnectAsync(new Uri(url), new CancellationTokenSource(10_000).Token);
        return socket;
    }

    private static Task Say(ClientWebSocket socket, string what) => socket.SendAsync(Encoding.UTF8.GetBytes(what), WebSocketMessageType.Text, true, default);

    private static async Task<string?> Hear(ClientWebSocket socket, TimeSpan? atMost = null)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        using var patience = new CancellationTokenSource(atMost ?? TimeSpan.FromSeconds(30));
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(length), patience.Token);
                length += part.Count;
                if (part.EndOfMessage) return Encoding.UTF8.GetString(buffer, 0, length);
            }
        }
        catch (OperationCanceledException) when (atMost is not null)
        {
            return null;
        }
    }
}
