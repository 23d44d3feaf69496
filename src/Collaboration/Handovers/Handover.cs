using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Handovers;

/// <summary>Responsibility for patients on its way from one person to the next (I-PASS; FEATURES section 16, b).</summary>
public sealed record Handover
{
    public Guid Id { get; init; }
    public Guid Team { get; init; }
    public string TeamName { get; init; } = "";
    public Guid? List { get; init; }
    public string? ListName { get; init; }
    public Guid Giver { get; init; }
    public string GiverName { get; init; } = "";
    public Guid? Shift { get; init; }
    public string? ShiftLabel { get; init; }
    public DateTimeOffset? EndsAt { get; init; }
    public string Title { get; init; } = "";
    public string? Note { get; init; }

    /// <summary>"draft", "offered", "accepted", "declined" or "cancelled".</summary>
    public string State { get; init; } = "draft";
    public Guid? Receiver { get; init; }
    public string? ReceiverName { get; init; }
    public string? Why { get; init; }
    public Guid? Replaces { get; init; }
    public Guid? ReplacedBy { get; init; }
    public int Number { get; init; } = 1;
    public string? Origin { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? FilledAt { get; init; }
    public DateTimeOffset? OfferedAt { get; init; }
    public DateTimeOffset? AcceptedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public DateTimeOffset? PassedAt { get; init; }
    public DateTimeOffset? EscalatedAt { get; init; }
    public int Version { get; init; } = 1;
    public int Patients { get; init; }

    /// <summary>How many of the patients whoever has read back most has read back.</summary>
    public int ReadBack { get; init; }
    public int Questions { get; init; }
    public Guid[] To { get; init; } = [];
    public string[] ToNames { get; init; } = [];

    public bool Live => State is "draft" or "offered";
}

/// <summary>One patient of a handover.</summary>
public sealed record HandoverEntry
{
    public Guid Id { get; init; }
    public Guid Patient { get; init; }
    public string? Bed { get; init; }
    public required PatientFacts Facts { get; init; }
    public IReadOnlyDictionary<string, HandoverSection> Sections { get; init; } = new Dictionary<string, HandoverSection>();
    public IReadOnlyList<HandoverItem> Items { get; init; } = [];
    public IReadOnlyList<ReadBack> ReadBacks { get; init; } = [];
    public IReadOnlyList<HandoverQuestion> Questions { get; init; } = [];

    public string Text(string section) => Sections.TryGetValue(section, out var s) ? s.Text : "";
    public string Severity => Text("severity");

    /// <summary>Names what its reader sees: signed again, or sent again, it is another.</summary>
    public string Words(Handover h) => $"{h.OfferedAt?.UtcTicks}-{Sections.Values.Sum(s => s.Version)}";
    public ReadBack? By(Guid? person) => ReadBacks.FirstOrDefault(r => r.Person == person);
}

public sealed record HandoverSection(string Text, string Filled, int Version, DateTimeOffset At, Guid? By)
{
    public static readonly HandoverSection Empty = new("", "", 0, default, null);
}

/// <param name="Kind">"task", "message", "visit" or "flag".</param>
/// <param name="Ref">Its id there; a flag's its FHIR reference.</param>
public sealed record HandoverItem(string Kind, string Ref, string Text, short? Priority, DateTimeOffset? At);

public sealed record ReadBack(Guid Person, string Name, string? Text, DateTimeOffset At);

public sealed record HandoverQuestion(Guid Id, string By, Guid ById, DateTimeOffset At, string Text, string? Answer, string? AnsweredBy, DateTimeOffset? AnsweredAt, bool Withdrawn)
{
    public bool Open => Answer is null && !Withdrawn;
}

public sealed record HandoverEvent(string Kind, DateTimeOffset At, string? By, string? Patient, string? Detail);

/// <summary>Of a team. A team that has set nothing is warned, and its owners are told after a quarter of an hour.</summary>
public sealed record HandoverRule
{
    public string ClockOut { get; init; } = "warn";
    public int EscalateMinutes { get; init; } = 15;
    public int Version { get; init; }
}

/// <summary>A handover with everything on it, as one of the team sees it.</summary>
/// <param name="Mine">What is the reader's to pass on, once accepted: open tasks and urgent messages of the giver.</param>
public sealed record HandoverView(Handover Handover, IReadOnlyList<HandoverEntry> Entries, IReadOnlyList<HandoverEvent> Events, Guid? Me, bool MayReceive, int Passing, bool Owner = false)
{
    public bool IsGiver => Me is not null && Handover.Giver == Me;
    /// <summary>Says to whom it goes: the giver, and an owner of the team whom it was escalated to.</summary>
    public bool MaySend => Handover.Live && (IsGiver || (Owner && Handover.State == "offered"));

    /// <summary>Who is asked by name says no; what is offered to anyone is left to others.</summary>
    public bool MayDecline => Receives && Me is { } me && Handover.To.Contains(me);
    public bool Writes => IsGiver && Handover.State == "draft";
    public bool Receives => Handover.State == "offered" && MayReceive;
    public IEnumerable<HandoverEntry> Unread => Entries.Where(e => e.By(Me) is null);

    /// <summary>What I have read back, by id: no device needs to keep its words any longer.</summary>
    public string Said => string.Join(' ', Entries.Where(e => e.By(Me) is not null).Select(e => e.Id));
    public IEnumerable<HandoverQuestion> OpenQuestions => Entries.SelectMany(e => e.Questions).Where(q => q.Open);
    public bool Ready => !Unread.Any() && !OpenQuestions.Any();
}
