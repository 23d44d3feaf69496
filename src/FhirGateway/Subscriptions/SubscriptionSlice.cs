using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>
/// http://hl7.org/fhir/R4/subscription.html: checked and in force in the transaction that stores it. A request that passes is
/// active at once, with a topic and an endpoint after the handshake; from then on nothing that matches is missed.
/// </summary>
internal sealed class SubscriptionSlice(OutboundHttp http, FhirSettings settings, Lazy<SubscriptionStatus> status, SubscriptionBell bell) : IResourceSlice
{
    public string Type => "Subscription";
    public int Order => 9;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var one in written)
        {
            if (one.Resource is not { } resource) await tx.Execute("delete from fhir.subscription where tenant = @Tenant and id = @Id", new { tx.Tenant, one.Id });
            else if (await Apply(tx, one.Id, resource) is { } refused) return refused;
        }
        return null;
    }

    private async Task<Problem?> Apply(Tx tx, string id, JsonElement resource)
    {
        var asked = SubscriptionRules.Read(resource);
        if (!asked.Ok) return asked.Problem;
        var said = asked.Value;
        var before = await tx.OneOrNone<string>("select state from fhir.subscription where tenant = @Tenant and id = @id for update", new { tx.Tenant, id });
        var ended = said.Ends <= tx.Now;
        var state = said.Status switch
        {
            "off" => "off",
            "error" => before == "error" ? "error" : "off", // a copy of one that failed elsewhere: kept as it is, nothing is sent for it
            _ when ended => "requested", // the sweep of ends switches it off
            _ => said is { Topic: not null, Channel: "rest-hook" } && !(said.Status == "active" && before == "active") ? "requested" : "active",
        };
        if (state != "off" && !ended && await Refused(tx, said) is { } refused) return refused;

        await Keep(tx, id, said, state);
        if (SubscriptionRules.WithoutSecret(resource) is { } open)
        {
            // The version just stored, before anybody can read it: neither it nor history ever shows the secret.
            await tx.Execute("update fhir.resource set body = @open where tenant = @Tenant and type = @type and id = @id", new { tx.Tenant, type = ResourceTypes.Number(Type), id, open });
        }
        if (said.Status != "error" && !ended) await status.Value.Project(tx, id, state, null);
        bell.Ring();
        return null;
    }

    private async Task<Problem?> Refused(Tx tx, SubscriptionSaid said)
    {
        var reach = Rights.Of(tx.Actor).On(said.Type ?? "*", said.Content == "empty" ? "s" : "rs");
        if (!reach.Ok) return reach.Problem with { Where = "Subscription.criteria" };
        if (said.Type is null && reach.Value.Patient is not null) return Problem.Forbidden("The topic of all types needs scopes that are not limited to a patient.");
        if (said.Type is not null)
        {
            var query = SearchQuery.Build(new SearchOf(tx.Tenant, settings.Base, Rights.Of(tx.Actor).Caller(tx.Tenant), [said.Type]), Conditions.Parse(said.Criteria), strict: true);
            if (!query.Ok) return Problem.Unprocessable(query.Problem.Detail, "Subscription.criteria", "not-supported");
        }
        if (said.Endpoint is { } endpoint && !await http.Registered(endpoint, tx.Stop))
        {
            var origin = endpoint.GetLeftPart(UriPartial.Authority);
            return Problem.Unprocessable($"{origin} is not a registered host, so nothing may be sent there. An operator registers it: ./run host add {origin}", "Subscription.channel.endpoint", "business-rule");
        }
        return null;
    }

    private static Task<int> Keep(Tx tx, string id, SubscriptionSaid s, string state) => tx.Execute("""
        insert into fhir.subscription as s (tenant, id, type, criteria, topic, channel, endpoint, headers, payload, content, by_post, secret, timeout_seconds,
          heartbeat_seconds, max_count, ends_at, rights, state, since, due, beat_at)
        values (@Tenant, @id, @Type, @Criteria, @Topic, @Channel, @endpoint, @Headers, @Payload, @Content, @ByPost, @Secret, @Timeout,
          @Heartbeat, @MaxCount, @Ends, @rights::jsonb, @state, nextval(pg_get_serial_sequence('fhir.subscription_feed', 'seq')), @Now, @beat)
        on conflict (tenant, id) do update set
          type = excluded.type, criteria = excluded.criteria, topic = excluded.topic, channel = excluded.channel, endpoint = excluded.endpoint,
          headers = excluded.headers, payload = excluded.payload, content = excluded.content, by_post = excluded.by_post,
          secret = coalesce(excluded.secret, s.secret), timeout_seconds = excluded.timeout_seconds, heartbeat_seconds = excluded.heartbeat_seconds,
          max_count = excluded.max_count, ends_at = excluded.ends_at, rights = excluded.rights, state = excluded.state,
          -- Switched off is over, whatever else happens goes on from where it stopped.
          since = case when s.state = 'off' then excluded.since else s.since end,
          sent = case when s.state = 'off' or excluded.channel = 'websocket' then s.last else s.sent end,
          due = excluded.due, claim = s.claim + 1, attempts = 0, failing_since = null, error = null, beat_at = excluded.beat_at
        """, new
    {
        tx.Tenant, id, s.Type, s.Criteria, s.Topic, s.Channel, endpoint = s.Endpoint?.AbsoluteUri, s.Headers, s.Payload, s.Content, s.ByPost, s.Secret, s.Timeout,
        s.Heartbeat, s.MaxCount, s.Ends, rights = Rights.Of(tx.Actor).Json, state, tx.Now, beat = s.Heartbeat is { } beat ? tx.Now.AddSeconds(beat) : (DateTimeOffset?)null,
    });
}

/// <summary>Wakes this host's feeding and delivery; their poll is the truth.</summary>
internal sealed class SubscriptionBell
{
    private readonly Platform.Due.Bell bell = new();

    public Task Next => bell.Next;
    public void Ring() => bell.Ring();

    /// <summary>In real time: a poll that waits is no business of the injected clock.</summary>
    public static async Task Wait(Task rung, TimeSpan atMost, CancellationToken stop)
    {
        try
        {
            await rung.WaitAsync(atMost, stop);
        }
        catch (TimeoutException)
        {
            // Time to look anyway.
        }
    }
}
