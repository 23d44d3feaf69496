using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>LS-03: what a column holds. Calculated, Ehr and Rounded are never typed in.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ColumnType>))]
public enum ColumnType { Text, Number, Currency, Boolean, Choice, Date, DateTime, Person, Location, Lookup, Calculated, Ehr, Rounded }

/// <summary>One choice, or what a rule says: colour only ever together with its word and an icon.</summary>
/// <param name="Tone">"red", "amber", "green", "blue", "grey" or none.</param>
public sealed record Choice(string Word, string? Tone = null);

/// <summary>A conditional format (LS-05): when a cell is so, it says this word in this tone.</summary>
/// <param name="Op">As in filters: eq, ne, lt, gt, has, empty, filled.</param>
public sealed record FormatRule(string Op, string? Value, string Tone, string Word);

/// <summary>What a type needs beyond its name.</summary>
public sealed record ColumnSettings
{
    public IReadOnlyList<Choice> Choices { get; init; } = [];
    public bool OwnText { get; init; }

    /// <summary>Several choices in one cell (check boxes).</summary>
    public bool Several { get; init; }

    /// <summary>ISO 4217, of a currency.</summary>
    public string? Currency { get; init; }

    /// <summary>Of a lookup: the list whose rows may be named, and the column that names them (none: patient or title).</summary>
    public Guid? List { get; init; }
    public Guid? Column { get; init; }

    /// <summary>Ehr: bed, ward, mrn, ageSex, admitted, plannedEnd, attending, reason, flags, todo (open tasks of the team). Calculated: age, daysSince.</summary>
    public string? Source { get; init; }

    public IReadOnlyList<FormatRule> Rules { get; init; } = [];
}

/// <summary>A column of a list.</summary>
public sealed record ListColumn
{
    public Guid Id { get; init; }
    public string Name { get; init; } = "";
    public ColumnType Type { get; init; }
    public bool Required { get; init; }
    public bool ReadOnly { get; init; }
    public bool Hidden { get; init; }
    public bool IsUnique { get; init; }

    /// <summary>Null, or JSON of a value of this column.</summary>
    public string? DefaultJson { get; init; }
    public string SettingsJson
    {
        get => json;
        init => (json, settings) = (value, null);
    }

    public ColumnSettings Settings => settings ??= JsonSerializer.Deserialize<ColumnSettings>(json, JsonSerializerOptions.Web) ?? new();
    private readonly string json = "{}";
    private ColumnSettings? settings;

    /// <summary>Whether people fill it in.</summary>
    public bool Typed => Type is not (ColumnType.Calculated or ColumnType.Ehr or ColumnType.Rounded);
    public bool Editable => Typed && !ReadOnly;
}

/// <summary>A column as somebody asks for it, not yet checked.</summary>
public sealed record ColumnAsked(string Name, ColumnType Type)
{
    public bool Required { get; init; }
    public bool ReadOnly { get; init; }
    public bool Hidden { get; init; }
    public bool IsUnique { get; init; }
    public string? Default { get; init; }
    public ColumnSettings Settings { get; init; } = new();

    public string SettingsJson => JsonSerializer.Serialize(Settings, JsonSerializerOptions.Web);
}

/// <summary>What columns may be (LS-03). Pure.</summary>
public static class ColumnRules
{
    public const int MostColumns = 60;
    public const int MostChoices = 50;
    public static readonly IReadOnlyList<string> Tones = ["red", "amber", "green", "blue", "grey"];
    public static readonly IReadOnlyList<string> EhrSources = ["bed", "ward", "mrn", "ageSex", "admitted", "plannedEnd", "attending", "reason", "flags", "todo"];
    public static readonly IReadOnlyList<string> Calculations = ["age", "daysSince"];
    public static readonly IReadOnlyList<string> Operators = ["eq", "ne", "has", "lt", "gt", "empty", "filled"];

    /// <returns>Every broken rule in one sentence each; null when there is none.</returns>
    public static Problem? Check(ColumnAsked c)
    {
        var broken = new List<string>();
        if (c.Name.Trim().Length is 0 or > 100) broken.Add("A column needs a name of at most 100 characters.");
        if (c.Type == ColumnType.Choice && c.Settings.Choices.Count == 0 && !c.Settings.OwnText) broken.Add("A choice needs choices, or must allow own text.");
        if (c.Settings.Choices.Count > MostChoices) broken.Add($"A choice has at most {MostChoices} choices.");
        if (c.Settings.Choices.Any(x => x.Word.Trim().Length is 0 or > 100)) broken.Add("Each choice is a word of at most 100 characters.");
        if (c.Settings.Choices.GroupBy(x => x.Word, StringComparer.OrdinalIgnoreCase).Any(g => g.Count() > 1)) broken.Add("Each choice is there once.");
        if (c.Settings.Choices.Select(x => x.Tone).Concat(c.Settings.Rules.Select(r => r.Tone)).Any(t => t is not null && !Tones.Contains(t))) broken.Add($"A colour is one of {string.Join(", ", Tones)}.");
        if (c.Settings.Rules.Any(r => !Operators.Contains(r.Op) || r.Word.Trim().Length is 0 or > 40)) broken.Add("A format needs a comparison and a word of at most 40 characters.");
        if (c.Type == ColumnType.Currency && c.Settings.Currency is not { Length: 3 }) broken.Add("A currency needs its code of three letters, such as EUR.");
        if (c.Type == ColumnType.Lookup && c.Settings.List is null) broken.Add("A lookup needs the list to look in.");
        if (c.Type == ColumnType.Ehr && !EhrSources.Contains(c.Settings.Source)) broken.Add($"An EHR column shows one of {string.Join(", ", EhrSources)}.");
        if (c.Type == ColumnType.Calculated && !Calculations.Contains(c.Settings.Source)) broken.Add($"A calculation is one of {string.Join(", ", Calculations)}.");
        if (c.IsUnique && c.Type is ColumnType.Boolean or ColumnType.Calculated or ColumnType.Ehr or ColumnType.Rounded) broken.Add("This kind of column cannot hold each value once only.");
        if (c.Required && c.ReadOnly && c.Default is null) broken.Add("A column that is required and read-only needs a default value.");
        if (c.Type is ColumnType.Calculated or ColumnType.Ehr or ColumnType.Rounded && (c.Required || c.Default is not null)) broken.Add("What is calculated or read from the chart cannot be required, nor have a default.");
        return broken.Count == 0 ? null : Problem.Unprocessable(string.Join(" ", broken), c.Name, "list-column");
    }
}
