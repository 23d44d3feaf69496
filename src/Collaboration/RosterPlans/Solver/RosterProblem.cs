namespace HealthTeams.Collaboration.RosterPlans.Solver;

/// <summary>
/// What is to be planned, in numbers: who may work which kind of shift on which day, what must be, what is wished and what each
/// costs. It knows no database, no clock and no library; our schedules and the published benchmarks are read into the same.
/// </summary>
public sealed record RosterProblem
{
    public required int Days { get; init; }
    public required IReadOnlyList<ShiftKind> Kinds { get; init; }
    public required IReadOnlyList<RosterMember> Members { get; init; }
    public required IReadOnlyList<RosterNeed> Needs { get; init; }

    /// <summary>What one person may not do on two days.</summary>
    public IReadOnlyList<RosterClash> Clashes { get; init; } = [];

    public IReadOnlyList<RosterWish> Wishes { get; init; } = [];
    public IReadOnlyList<RosterBalance> Balances { get; init; } = [];

    /// <summary>Days of each weekend; one that the range cuts has one day.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Weekends { get; init; } = [];

    /// <summary>The roster to stay close to, where there is one: what another person would have to change costs <see cref="TouchWeight"/> once.</summary>
    public RosterCells? Current { get; init; }
    public int TouchWeight { get; init; }
}

/// <param name="Minutes">On each day: a change of the clocks makes a night shorter or longer.</param>
public sealed record ShiftKind(string Name, IReadOnlyList<int> Minutes);

/// <summary>One person. Zero switches a number off.</summary>
public sealed record RosterMember
{
    public required string Name { get; init; }

    /// <summary>(day, kind) the person cannot have: skills, time off, other duties, availability.</summary>
    public IReadOnlySet<(int Day, int Kind)> Barred { get; init; } = new HashSet<(int, int)>();

    /// <summary>What stands already: a kind, or <see cref="RosterCells.Off"/>.</summary>
    public IReadOnlyDictionary<int, int> Locked { get; init; } = new Dictionary<int, int>();

    /// <summary>Days on which the person works something that is not planned here.</summary>
    public IReadOnlySet<int> Busy { get; init; } = new HashSet<int>();

    public IReadOnlyList<RosterLimit> Limits { get; init; } = [];
    public int MaxRun { get; init; }
    public int MinRun { get; init; }
    public int MinOff { get; init; }

    /// <summary>What a stretch of work or rest that is too short costs; zero: there is none.</summary>
    public int PatternWeight { get; init; }
    public int? MaxWeekends { get; init; }

    /// <summary>Days worked in a row just before the first day and just after the last.</summary>
    public int RunBefore { get; init; }
    public int RunAfter { get; init; }
}

/// <summary>Minutes or shifts of some kinds on some days; hard.</summary>
public sealed record RosterLimit(IReadOnlyList<int> Days, IReadOnlyList<int>? Kinds, bool InMinutes, int Min, int Max);

/// <summary>So many people, with a price for each too few or too many.</summary>
/// <param name="By">(day, kind) that count.</param>
/// <param name="Members">Who counts; null: everybody.</param>
/// <param name="Given">Who is there anyway.</param>
public sealed record RosterNeed(string Name, int Day, int People, int Under, int Over, IReadOnlyList<(int Day, int Kind)> By, IReadOnlyList<int>? Members = null, int Given = 0);

/// <summary>Who has the first kind on a day has not the other so many days later.</summary>
public sealed record RosterClash(int Day, int First, int Later, int Then);

/// <param name="Kind">Null: any.</param>
/// <param name="On">Wished; otherwise wished not.</param>
public sealed record RosterWish(int Member, int Day, int? Kind, bool On, int Weight, string Why = "wish");

/// <summary>Something to be shared out evenly over the periods: each further one costs more than the one before.</summary>
/// <param name="Of">(day, kind) that count; null: weekends.</param>
/// <param name="Before">What each has had, in the same unit.</param>
public sealed record RosterBalance(string Name, IReadOnlyList<(int Day, int Kind)>? Of, IReadOnlyList<int> Before, int Weight);

/// <summary>Who does what on each day: a kind, or off.</summary>
public sealed record RosterCells(int[][] Of)
{
    public const int Off = -1;

    public int this[int member, int day] => Of[member][day];

    public static RosterCells Empty(int members, int days) => new([.. Enumerable.Range(0, members).Select(_ => Enumerable.Repeat(Off, days).ToArray())]);

    public RosterCells Copy() => new([.. Of.Select(row => (int[])row.Clone())]);
}

/// <summary>A roster found.</summary>
/// <param name="Bound">No roster costs less.</param>
public sealed record RosterFound(RosterCells Cells, long Penalty, long Bound, TimeSpan At)
{
    public bool Best => Penalty <= Bound;
}
