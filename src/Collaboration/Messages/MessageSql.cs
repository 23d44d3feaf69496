namespace HealthTeams.Collaboration.Messages;

/// <summary>What is asked of a raised message's recipients together.</summary>
internal sealed record RaisedRow
{
    public Guid Message { get; init; }
    public Guid? Conversation { get; init; }
    public Guid? Team { get; init; }
    public Guid? Sender { get; init; }
    public bool Anyone { get; init; }
    public string? Settled { get; init; }
    public Guid? Patient { get; init; }
    public string Priority { get; init; } = "";
}

internal static class MessageSql
{
    /// <summary>Reading, acknowledging, escalating and taking back wait for each other here; the repeats do not.</summary>
    public static Task<RaisedRow?> Lock(Tx tx, Guid message) => tx.OneOrNone<RaisedRow>("""
        select r.message, r.conversation, r.team, r.sender, r.anyone, r.settled, m.patient, m.priority
        from collab.message_raised r join collab.message m on m.tenant = r.tenant and m.id = r.message
        where r.tenant = @Tenant and r.message = @message
        for update of r
        """, new { tx.Tenant, message });

    /// <summary>Whose pages show it: the one who did something, and the sender.</summary>
    public static IEnumerable<Guid> Concerned(RaisedRow raised, params Guid[] people) => (raised.Sender is { } sender ? people.Append(sender) : people).Distinct();

    /// <summary>The same for a reading, which waits for nobody.</summary>
    public static Task<IReadOnlyList<Guid>> Readers(Tx tx, Guid message, Guid person) => tx.Query<Guid>("""
        select @person union select sender from collab.message_raised where tenant = @Tenant and message = @message and sender is not null
        """, new { tx.Tenant, message, person });
}
