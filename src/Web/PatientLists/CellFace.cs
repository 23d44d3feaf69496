using System.Globalization;
using System.Text.Json;
using HealthTeams.Collaboration.PatientLists;

namespace HealthTeams.Web.PatientLists;

/// <summary>How a cell looks: its text, and a tone with its icon and word where a choice or a rule has one (never colour alone).</summary>
public sealed record CellFace(string Text, string? Tone = null, string? Says = null)
{
    public string? Icon => Tone switch { "red" => "warning", "amber" => "flag", "green" => "done", "blue" => "info", "grey" => "more", _ => null };

    public static CellFace Of(Words words, OpenList open, ListRow row, ListColumn column, string zone, DateTimeOffset now)
    {
        var value = RowValues.Of(open, row, column, now, Zone(zone));
        var text = Say(words, column, value, zone, now);
        if (column.Type == ColumnType.Ehr && row.Patient is not null && text.Length == 0) text = column.Settings.Source == "flags" ? words["none recorded"] : words["unknown"];
        if (column.Settings.Source == "flags" && row.Flags.Count > 0) return new(text, "red", words["warning"]);
        if (column.Type == ColumnType.Rounded && row.At(column.Id).Value is { ValueKind: JsonValueKind.Object } rounded && rounded.TryGetProperty("by", out var by)) text = $"{text} {open.NameOf(by.GetString())}";
        foreach (var rule in column.Settings.Rules)
        {
            if (RowValues.Passes(value, rule.Op, rule.Value, Zone(zone))) return new(text, rule.Tone, rule.Word);
        }
        var tone = column.Type != ColumnType.Choice || value is null ? null
            : (value is string[] several ? several : [RowValues.Text(value)]).Select(v => column.Settings.Choices.FirstOrDefault(c => c.Word == v)?.Tone).OfType<string>().OrderBy(t => ColumnRules.Tones.ToList().IndexOf(t)).FirstOrDefault();
        return new(text, tone);
    }

    public static string Say(Words words, ListColumn column, object? value, string zone, DateTimeOffset now) => value switch
    {
        null => "",
        bool yes => yes ? words["yes"] : words["no"],
        DateOnly day => words.Date(day),
        DateTimeOffset at => words.Moment(at, zone, now),
        string[] several => string.Join(", ", several),
        decimal n when column.Type == ColumnType.Currency => n.ToString("N2", CultureInfo.InvariantCulture) + " " + column.Settings.Currency,
        decimal n => n.ToString("0.############", CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>What an editor begins with: ids for people, ISO for dates, on the hospital's clocks.</summary>
    public static string Edit(ListColumn column, Cell cell, string zone) => column.Type switch
    {
        _ when cell.IsEmpty => "",
        ColumnType.DateTime when cell.Value.TryGetDateTimeOffset(out var at) => HospitalTime.At(at, zone).ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture),
        _ => cell.Text ?? "",
    };

    public static TimeZoneInfo Zone(string id) => TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : TimeZoneInfo.Utc;
}
