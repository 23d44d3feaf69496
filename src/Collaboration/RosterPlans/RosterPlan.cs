using System.Text.Json;
using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.RosterPlans;

/// <summary>A kind of shift to be planned, and how many people it takes on each day of the week (0 = Sunday).</summary>
public sealed record PlanShift
{
    public Guid? Group { get; init; }
    public string Label { get; init; } = "";
    public int FromMinute { get; init; }

    /// <summary>Past 1440 where it ends on the next day.</summary>
    public int ToMinute { get; init; }
    public string Theme { get; init; } = "white";
    public string[] Skills { get; init; } = [];
    public int[] Needed { get; init; } = new int[7];

    public bool Is(ShiftItem item, TimeZoneInfo zone) => item.Kind == "shift" && item.Group == Group && string.Equals(item.Label, Label, StringComparison.OrdinalIgnoreCase)
        && item.Skills.Order(StringComparer.OrdinalIgnoreCase).SequenceEqual(Skills.Order(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase)
        && Wall(item.StartsAt, zone) == FromMinute && (Wall(item.EndsAt, zone) - ToMinute) % 1440 == 0;

    /// <summary>Three hours or more between 23:00 and 06:00.</summary>
    public bool Night => Ledger.IsNight(FromMinute, ToMinute);

    internal static int Wall(DateTimeOffset at, TimeZoneInfo zone) => (int)TimeZoneInfo.ConvertTime(at, zone).TimeOfDay.TotalMinutes;
}

/// <summary>How much each thing matters, 0 to 10; zero leaves it out.</summary>
public sealed record PlanWeights
{
    public int Staff { get; init; } = 10;
    public int Wishes { get; init; } = 5;
    public int Nights { get; init; } = 3;
    public int Weekends { get; init; } = 3;
    public int Shifts { get; init; } = 2;
    public int DaysOff { get; init; } = 3;
}

/// <summary>A cell a manager set: this shift (null: off) on that day, or anything but this.</summary>
public sealed record PlanLock(Guid Person, DateOnly Day, int? Shift, bool Forbid);

/// <summary>What is to be planned.</summary>
public sealed record PlanAsk
{
    public Guid[] Groups { get; init; } = [];
    public PlanShift[] Shifts { get; init; } = [];
    public PlanWeights Weights { get; init; } = new();

    /// <summary>Drafts of these shifts that nobody but managers has seen may be moved; else they stand.</summary>
    public bool MoveDrafts { get; init; } = true;
    public PlanLock[] Locks { get; init; } = [];
    public int? MostNights { get; init; }
    public int? MostWeekends { get; init; }

    /// <summary>Who is ill, and the reason of the time off; of a plan after a sick call.</summary>
    public Guid? Ill { get; init; }
    public Guid? Reason { get; init; }

    /// <summary>Who stood where when the search began; after a sick call its cells count <see cref="Shifts"/> as they were then.</summary>
    public PlanCell[]? Stood { get; init; }
}

/// <summary>Who works what on which day of the plan.</summary>
public readonly record struct PlanCell(Guid Person, int Day, int Shift);

/// <summary>A plan and where it stands.</summary>
public sealed record RosterPlan
{
    public Guid Id { get; init; }
    public Guid Team { get; init; }
    public string Kind { get; init; } = "plan";
    public DateOnly First { get; init; }
    public int Days { get; init; }
    public string AskJson { get; init; } = "{}";
    public Guid? Parent { get; init; }
    public string State { get; init; } = "queued";
    public long? Penalty { get; init; }
    public long? Bound { get; init; }
    public string? CellsJson { get; init; }
    public int Found { get; init; }
    public int Seconds { get; init; }
    public bool StopAsked { get; init; }
    public string? Why { get; init; }
    public Guid MadeBy { get; init; }
    public DateTimeOffset MadeAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public string? LaidJson { get; init; }
    public string NextJson { get; init; } = "[]";
    public int Version { get; init; }

    public PlanAsk Ask => JsonSerializer.Deserialize<PlanAsk>(AskJson, JsonSerializerOptions.Web)!;
    public IReadOnlyList<PlanCell> Cells => Read(CellsJson);

    /// <summary>What a manager wants kept or not, for the next search.</summary>
    public IReadOnlyList<PlanLock> Next => JsonSerializer.Deserialize<PlanLock[]>(NextJson, JsonSerializerOptions.Web)!;
    public bool Running => State is "queued" or "running";
    public bool Ready => State is "done" or "stopped" && CellsJson is not null;
    public bool Illness => Kind == "illness";

    internal static IReadOnlyList<PlanCell> Read(string? json) => json is null ? [] : [.. JsonSerializer.Deserialize<PlanCell[]>(json, JsonSerializerOptions.Web)!];
    internal static string Write(IEnumerable<PlanCell> cells) => JsonSerializer.Serialize(cells, JsonSerializerOptions.Web);

    internal const string Columns = """
        p.id, p.team, p.kind, p.first_day as First, p.days, p.ask::text as AskJson, p.parent, p.state, p.penalty, p.bound, p.cells::text as CellsJson, p.found, p.seconds,
        p.stop_asked as StopAsked, p.why, p.made_by as MadeBy, p.made_at as MadeAt, p.started_at as StartedAt, p.ended_at as EndedAt, p.laid::text as LaidJson, p.next::text as NextJson, p.version
        """;

    /// <summary>For lists: whether anything was found, not what.</summary>
    internal static readonly string Brief = Columns.Replace("p.cells::text", "case when p.cells is not null then '[]' end", StringComparison.Ordinal).Replace("p.laid::text", "null::text", StringComparison.Ordinal);
}

/// <summary>What planning may take of this server (ROSTER_WORKERS, ROSTER_SECONDS, ROSTER_PLANS).</summary>
/// <param name="Workers">Threads of a search; eight find more than two, on two cores as well.</param>
/// <param name="Seconds">For a plan that asks for nothing else.</param>
/// <param name="Plans">At once, of all hospitals.</param>
public sealed record PlanLimits(int Workers = 8, int Seconds = 60, int Plans = 1);
