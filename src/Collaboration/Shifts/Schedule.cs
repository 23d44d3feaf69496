using System.Text.Json;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>A team's schedule and its rules of work (SH-01).</summary>
public sealed record Schedule
{
    public Guid Team { get; init; }
    public bool Enabled { get; init; } = true;
    public string Zone { get; init; } = "UTC";

    /// <summary>0 = Sunday.</summary>
    public int WeekStart { get; init; } = 1;
    public bool TimeClock { get; init; } = true;
    public bool OpenShifts { get; init; } = true;
    public bool Swaps { get; init; } = true;
    public bool Offers { get; init; } = true;
    public bool TimeOff { get; init; } = true;
    public bool CopyActivities { get; init; } = true;
    public bool CrossLocation { get; init; }
    public bool AutoApprove { get; init; }
    /// <summary>A request that leaves fewer than the minimum: "refuse", or "ask" the manager, who gives a reason.</summary>
    public string ShortStaffed { get; init; } = "refuse";
    public bool OthersOff { get; init; } = true;
    public int RestHours { get; init; } = 11;
    public int WeeklyHours { get; init; } = 48;
    public bool OneADay { get; init; }
    public int DaysInRow { get; init; } = 6;

    /// <summary>"Night>Early": an early never follows a night.</summary>
    public string[] NeverAfter { get; init; } = [];
    public string? Place { get; init; }
    public int Version { get; init; } = 1;

    public TimeZoneInfo TimeZone => TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out var zone) ? zone : TimeZoneInfo.Utc;
    public RosterRules Rules => new(TimeZone, (DayOfWeek)WeekStart, RestHours, WeeklyHours, OneADay, DaysInRow, NeverAfter);

    internal const string Columns = """
        team, enabled, zone, week_start as WeekStart, time_clock as TimeClock, open_shifts as OpenShifts, swaps, offers, time_off as TimeOff,
        copy_activities as CopyActivities, cross_location as CrossLocation, auto_approve as AutoApprove, short_staffed as ShortStaffed, others_off as OthersOff, rest_hours as RestHours,
        weekly_hours as WeeklyHours, one_a_day as OneADay, days_in_row as DaysInRow, never_after as NeverAfter, place, version
        """;
}

/// <summary>SH-02.</summary>
public sealed record ShiftGroup
{
    public Guid Id { get; init; }
    public string Name { get; init; } = "";
    public bool Active { get; init; }
    public int Position { get; init; }
    public Guid[] People { get; init; } = [];
    public int Version { get; init; }
}

/// <summary>SH-08.</summary>
public sealed record TimeOffReason(Guid Id, string Name, string Icon, bool Active);

/// <summary>SH-05: a break, lunch, task within a shift.</summary>
public sealed record ShiftActivity(string Code, string Name, bool Paid, DateTimeOffset Start, DateTimeOffset End);

/// <summary>One thing on a roster, as one of its faces says (SH-03, SH-04, SH-06, SH-07): a shift, an open shift, time off.</summary>
public sealed record ShiftItem
{
    public Guid Id { get; init; }

    /// <summary>The managers' next version; what is not draft, everybody sees.</summary>
    public bool Draft { get; init; }
    public Guid Team { get; init; }

    /// <summary>"shift", "open" or "off".</summary>
    public string Kind { get; init; } = "shift";
    public Guid? Person { get; init; }
    public Guid? Group { get; init; }
    public Guid? Reason { get; init; }
    public int? Slots { get; init; }
    public DateTimeOffset StartsAt { get; init; }
    public DateTimeOffset EndsAt { get; init; }
    public string Label { get; init; } = "";
    public string Notes { get; init; } = "";
    public string Theme { get; init; } = "white";
    public string ActivitiesJson { get; init; } = "[]";
    public string[] Skills { get; init; } = [];
    public bool Removed { get; init; }
    public string? Override { get; init; }
    public string[] Overridden { get; init; } = [];
    public int Version { get; init; } = 1;

    public IReadOnlyList<ShiftActivity> Activities => JsonSerializer.Deserialize<List<ShiftActivity>>(ActivitiesJson, JsonSerializerOptions.Web) ?? [];

    /// <summary>Without unpaid activities.</summary>
    public double PaidHours => (EndsAt - StartsAt).TotalHours - Activities.Where(a => !a.Paid).Sum(a => (a.End - a.Start).TotalHours);

    internal Duty AsDuty(Guid here) => new(Id, Kind == "off", StartsAt, EndsAt, Label, Kind == "off" ? 0 : PaidHours, Team != here);

    public static readonly IReadOnlyList<string> Themes =
        ["white", "blue", "green", "purple", "pink", "yellow", "gray", "darkBlue", "darkGreen", "darkPurple", "darkPink", "darkYellow"];

    internal const string Columns = """
        s.id, s.draft, s.team, s.kind, s.person, s.shift_group as "Group", s.reason, s.slots, s.starts_at as StartsAt, s.ends_at as EndsAt, s.label, s.notes, s.theme,
        s.activities::text as ActivitiesJson, s.skills, s.removed, s.override, s.overridden, s.version
        """;
}

/// <summary>SH-09: what a day is to be remembered for; plain text.</summary>
public sealed record DayNote(DateOnly Day, string? Draft, string? Shared);

/// <summary>Minimum staffing; a shift may run past midnight, so the end may be past 1440.</summary>
public sealed record Cover
{
    public Guid Id { get; init; }
    public Guid? Group { get; init; }
    public int[] Weekdays { get; init; } = [];
    public int FromMinute { get; init; }
    public int ToMinute { get; init; }
    public int People { get; init; }
    public string? Skill { get; init; }
}
