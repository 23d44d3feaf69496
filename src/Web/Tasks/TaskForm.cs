using HealthTeams.Collaboration.Forms;
using System.Globalization;
using HealthTeams.Collaboration.Tasks;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Tasks;

/// <summary>A task's form as typed: kept as it is until it is right.</summary>
public sealed record TaskForm
{
    public string Title { get; init; } = "";
    public string? Notes { get; init; }
    public Guid? Board { get; init; }
    public Guid? Bucket { get; init; }
    public short Priority { get; init; } = TaskRules.Medium;
    public string? StartDay { get; init; }
    public string? StartTime { get; init; }
    public string? DueDay { get; init; }
    public string? DueTime { get; init; }
    public int? Remind { get; init; }
    public string? Labels { get; init; }
    public IReadOnlyList<Guid> Assignees { get; init; } = [];
    public string? Checks { get; init; }
    public Guid? Patient { get; init; }
    public Guid? Visit { get; init; }
    public Guid? Message { get; init; }
    public bool NeedsChecklist { get; init; }
    public bool NeedsPhoto { get; init; }
    public Guid? Approver { get; init; }
    public Guid? Chain { get; init; }
    public string? Form { get; init; }
    public string? Repeat { get; init; }
    public int Every { get; init; } = 1;
    public IReadOnlyList<int> Weekdays { get; init; } = [];
    public int? Nth { get; init; }
    public string? Until { get; init; }
    public int? Times { get; init; }
    public int Ahead { get; init; } = 1;
    public bool SkipOpen { get; init; }

    public static TaskForm Of(IFormCollection f) => new()
    {
        Title = Text(f, "title") ?? "", Notes = Text(f, "notes")?.Replace("\r\n", "\n", StringComparison.Ordinal), Board = Id(f, "board"), Bucket = Id(f, "bucket"), Priority = (short)(Number(f, "priority") ?? TaskRules.Medium),
        StartDay = Text(f, "startDay"), StartTime = Text(f, "startTime"), DueDay = Text(f, "dueDay"), DueTime = Text(f, "dueTime"), Remind = Number(f, "remind"), Labels = Text(f, "labels"),
        Assignees = [.. f["assignees"].Select(v => Guid.TryParse(v, out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty).Distinct()], Checks = Text(f, "checks"), Patient = Id(f, "patient"), Visit = Id(f, "visit"), Message = Id(f, "message"),
        NeedsChecklist = f.ContainsKey("needsChecklist"), NeedsPhoto = f.ContainsKey("needsPhoto"), Approver = Id(f, "approver"), Chain = Id(f, "chain"), Form = Text(f, "form"),
        Repeat = Text(f, "repeat"), Every = Number(f, "every") ?? 1, Weekdays = [.. f["weekdays"].Select(v => int.TryParse(v, CultureInfo.InvariantCulture, out var d) ? d : 0).Distinct()], Nth = Number(f, "nth"),
        Until = Text(f, "until"), Times = Number(f, "times"), Ahead = Number(f, "ahead") ?? 1, SkipOpen = f.ContainsKey("skipOpen"),
    };

    public static TaskForm Of(CareTask t) => new()
    {
        Title = t.Title, Notes = t.Notes, Board = t.Board, Bucket = t.Bucket, Priority = t.Priority, StartDay = Day(t.StartDay), StartTime = Time(t.StartMinute), DueDay = Day(t.DueDay), DueTime = Time(t.DueMinute),
        Remind = t.RemindMinutes, Labels = string.Join(", ", t.Labels), Assignees = t.Assignees, Patient = t.Patient, Visit = t.Visit, Message = t.Message,
        NeedsChecklist = t.NeedsChecklist, NeedsPhoto = t.NeedsPhoto, Approver = t.Approver, Chain = t.Chain, Form = FormLines.Print(t.Questions),
    };

    public static TaskForm Of(SeriesView s)
    {
        var (said, rule) = (s.Said, s.Rule);
        return new()
        {
            Title = said.Title, Notes = said.Notes, Board = s.Board, Bucket = said.Bucket, Priority = said.Priority, DueDay = Day(s.NextDay), DueTime = Time(s.DueMinute), Remind = said.RemindMinutes, Labels = said.Labels,
            Assignees = said.Assignees, Checks = string.Join('\n', said.Checks), Patient = said.Patient, NeedsChecklist = said.Needs.Checklist, NeedsPhoto = said.Needs.Photo, Approver = said.Needs.Approver, Chain = said.Needs.Chain,
            Form = FormLines.Print(new CareTask { Form = said.Needs.Form }.Questions), Repeat = rule.Pattern.ToString(), Every = rule.Every, Weekdays = rule.Weekdays, Nth = rule.Nth, Until = Day(rule.Until), Times = rule.Times, Ahead = s.AheadDays, SkipOpen = s.SkipOpen,
        };
    }

    /// <summary>What cannot be read is said; what can be read and is wrong is the domain's to say.</summary>
    public Outcome<TaskSaid> Said()
    {
        var wrong = new[] { (StartDay, "startDay"), (DueDay, "dueDay"), (Until, "until") }.Where(d => d.Item1 is not null && Day(d.Item1) is null).Select(d => $"“{d.Item1}” is no date ({d.Item2}).")
            .Concat(new[] { (StartTime, "startTime"), (DueTime, "dueTime") }.Where(d => d.Item1 is not null && Minute(d.Item1) is null).Select(d => $"“{d.Item1}” is no time ({d.Item2}).")).ToList();
        if (wrong.Count > 0) return Problem.Unprocessable(string.Join(" ", wrong), "dueDay", "task-days");
        var form = FormLines.Parse(Form);
        if (!form.Ok) return form.Problem;
        return new TaskSaid
        {
            Title = Title, Notes = Notes, Board = Board, Bucket = Bucket, Priority = Priority, StartDay = Day(StartDay), StartMinute = Minute(StartTime), DueDay = Day(DueDay), DueMinute = Minute(DueTime),
            RemindMinutes = DueDay is null ? null : Remind, Labels = Labels, Assignees = Assignees, Checks = [.. (Checks ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
            Patient = Patient, Visit = Visit, Message = Message, Needs = new Needs(NeedsChecklist, NeedsPhoto, Approver, form.Value, Chain),
        };
    }

    public bool Repeats => Repeat is not null && Enum.TryParse<Pattern>(Repeat, out var pattern) && Enum.IsDefined(pattern);

    public Outcome<SeriesSaid> Series()
    {
        var said = Said();
        if (!said.Ok) return said.Problem;
        if (said.Value.DueDay is not { } first) return Problem.Unprocessable("A task that repeats needs the day it is due first.", "dueDay", "task-days");
        var pattern = Enum.Parse<Pattern>(Repeat!);
        IReadOnlyList<int> weekdays = pattern switch { Pattern.Weekly => Weekdays.Count > 0 ? Weekdays : [Recurrence.Iso(first)], Pattern.MonthlyWeekday => [Recurrence.Iso(first)], _ => [] };
        var nth = pattern == Pattern.MonthlyWeekday ? Nth ?? ((first.Day - 1) / 7 is var week && week < 4 ? week + 1 : -1) : (int?)null;
        return new SeriesSaid(new Recurrence(pattern, Every, first, weekdays, pattern is Pattern.MonthlyDay or Pattern.Yearly ? first.Day : null, nth, pattern == Pattern.Yearly ? first.Month : null, Day(Until), Times),
            said.Value.DueMinute, Ahead, SkipOpen, said.Value);
    }

    private static string? Text(IFormCollection f, string name) => string.IsNullOrWhiteSpace(f[name]) ? null : f[name].ToString().Trim();
    private static Guid? Id(IFormCollection f, string name) => Guid.TryParse(f[name], out var id) ? id : null;
    private static int? Number(IFormCollection f, string name) => int.TryParse(f[name], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : null;
    private static DateOnly? Day(string? text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
    private static string? Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    private static short? Minute(string? text) => TimeOnly.TryParseExact(text, ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? (short)(time.Hour * 60 + time.Minute) : null;
    private static string? Time(short? minute) => minute is { } m ? TaskWords.Minute(m) : null;
}
