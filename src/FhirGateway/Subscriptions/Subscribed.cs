using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Audit;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>The row of a subscription, as read by whoever feeds, delivers or tells of it.</summary>
internal sealed record Subscribed
{
    public const string Columns = """
        s.tenant, s.id, s.type, s.criteria, s.topic, s.channel, s.endpoint, s.headers, s.payload, s.content, s.by_post as ByPost, s.secret,
        s.timeout_seconds as Timeout, s.heartbeat_seconds as Heartbeat, s.max_count as MaxCount, s.rights::text as RightsJson, s.state, s.since, s.last, s.sent,
        s.claim, s.attempts, s.failing_since as FailingSince, s.error
        """;

    public int Tenant { get; init; }
    public string Id { get; init; } = "";
    public string? Type { get; init; }
    public string Criteria { get; init; } = "";
    public string? Topic { get; init; }
    public string Channel { get; init; } = "";
    public string? Endpoint { get; init; }
    public string[] Headers { get; init; } = [];
    public string? Payload { get; init; }
    public string Content { get; init; } = "";
    public bool ByPost { get; init; }
    public string? Secret { get; init; }
    public int Timeout { get; init; }
    public int? Heartbeat { get; init; }
    public int MaxCount { get; init; }
    public string RightsJson { get; init; } = "";
    public string State { get; init; } = "";
    public long Since { get; init; }
    public long Last { get; init; }
    public long Sent { get; init; }
    public int Claim { get; init; }
    public int Attempts { get; init; }
    public DateTimeOffset? FailingSince { get; init; }
    public string? Error { get; init; }

    private Rights? rights;
    public Rights Rights => rights ??= Rights.Parse(RightsJson);

    /// <summary>Who else may be told what this one is told: only who reaches as far as its owner.</summary>
    public Problem? MayReceive(Caller caller)
    {
        if (Content == "empty") return null;
        var mine = Rights.Of(caller).On(Type ?? "*", "rs");
        if (!mine.Ok) return mine.Problem;
        var theirs = Rights.On(Type ?? "*", "rs");
        return mine.Value.Patient is null || (theirs.Ok && theirs.Value.Patient == mine.Value.Patient) ? null
            : Problem.Forbidden("This subscription tells of more patients than the granted scopes reach.");
    }

    public static Task<Subscribed?> Find(Tx tx, string id) =>
        tx.OneOrNone<Subscribed>($"select {Columns} from fhir.subscription s where s.tenant = @Tenant and s.id = @id", new { tx.Tenant, id });
}

/// <summary>One match of one subscription, with the version it is about where that is to be sent.</summary>
internal sealed record Notice
{
    public long Number { get; init; }
    public Guid Event { get; init; }
    public DateTimeOffset At { get; init; }
    public string Kind { get; init; } = "";
    public short TypeNumber { get; init; }
    public string Id { get; init; } = "";
    public int Version { get; init; }

    /// <summary>The version's bytes; null after a delete, or when only ids are sent.</summary>
    public byte[]? Body { get; init; }

    public string Type => ResourceTypes.Name(TypeNumber);
    public bool Deleted => Kind == "fhir.delete";
    public string Reference => $"{Type}/{Id}";

    /// <summary>What left the house, and to whom: by an endpoint the subscription's owner, by a socket who bound it.</summary>
    public static async Task Recorded(AccessLog audit, Db db, Subscribed s, Actor reader, IEnumerable<Notice> notices)
    {
        if (s.Content == "empty") return;
        foreach (var n in notices)
        {
            await audit.Record(new(s.Tenant, db.Clock.GetUtcNow(), reader, "vread", $"{n.Reference}/_history/{n.Version}", n.Body is { } body ? PatientOf.Resource(n.Type, n.Id, body) : null, 200), CancellationToken.None);
        }
    }

    public static async Task<List<Notice>> Between(Tx tx, Subscribed s, long after, long until, int atMost, bool bodies) =>
    [
        .. await tx.Query<Notice>($"""
            select n.number, n.event, n.at, n.kind, n.type as TypeNumber, n.id, n.version, {(bodies ? "b.body" : "null::bytea")} as Body
            from fhir.subscription_notice n
            {(bodies ? """
            left join lateral (
              select r.body from fhir.resource r where r.tenant = n.tenant and r.type = n.type and r.id = n.id and r.version = n.version
              union all
              select h.body from fhir.history h where h.tenant = n.tenant and h.type = n.type and h.id = n.id and h.version = n.version
              limit 1) b on true
            """ : "")}
            where n.tenant = @Tenant and n.subscription = @Id and n.number > @after and n.number <= @until
            order by n.number
            limit @atMost
            """, new { tx.Tenant, s.Id, after, until, atMost }),
    ];
}
