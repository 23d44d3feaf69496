using System.Text.Json;

namespace HealthTeams.Platform.Events;

/// <summary>A state change, as told to everyone who must know: ids only, never clinical text.</summary>
/// <param name="Kind">e.g. "visit.started", "fhir.update".</param>
/// <param name="Subject">e.g. "visit/0199…", "Appointment/12".</param>
/// <param name="Patient">The patient it is about: "Patient/ID" of our FHIR API, or "person/UUID".</param>
public sealed record Event(
    Guid Id, int Tenant, DateTimeOffset At, string Kind, string Subject, string? Patient, Actor Actor, string Data)
{
    public static Event Of(Guid id, int tenant, DateTimeOffset at, string kind, string subject, string? patient, Actor actor, object? data) =>
        new(id, tenant, at, kind, subject, patient, actor, data is null ? "{}" : JsonSerializer.Serialize(data, JsonSerializerOptions.Web));

    /// <summary>How long its delivery waits (an undo window); pages are told at once all the same.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The id in the subject: "visit/0199…" → that UUID.</summary>
    public Guid SubjectId => Guid.Parse(Subject.AsSpan(Subject.IndexOf('/', StringComparison.Ordinal) + 1));
}

/// <summary>Declares that a consumer is to get some events: a delivery row is written with each of them.</summary>
/// <param name="Lane">Events of one lane are delivered strictly in order; null means any order.</param>
public sealed record EventRoute(string Consumer, Func<Event, bool> Wants, Func<Event, string?>? Lane = null)
{
    /// <summary>
    /// SQL: whether there is anything for it to do in tenant $1, asked with the event's own insert; null: always. Most
    /// hospitals have no EHR of one kind or another: a delivery that ends in nothing costs as much as the event.
    /// </summary>
    public string? While { get; init; }
}

/// <summary>All declared routes; known before the first write.</summary>
public sealed class EventRouting(IEnumerable<EventRoute> routes)
{
    public IReadOnlyList<EventRoute> Routes { get; } = [.. routes];

    /// <summary>$1 tenant, $2..$5 due, event, consumer, lane of each.</summary>
    internal string InsertDeliveries => field ??= $"""
        insert into platform.delivery (tenant, event, consumer, lane, due)
        select $1, d.event, d.consumer, d.lane, d.due
        from unnest($2::timestamptz[], $3::uuid[], $4::text[], $5::text[]) with ordinality as d (due, event, consumer, lane, n)
        where {string.Join(" and ", Routes.Where(r => r.While is not null).Select(r => $"(d.consumer <> '{r.Consumer}' or {r.While})").DefaultIfEmpty("true"))}
        order by d.n
        """;
}

/// <summary>Receives events at least once; must be idempotent by <see cref="Event.Id"/>.</summary>
public interface IEventConsumer
{
    string Name { get; }

    /// <summary>
    /// Null when done. A problem is retried with back-off and parked, visibly, after <see cref="EventDelivery.GiveUpAfter"/>;
    /// one that repeating cannot mend (<see cref="EventDelivery.IsPermanent"/>) is parked at once.
    /// </summary>
    Task<Problem?> Deliver(Event e, CancellationToken stop);
}
