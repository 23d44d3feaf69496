using HealthTeams.Platform.Database;

namespace HealthTeams.Platform.Audit;

/// <summary>What of a record goes into the chain's hash. Never changed: it would break every chain there is. Pure.</summary>
internal static class AuditLine
{
    public static string Read(Guid id, DateTimeOffset at, string actor, string kind, string? client, string? source, string action, string subject, string? patient, short outcome) =>
        $"{id}|{at.ToUnixTimeMilliseconds()}|{actor}|{kind}|{client}|{source}|{action}|{subject}|{patient}|{outcome}\n";

    public static string Change(SealedEvent e) =>
        $"{e.Id}|{e.At.ToUnixTimeMilliseconds()}|{e.Actor}|{e.ActorKind}|{e.Client}|{e.Source}|{e.Kind}|{e.Subject}|{e.Patient}|{e.Data}\n";
}

internal sealed record SealedEvent
{
    public Guid Id { get; init; }
    public DateTimeOffset At { get; init; }
    public string Kind { get; init; } = "";
    public string Subject { get; init; } = "";
    public string? Patient { get; init; }
    public string Actor { get; init; } = "";
    public string ActorKind { get; init; } = "";
    public string? Client { get; init; }
    public string? Source { get; init; }
    public string Data { get; init; } = "";

    /// <summary>Of one span, in the order they are hashed.</summary>
    public static Task<IReadOnlyList<SealedEvent>> Of(Tx tx, long lower, long upper) => tx.Query<SealedEvent>("""
        select id, at, kind, subject, patient, actor, actor_kind as ActorKind, client, source, data::text as Data from platform.event
        where tenant = @Tenant and xid >= @lower and xid < @upper order by id
        """, new { tx.Tenant, lower, upper });
}
