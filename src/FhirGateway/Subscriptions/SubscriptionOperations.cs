using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;
using HealthTeams.Platform.Audit;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>
/// http://hl7.org/fhir/uv/subscriptions-backport: $status, $events, $get-ws-binding-token; and $resend, which takes up again
/// what was given up.
/// </summary>
internal sealed class SubscriptionOperations(Db db, SubscriptionStatus status, FhirSettings settings, SubscriptionBell bell, AccessLog audit)
{
    private const int MostEvents = 1000;
    private const int MostBound = 50;
    public static readonly TimeSpan TokenLife = TimeSpan.FromMinutes(5);

    public async Task<FhirAnswer> Run(Caller caller, FhirRequest request, string? id, string operation, CancellationToken stop)
    {
        var asked = Ask(request);
        return operation switch
        {
            "$status" => await Status(caller, id, asked, stop),
            "$events" when id is not null => await Events(caller, id, asked, stop),
            "$get-ws-binding-token" => await Bind(caller, id is not null ? [id] : Values(asked, "id"), stop),
            "$resend" when id is not null && request.Method == "POST" => await Resend(caller, id, asked, stop),
            "$resend" => FhirAnswer.Of(new Problem(405, "not-supported", "$resend is POST Subscription/ID/$resend.")),
            _ => FhirAnswer.Of(Problem.NotFound($"{operation} is not an operation of Subscription here.", "not-supported")),
        };
    }

    private async Task<FhirAnswer> Status(Caller caller, string? id, List<(string Name, string Value)> asked, CancellationToken stop)
    {
        if (Unlimited(caller, 'r') is { } no) return FhirAnswer.Of(no);
        string[] ids = id is not null ? [id] : Values(asked, "id");
        var states = Values(asked, "status");
        var found = await db.In(caller.Tenant, caller.Actor, tx => tx.Query<Subscribed>($"""
            select {Subscribed.Columns} from fhir.subscription s
            where s.tenant = @Tenant and (cardinality(@ids) = 0 or s.id = any(@ids)) and (cardinality(@states) = 0 or s.state = any(@states))
            order by s.id limit 1000
            """, new { tx.Tenant, ids, states }), stop);
        var all = found.ToList();
        if (id is not null && all.Count == 0) return FhirAnswer.Of(Unknown(id));
        return new FhirAnswer(200, Notification.Statuses(settings.Base, all, db.Clock.GetUtcNow())) { Type = "Bundle" };
    }

    private async Task<FhirAnswer> Events(Caller caller, string id, List<(string Name, string Value)> asked, CancellationToken stop)
    {
        if (Unlimited(caller, 'r') is { } no) return FhirAnswer.Of(no);
        var (since, until) = (Number(asked, "eventsSinceNumber"), Number(asked, "eventsUntilNumber"));
        if (since is < 0 || until is < 0) return FhirAnswer.Of(Problem.Invalid("Event numbers are 0, 1, 2 ...", since is < 0 ? "eventsSinceNumber" : "eventsUntilNumber", "value"));
        var content = Values(asked, "content") is [.., var c] ? c : null;
        if (content is not (null or "empty" or "id-only" or "full-resource")) return FhirAnswer.Of(Problem.Invalid("content is empty, id-only or full-resource.", "content", "value"));
        var read = await db.In<Outcome<(Subscribed, List<Notice>, string)>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await Subscribed.Find(tx, id) is not { } s) return Unknown(id);
            // Never more than the subscription itself may tell.
            var shown = content is null || Rank(content) > Rank(s.Content) ? s.Content : content;
            if (shown != "empty" && s.MayReceive(caller) is { } beyond) return beyond;
            // Since is inclusive, as the operation's definition has it; "since 0" means from the first.
            return (s, await Notice.Between(tx, s, Math.Max((since ?? 0) - 1, 0), until ?? long.MaxValue, MostEvents, shown == "full-resource"), shown);
        }, stop);
        if (!read.Ok) return FhirAnswer.Of(read.Problem);
        var (of, notices, shownAs) = read.Value;
        if (shownAs != "empty")
        {
            foreach (var n in notices)
            {
                await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "vread", $"{n.Reference}/_history/{n.Version}",
                    n.Body is { } body ? Storage.PatientOf.Resource(n.Type, n.Id, body) : null, 200), stop);
            }
        }
        return new FhirAnswer(200, Notification.Bundle(settings.Base, of, "query-event", notices, shownAs, db.Clock.GetUtcNow())) { Type = "Bundle" };
    }

    /// <summary>Goes on from where it stopped, or from a number further back.</summary>
    private async Task<FhirAnswer> Resend(Caller caller, string id, List<(string Name, string Value)> asked, CancellationToken stop)
    {
        if (Unlimited(caller, 'u') is { } no) return FhirAnswer.Of(no);
        var from = Number(asked, "eventsSinceNumber");
        if (from is < 0) return FhirAnswer.Of(Problem.Invalid("Event numbers are 1, 2, 3 ...", "eventsSinceNumber", "value"));
        var done = await db.In<Outcome<Subscribed>>(caller.Tenant, caller.Actor, async tx =>
        {
            await SubscriptionStatus.Lock(tx, id);
            if (await Subscribed.Find(tx, id) is not { } s) return Unknown(id);
            if (s.State == "off") return Problem.Conflict("The subscription is off. Set its status to requested to begin anew.");
            if (s.Channel != "rest-hook") return Problem.Unprocessable("A websocket asks for what it missed by $events.", code: "not-supported");
            var again = s.State == "requested" ? "requested" : "active";
            await tx.Execute("""
                update fhir.subscription set state = @again, claim = claim + 1, attempts = 0, failing_since = null, error = null, due = @Now, sent = least(sent, coalesce(@sent::bigint, sent))
                where tenant = @Tenant and id = @id
                """, new { tx.Tenant, tx.Now, id, again, sent = from is { } n ? Math.Max(n - 1, 0) : (long?)null });
            await status.Project(tx, id, again, null);
            return (await Subscribed.Find(tx, id))!;
        }, stop);
        if (!done.Ok) return FhirAnswer.Of(done.Problem);
        bell.Ring();
        return new FhirAnswer(200, Notification.Statuses(settings.Base, [done.Value], db.Clock.GetUtcNow())) { Type = "Bundle" };
    }

    private async Task<FhirAnswer> Bind(Caller caller, string[] ids, CancellationToken stop)
    {
        if (Unlimited(caller, 'r') is { } no) return FhirAnswer.Of(no);
        if (ids.Length is 0 or > MostBound) return FhirAnswer.Of(Problem.Invalid($"Name one to {MostBound} subscriptions by id.", "id", "required"));
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var until = db.Clock.GetUtcNow() + TokenLife;
        var problem = await db.In(caller.Tenant, caller.Actor, async tx =>
        {
            foreach (var id in ids)
            {
                if (await Subscribed.Find(tx, id) is not { } s) return Unknown(id);
                if (s.Channel != "websocket") return Problem.Unprocessable($"Subscription/{id} is a {s.Channel}, not a websocket.", "id");
                if (s.MayReceive(caller) is { } beyond) return beyond;
            }
            await tx.Execute("insert into fhir.subscription_binding (tenant, token, subscriptions, until) values (@Tenant, @hash, @ids, @until)", new { tx.Tenant, hash = Hash(token), ids, until });
            return null;
        }, stop);
        if (problem is not null) return FhirAnswer.Of(problem);
        return new FhirAnswer(200, FhirJson.Write(w =>
        {
            w.WriteStartObject();
            w.WriteString("resourceType", "Parameters");
            w.WriteStartArray("parameter");
            One(w, "token", "valueString", token);
            One(w, "expiration", "valueDateTime", FhirJson.Instant(until));
            foreach (var id in ids) One(w, "subscription", "valueString", id);
            One(w, "websocket-url", "valueUrl", $"ws{settings.Base["http".Length..]}/ws");
            w.WriteEndArray();
            w.WriteEndObject();
        })) { Type = "Parameters" };
    }

    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static void One(Utf8JsonWriter w, string name, string type, string value)
    {
        w.WriteStartObject();
        w.WriteString("name", name);
        w.WriteString(type, value);
        w.WriteEndObject();
    }

    /// <summary>Subscriptions are of no patient: a patient/ scope reaches none.</summary>
    private static Problem? Unlimited(Caller caller, char interaction)
    {
        var reach = Rights.Of(caller).On("Subscription", interaction.ToString());
        return !reach.Ok ? reach.Problem : reach.Value.Patient is not null ? Problem.Forbidden("A patient/ scope does not reach subscriptions.") : null;
    }

    private static Problem Unknown(string id) => Problem.NotFound($"Subscription/{id} does not exist.");
    private static int Rank(string content) => content switch { "empty" => 0, "id-only" => 1, _ => 2 };

    private static string[] Values(List<(string Name, string Value)> asked, string name) => [.. asked.Where(a => a.Name == name).Select(a => a.Value)];

    private static long? Number(List<(string Name, string Value)> asked, string name) =>
        Values(asked, name) is [.., var text] ? long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1 : null;

    /// <summary>From the query and from a Parameters body.</summary>
    private static List<(string Name, string Value)> Ask(FhirRequest request)
    {
        var asked = Conditions.Parse(request.Query).ToList();
        if (request.Body is not { } body) return asked;
        foreach (var p in FhirJson.Items(body, "parameter"))
        {
            if (FhirJson.Text(p, "name") is not { } name || p.ValueKind != JsonValueKind.Object) continue;
            foreach (var value in p.EnumerateObject().Where(v => v.Name.StartsWith("value", StringComparison.Ordinal)))
            {
                asked.Add((name, value.Value.ValueKind == JsonValueKind.String ? value.Value.GetString()! : value.Value.GetRawText()));
            }
        }
        return asked;
    }
}
