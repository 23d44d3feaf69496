using HealthTeams.Collaboration.Messages;

namespace HealthTeams.Collaboration.Conversations;

/// <summary>"direct", "group", "channel" or "patient" (TC-11, TC-12), with what belongs to it.</summary>
public sealed record Conversation
{
    public Guid Id { get; init; }
    public string Kind { get; init; } = "";
    public string? Title { get; init; }
    public Guid? Team { get; init; }
    public Guid? Channel { get; init; }
    public Guid? Patient { get; init; }
    public string? Roster { get; init; }
    public int LastSeq { get; init; }
    public long LastChange { get; init; }
    public int Version { get; init; }

    internal const string Columns = "c.id, c.kind, c.title, c.team, c.channel, c.patient, c.roster, c.last_seq as LastSeq, c.last_change as LastChange, c.version";
}

/// <summary>Somebody or some people whom a message names ("person", "team", "channel", "tag").</summary>
/// <param name="Target">The person's id; the name of the on-shift tag.</param>
/// <param name="Label">As it stands in the text, without the @.</param>
public sealed record Mention(string Kind, string Target, string Label);

/// <summary>What somebody says, and where: one of <see cref="Conversation"/>, <see cref="Channel"/>, <see cref="Team"/> with <see cref="Patient"/>, or <see cref="People"/>.</summary>
public sealed record PostSaid
{
    public Guid? Conversation { get; init; }
    public Guid? Channel { get; init; }
    public Guid? Team { get; init; }
    public Guid? Patient { get; init; }

    /// <summary>Everybody it is between; the sender need not be named again.</summary>
    public IReadOnlyCollection<Guid> People { get; init; } = [];

    /// <summary>Null for what no person says: an EHR's message.</summary>
    public Guid? SenderPerson { get; init; }

    /// <summary>As shown; for a person their name is taken.</summary>
    public string? Sender { get; init; }
    public required string Text { get; init; }

    /// <summary>"normal", "important" or "urgent".</summary>
    public string Priority { get; init; } = "normal";
    public bool Receipt { get; init; }
    public bool AnyoneOfRole { get; init; }

    /// <summary>Who is to be rung; empty: everybody there but the sender.</summary>
    public IReadOnlyCollection<Guid> To { get; init; } = [];

    /// <summary>The same by role, team or on-shift tag; wins over <see cref="To"/>. Whoever they mean now must be in the conversation.</summary>
    public IReadOnlyList<Target> Targets { get; init; } = [];
    public Guid? ReplyTo { get; init; }

    /// <summary>The same key of the same sender is one message.</summary>
    public string? Key { get; init; }

    /// <summary>Logical id of the Communication in our FHIR API; the same one is said once.</summary>
    public string? Communication { get; init; }
    public string? Lang { get; init; }
    public IReadOnlyList<Mention> Mentions { get; init; } = [];
    public IReadOnlyCollection<Guid> Files { get; init; } = [];
}

/// <param name="Again">It was said before: nothing was written.</param>
public sealed record Posted(Guid Conversation, Guid Message, int Seq, bool Again);
