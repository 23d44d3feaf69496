using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>What every use of a list begins with: whose it is, who asks, and the lock that puts its changes in one order.</summary>
internal static class ListSql
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such list for you.", "list-unknown");
    public static readonly Problem RowUnknown = Problem.NotFound("There is no such row in this list.", "row-unknown");

    private const string Select = """
        select l.id, l.team, t.name as TeamName, l.name, l.description, l.kind, l.census_place as CensusPlace, l.census_class as CensusClass, l.census_status as CensusStatus,
          l.census_attending as CensusAttending, l.members_change_columns as MembersChangeColumns, l.seq, l.columns_seq as ColumnsSeq, l.version, l.created_by as CreatedBy, l.removed_at as RemovedAt
        from collab.list l join collab.team t on t.tenant = l.tenant and t.id = l.team
        where l.tenant = @Tenant and l.id = @list
        """;

    /// <summary>The list with its columns, for who is in its team; to everybody else there is none. A change locks it.</summary>
    public static async Task<Outcome<PatientList>> Open(Tx tx, TeamDoor teams, Caller caller, Guid list, TeamRole atLeast = TeamRole.Guest, bool change = false, bool removed = false)
    {
        var found = await tx.OneOrNone<PatientList>(change ? Select + " for update of l" : Select, new { tx.Tenant, list });
        if (found is null || (found.RemovedAt is not null && !removed)) return Unknown;
        var may = await teams.May(tx, caller, found.Team, atLeast, change);
        if (!may.Ok) return may.Problem == TeamDoor.Unknown ? Unknown : may.Problem;
        return found with { Role = may.Value.Role, Archived = may.Value.Archived, Columns = await Columns(tx, list) };
    }

    public static Task<IReadOnlyList<ListColumn>> Columns(Tx tx, Guid list) => tx.Query<ListColumn>("""
        select id, name, type, required, read_only as ReadOnly, hidden, is_unique as IsUnique, default_value::text as DefaultJson, settings::text as SettingsJson
        from collab.list_column where tenant = @Tenant and list = @list and removed_at is null order by position, id
        """, new { tx.Tenant, list });

    /// <summary>The number of a change: written on the rows it touches, so that pages ask for what came after the last they saw.</summary>
    public static Task<long> Next(Tx tx, Guid list, bool columns = false) => tx.Scalar<long>($"""
        update collab.list set seq = seq + 1{(columns ? ", columns_seq = seq + 1" : "")} where tenant = @Tenant and id = @list returning seq
        """, new { tx.Tenant, list });

    /// <summary>One statement for the rows, one for all flags, one for all open tasks, however many rows there are.</summary>
    public static async Task<IReadOnlyList<ListRow>> Rows(Tx tx, Guid list, string state, Guid? row = null)
    {
        var rows = await tx.Query<RowRead>($"""
            select r.id, (select l.team from collab.list l where l.tenant = r.tenant and l.id = r.list) as Team, r.patient, r.title, r.state, r.pinned, r.stay is not null as FromCensus, r.seq, r.cells::text as CellsJson, r.added_at as AddedAt, r.left_at as LeftAt,
              p.family, p.given, p.gender, p.birth_date as BirthDate, {PatientFacts.IdentifierSql} as Identifier,
              s.id as Stay, coalesce(case when b.kind = 'bd' then b.name end, s.bed) as Bed, coalesce(w.name, b.name) as Ward, s.started_at as Admitted, s.planned_end as PlannedEnd, s.reason, s.active as StayActive, a.title as AttendingTitle, a.given as AttendingGiven, a.family as AttendingFamily,
              (select count(*)::int from collab.list_comment c where c.tenant = r.tenant and c.row = r.id) as Comments
            from collab.list_row r
            left join collab.person p on p.tenant = r.tenant and p.id = r.patient
            left join lateral (
              select s.* from collab.stay s
              where s.tenant = r.tenant and case when r.stay is null then s.active and s.patient = r.patient else s.id = r.stay end
              order by s.started_at desc nulls last, s.id limit 1) s on true
            left join collab.place b on b.tenant = r.tenant and b.location = s.place
            left join collab.place w on w.tenant = r.tenant and b.kind = 'bd' and w.location = b.part_of
            left join collab.person a on a.tenant = r.tenant and a.id = s.attending
            where r.tenant = @Tenant and r.list = @list and {(row is null ? "r.state = @state" : "r.id = @row")}
            order by r.added_at, r.id
            """, new { tx.Tenant, list, state, row });
        var patients = rows.Select(r => r.Patient).OfType<Guid>().Distinct().ToArray();
        if (patients.Length == 0) return [.. rows.Select(r => r.Row([], 0))];
        var flags = (await PatientFlags.Of(tx, patients)).ToLookup(f => f.Patient, f => f.Text);
        var open = (await TaskDoor.CountAbout(tx, rows[0].Team, patients)).ToDictionary(c => c.Patient, c => c.Open);
        return [.. rows.Select(r => r.Patient is { } p ? r.Row([.. flags[p]], open.GetValueOrDefault(p)) : r.Row([], 0))];
    }

    /// <summary>Names of the people and rows that cells mean.</summary>
    public static async Task<IReadOnlyDictionary<Guid, string>> Names(Tx tx, PatientList list, IEnumerable<ListRow> rows)
    {
        var all = rows.ToList();
        var names = new Dictionary<Guid, string>();
        var people = all.SelectMany(r => list.Columns.Where(c => c.Type is ColumnType.Person or ColumnType.Rounded).Select(c => PersonOf(r.At(c.Id).Value))).OfType<Guid>().Distinct().ToArray();
        if (people.Length > 0)
        {
            foreach (var p in await tx.Query<Person>("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = any(@people)", new { tx.Tenant, people })) names[p.Id] = p.Display;
        }
        foreach (var column in list.Columns.Where(c => c.Type == ColumnType.Lookup))
        {
            foreach (var (id, name) in await Lookups(tx, list, column)) names[id] = name;
        }
        return names;
    }

    /// <summary>What a lookup offers: the rows of another list of the same team, by the column it shows. A list of another team offers nothing.</summary>
    public static async Task<IReadOnlyList<(Guid Id, string Name)>> Lookups(Tx tx, PatientList list, ListColumn column)
    {
        var rows = await tx.Query<(Guid Id, string? Family, string? Given, string? Title, string? Shown)>("""
            select r.id, p.family, p.given, r.title, r.cells -> @column::text ->> 'v'
            from collab.list_row r join collab.list l on l.tenant = r.tenant and l.id = r.list
            left join collab.person p on p.tenant = r.tenant and p.id = r.patient
            where r.tenant = @Tenant and r.list = @other and l.team = @Team and l.removed_at is null and r.state <> 'removed'
            order by r.added_at, r.id limit 1000
            """, new { tx.Tenant, other = column.Settings.List, list.Team, column = column.Settings.Column?.ToString() });
        return [.. rows.Select(r => (r.Id, r.Shown ?? r.Title ?? new Person { Kind = PersonKind.Patient, Family = r.Family, Given = r.Given }.Display))];
    }

    private static Guid? PersonOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String when Guid.TryParse(value.GetString(), out var id) => id,
        JsonValueKind.Object when value.TryGetProperty("by", out var by) && by.TryGetGuid(out var id) => id,
        _ => null,
    };

    private sealed record RowRead
    {
        public Guid Id { get; init; }
        public Guid Team { get; init; }
        public Guid? Patient { get; init; }
        public string? Title { get; init; }
        public string State { get; init; } = "";
        public bool Pinned { get; init; }
        public bool FromCensus { get; init; }
        public long Seq { get; init; }
        public string CellsJson { get; init; } = "{}";
        public DateTimeOffset AddedAt { get; init; }
        public DateTimeOffset? LeftAt { get; init; }
        public string? Family { get; init; }
        public string? Given { get; init; }
        public string? Gender { get; init; }
        public DateOnly? BirthDate { get; init; }
        public string? Identifier { get; init; }
        public Guid? Stay { get; init; }
        public string? Bed { get; init; }
        public string? Ward { get; init; }
        public DateTimeOffset? Admitted { get; init; }
        public DateOnly? PlannedEnd { get; init; }
        public string? Reason { get; init; }
        public bool? StayActive { get; init; }
        public string? AttendingTitle { get; init; }
        public string? AttendingGiven { get; init; }
        public string? AttendingFamily { get; init; }
        public int Comments { get; init; }

        public ListRow Row(IReadOnlyList<string> flags, int todo) => new()
        {
            Flags = flags, Todo = todo,
            Id = Id, Patient = Patient, Title = Title, State = State, Pinned = Pinned, FromCensus = FromCensus, Seq = Seq, Comments = Comments, AddedAt = AddedAt, LeftAt = LeftAt,
            Facts = Patient is null ? null : new(new Person { Kind = PersonKind.Patient, Family = Family, Given = Given }.Display, BirthDate, Gender, Identifier),
            Stay = Stay is null ? null : new(Bed, Ward, Admitted, PlannedEnd,
                AttendingFamily is null && AttendingGiven is null ? null : new Person { Kind = PersonKind.Staff, Family = AttendingFamily, Given = AttendingGiven, Title = AttendingTitle }.Display, Reason, StayActive == true),
            Cells = Cells(CellsJson),
        };
    }

    public static IReadOnlyDictionary<Guid, Cell> Cells(string json)
    {
        using var all = JsonDocument.Parse(json);
        return all.RootElement.EnumerateObject().ToDictionary(c => Guid.Parse(c.Name), c => new Cell(
            c.Value.GetProperty("v").Clone(), c.Value.GetProperty("n").GetInt32(),
            c.Value.TryGetProperty("at", out var at) && at.TryGetDateTimeOffset(out var when) ? when : null,
            c.Value.TryGetProperty("by", out var by) && by.ValueKind == JsonValueKind.String && by.TryGetGuid(out var who) ? who : null));
    }
}
