using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>A list as its page knows it.</summary>
public sealed record PatientList
{
    public Guid Id { get; init; }
    public Guid Team { get; init; }
    public string TeamName { get; init; } = "";
    public TeamRole Role { get; init; }
    public bool Archived { get; init; }
    public string Name { get; init; } = "";
    public string? Description { get; init; }
    public string Kind { get; init; } = "free";
    public string? CensusPlace { get; init; }
    public string? CensusClass { get; init; }
    public string? CensusStatus { get; init; }
    public Guid? CensusAttending { get; init; }
    public bool MembersChangeColumns { get; init; }
    public long Seq { get; init; }
    public long ColumnsSeq { get; init; }
    public int Version { get; init; }
    public Guid? CreatedBy { get; init; }
    public DateTimeOffset? RemovedAt { get; init; }
    public int Rows { get; init; }
    public IReadOnlyList<ListColumn> Columns { get; init; } = [];

    public bool Census => Kind == "census";
    public bool MayEdit => Role >= TeamRole.Member && !Archived;
    public bool MayAdd => !Archived;
    public bool MayShape => !Archived && (Role == TeamRole.Owner || (Role == TeamRole.Member && MembersChangeColumns));
    public bool MayRemove(Guid? person) => !Archived && (Role == TeamRole.Owner || (Role == TeamRole.Member && CreatedBy is not null && CreatedBy == person));
}

/// <param name="Version">What an edit of this cell has to know; 0 for a cell nobody ever filled.</param>
public sealed record Cell(JsonElement Value, int Version, DateTimeOffset? At, Guid? By)
{
    public static readonly Cell Empty = new(default, 0, null, null);
    public string? Text => CellValue.Text(Value);
    public bool IsEmpty => Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;
}

/// <summary>What the chart says of a patient who is here.</summary>
public sealed record StayFacts(string? Bed, string? Ward, DateTimeOffset? Admitted, DateOnly? PlannedEnd, string? Attending, string? Reason, bool Active);

/// <summary>One row: a patient with the banner's facts, or a text; its cells by column.</summary>
public sealed record ListRow
{
    public Guid Id { get; init; }
    public Guid? Patient { get; init; }
    public PatientFacts? Facts { get; init; }
    public string? Title { get; init; }
    public StayFacts? Stay { get; init; }

    /// <summary>Flags and allergies of the chart, serious ones first; open tasks of the team about the patient.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
    public int Todo { get; init; }
    public string State { get; init; } = "active";
    public bool Pinned { get; init; }
    public bool FromCensus { get; init; }
    public long Seq { get; init; }
    public int Comments { get; init; }
    public DateTimeOffset AddedAt { get; init; }
    public DateTimeOffset? LeftAt { get; init; }
    public IReadOnlyDictionary<Guid, Cell> Cells { get; init; } = new Dictionary<Guid, Cell>();

    public string Name => Facts?.Name ?? Title ?? "unknown";
    public Cell At(Guid column) => Cells.TryGetValue(column, out var cell) ? cell : Cell.Empty;
}

/// <summary>A list, its rows as of <see cref="PatientList.Seq"/>, and the names its cells mean.</summary>
public sealed record OpenList(PatientList List, IReadOnlyList<ListRow> Rows, IReadOnlyDictionary<Guid, string> Names)
{
    public string? NameOf(string? id) => Guid.TryParse(id, out var known) && Names.TryGetValue(known, out var name) ? name : null;
}
