using System.Globalization;
using HealthTeams.Collaboration.Tasks;

namespace HealthTeams.Web.Tasks;

internal static class TaskWords
{
    public static readonly Progress[] Choices = [Progress.NotStarted, Progress.InProgress, Progress.Waiting, Progress.Deferred];

    public static string Say(Words words, Progress progress) => progress switch
    {
        Progress.NotStarted => words["Not started"],
        Progress.InProgress => words["In progress"],
        Progress.Waiting => words["Waiting on others"],
        Progress.Deferred => words["Deferred"],
        Progress.AwaitingApproval => words["Awaiting approval"],
        Progress.Completed => words["Done"],
        _ => words["Closed"],
    };

    public static (string Icon, string Tone) Badge(Progress progress) => progress switch
    {
        Progress.InProgress => ("activity", "blue"),
        Progress.Waiting or Progress.AwaitingApproval => ("clock", "amber"),
        Progress.Deferred => ("clock", "grey"),
        Progress.Completed => ("done", "green"),
        Progress.Closed => ("cancelled", "grey"),
        _ => ("tasks", "grey"),
    };

    public static string Priority(Words words, short priority) => priority switch
    {
        TaskRules.Urgent => words["Urgent"],
        TaskRules.Important => words["Important"],
        TaskRules.Low => words["Low"],
        _ => words["Medium"],
    };

    /// <summary>"today 14:00", "Tue 24-Nov-2026"; with how it stands to now said beside it, never by colour alone.</summary>
    public static string Due(Words words, CareTask task, DateOnly today) => task.DueDay is not { } day ? ""
        : (day == today ? words["today"] : day == today.AddDays(1) ? words["tomorrow"] : day == today.AddDays(-1) ? words["yesterday"] : words.Day(day)) + (task.DueMinute is { } m ? " " + Minute(m) : "");

    public static string Minute(short minute) => $"{minute / 60:00}:{minute % 60:00}";

    public static string Born(Words words, CareTask task) => task.BirthDate is { } born ? words.Date(born) : words["birth date unknown"];

    public static string Happened(Words words, TaskHappening h) => h.What switch
    {
        "created" => words["made the task"],
        "title" => words["changed the title from “{0}” to “{1}”", h.Was, h.Became],
        "notes" => words["changed the notes"],
        "priority" => words["changed the priority from {0} to {1}", Priority(words, Number(h.Was)), Priority(words, Number(h.Became))],
        "due" => words["moved the due date from {0} to {1}", h.Was ?? words["none"], h.Became ?? words["none"]],
        "start" => words["moved the start from {0} to {1}", h.Was ?? words["none"], h.Became ?? words["none"]],
        "labels" => words["changed the labels from {0} to {1}", Some(words, h.Was), Some(words, h.Became)],
        "patient" => words["changed the patient"],
        "needs" => words["changed what it needs to be done"],
        "bucket" => words["moved it from {0} to {1}", h.Was ?? words["No bucket"], h.Became ?? words["No bucket"]],
        "assignees" => words["assigned it: {0} became {1}", Some(words, h.Was), Some(words, h.Became)],
        "progress" => words["set the progress from {0} to {1}", Of(words, h.Was), Of(words, h.Became)],
        "ticked" => words["ticked “{0}”", h.Became],
        "unticked" => words["took the tick from “{0}”", h.Became],
        "check-added" => words["added to the checklist: {0}", h.Became],
        "check-removed" => words["removed from the checklist: {0}", h.Was],
        "link-added" => words["added the link {0}", h.Became],
        "link-removed" => words["removed the link {0}", h.Was],
        "photo-added" => words["added a photo"],
        "answered" => words["answered the form"],
        "approved" => words["approved it"],
        "sent-back" => words["sent it back: {0}", h.Became],
        "deleted" => words["deleted it"],
        "restored" => words["restored it"],
        _ => h.What,
    };

    public static string Weekday(Words words, int iso) => iso switch { 1 => words["Mon"], 2 => words["Tue"], 3 => words["Wed"], 4 => words["Thu"], 5 => words["Fri"], 6 => words["Sat"], _ => words["Sun"] };

    public static string Nth(Words words, int? nth) => nth switch { 1 => words["first"], 2 => words["second"], 3 => words["third"], 4 => words["fourth"], _ => words["last"] };

    /// <summary>"every 2 weeks on Mon, Thu".</summary>
    public static string Rule(Words words, Recurrence rule) => rule.Pattern switch
    {
        Pattern.Daily => rule.Every == 1 ? words["every day"] : words["every {0} days", rule.Every],
        Pattern.Weekly when rule.Every == 1 => words["every week on {0}", Days(words, rule)],
        Pattern.Weekly => words["every {1} weeks on {0}", Days(words, rule), rule.Every],
        Pattern.MonthlyDay when rule.Every == 1 => words["every month on day {0}", rule.MonthDay ?? rule.First.Day],
        Pattern.MonthlyDay => words["every {1} months on day {0}", rule.MonthDay ?? rule.First.Day, rule.Every],
        Pattern.MonthlyWeekday when rule.Every == 1 => words["every month on the {0} {1}", Nth(words, rule.Nth), Weekday(words, rule.Weekdays[0])],
        Pattern.MonthlyWeekday => words["every {2} months on the {0} {1}", Nth(words, rule.Nth), Weekday(words, rule.Weekdays[0]), rule.Every],
        _ when rule.Every == 1 => words["every year from {0}", words.Date(rule.First)],
        _ => words["every {1} years from {0}", words.Date(rule.First), rule.Every],
    };

    private static string Days(Words words, Recurrence rule) => string.Join(", ", rule.Weekdays.Select(d => Weekday(words, d)));
    private static string Of(Words words, string? progress) => Enum.TryParse<Progress>(progress, out var p) ? Say(words, p) : progress ?? "";
    private static short Number(string? text) => short.TryParse(text, CultureInfo.InvariantCulture, out var n) ? n : TaskRules.Medium;
    private static string Some(Words words, string? text) => string.IsNullOrEmpty(text) ? words["none"] : text;
}
