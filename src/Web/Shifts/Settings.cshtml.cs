using System.Globalization;
using System.Text;
using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>A schedule's switches and rules, groups, reasons, minimum staffing, skills, owners and its workforce system.</summary>
public sealed class SettingsPage(Schedules schedules, ShiftStaff staff) : StaffPage
{
    public ShiftSettings Settings { get; private set; } = null!;
    public Problem? Refused { get; private set; }
    public Roster Roster => Settings.Roster;
    public Schedule Schedule => Roster.Place.Schedule;
    public Guid Team => Schedule.Team;

    public async Task<IActionResult> OnGetAsync(Guid team) => await Load(team) ?? Page();

    public async Task<IActionResult> OnPostAsync(Guid team, int version, string? zone, int weekStart, bool enabled, bool timeClock, bool openShifts, bool swaps, bool offers, bool timeOff, bool copyActivities,
        bool crossLocation, bool autoApprove, string? shortStaffed, bool othersOff, bool oneADay, int restHours, int weeklyHours, int daysInRow, string? neverAfter, string? place) =>
        await Done(team, (await schedules.Set(Me, new Schedule
        {
            Team = team, Version = version, Zone = zone?.Trim() ?? "", WeekStart = weekStart, Enabled = enabled, TimeClock = timeClock, OpenShifts = openShifts, Swaps = swaps, Offers = offers, TimeOff = timeOff,
            CopyActivities = copyActivities, CrossLocation = crossLocation, AutoApprove = autoApprove, ShortStaffed = shortStaffed ?? "refuse", OthersOff = othersOff, OneADay = oneADay, RestHours = restHours, WeeklyHours = weeklyHours, DaysInRow = daysInRow,
            NeverAfter = [.. Lines(neverAfter).Select(l => string.Join('>', l.Split('>', StringSplitOptions.TrimEntries)))], Place = string.IsNullOrWhiteSpace(place) ? null : place.Trim(),
        }, Stop)).Problem);

    public async Task<IActionResult> OnPostGroupAsync(Guid team, Guid? id, string? name, bool active, Guid[] people, int version) => await Done(team, (await staff.Group(Me, team, id, name ?? "", active, people, version, Stop)).Problem);

    public async Task<IActionResult> OnPostReasonAsync(Guid team, Guid? id, string? name, string? icon, bool active) => await Done(team, (await staff.Reason(Me, team, id, name ?? "", icon ?? "none", active, Stop)).Problem);

    public async Task<IActionResult> OnPostCoverAsync(Guid team, Guid? group, int[] weekdays, string? from, string? to, int people, string? skill)
    {
        var (start, end) = (ShiftTimes.Minute(from) ?? -1, ShiftTimes.Minute(to) ?? -1);
        return await Done(team, (await staff.AddCover(Me, team, new Cover { Group = group, Weekdays = weekdays, FromMinute = start, ToMinute = end >= 0 && end <= start ? end + 1440 : end, People = people, Skill = skill }, Stop)).Problem);
    }

    public async Task<IActionResult> OnPostUncoverAsync(Guid team, Guid id) => await Done(team, (await staff.RemoveCover(Me, team, id, Stop)).Problem);

    /// <summary>"IV, ECMO 2027-03-31": a date is the last day it holds.</summary>
    public async Task<IActionResult> OnPostSkillsAsync(Guid team, Guid person, string? skills) => await Done(team, (await staff.Skills(Me, team, person,
        [.. (skills ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Skill)], Stop)).Problem);

    /// <param name="people">May all of it.</param>
    public async Task<IActionResult> OnPostOwnersAsync(Guid team, Guid[] people, Guid[] edits, Guid[] decides, Guid[] hours) => await Done(team, (await schedules.Owners(Me, team,
        [.. people.Concat(edits).Concat(decides).Concat(hours).Distinct().Select(p => new ScheduleOwner(p, people.Contains(p) || edits.Contains(p), people.Contains(p) || decides.Contains(p), people.Contains(p) || hours.Contains(p)))], Stop)).Problem);

    public async Task<IActionResult> OnPostHookAsync(Guid team, string? url, string? protocol, string? secret, string[] supports, string[] eligibility, string? onSilence) => await Done(team, (await staff.Hook(Me, team,
        string.IsNullOrWhiteSpace(url) ? null : new WorkforceHook { Url = url.Trim(), Protocol = protocol ?? "hmac", Secret = Encoding.UTF8.GetBytes(secret ?? ""), Supports = supports, Eligibility = eligibility, OnSilence = onSilence ?? "refuse" }, Stop)).Problem);

    public static string Text(IEnumerable<(string Skill, DateOnly? Until)> skills) => string.Join(", ", skills.Select(s => s.Until is { } until ? $"{s.Skill} {until:yyyy-MM-dd}" : s.Skill));

    private static (string, DateOnly?) Skill(string text)
    {
        var at = text.LastIndexOf(' ');
        return at > 0 && DateOnly.TryParseExact(text[(at + 1)..], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var until) ? (text[..at].Trim(), until) : (text, null);
    }

    private static string[] Lines(string? text) => (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private async Task<IActionResult> Done(Guid team, Problem? problem)
    {
        if (problem is null) return SeeOther($"/shifts/{team}/settings");
        if (problem.Status is 403 or 404 || await Load(team) is not null) return Refuse(problem);
        Refused = problem;
        Response.StatusCode = problem.Status;
        return Page();
    }

    private async Task<IActionResult?> Load(Guid team)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var settings = await staff.Settings(Me, team, Stop);
        if (!settings.Ok) return Refuse(settings.Problem);
        Settings = settings.Value;
        return null;
    }
}
