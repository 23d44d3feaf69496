using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>What became of an edit. In conflict nothing was written: the cell is as somebody else left it, and says who.</summary>
public sealed record CellWritten(Guid Row, Guid Column, Cell Cell, bool Conflict, string? By);

/// <summary>One value a cell had.</summary>
public sealed record CellChange(Guid Column, string ColumnName, int Version, DateTimeOffset At, string? By, string? Before, string? After);

/// <summary>An edit as a page sends it: the version of the cell it saw, and the text.</summary>
public sealed record CellEdit(Guid Column, int Version, string? Text);

/// <summary>
/// Edits of cells (LS-04, LS-06). Different cells never conflict; an edit of the same cell that did not see the last value
/// is refused with that value. Every value stays in the history.
/// </summary>
public sealed class CellWrites(Db db, TeamDoor teams, TenantDirectory tenants)
{
    /// <summary>All of the edits that can be; conflicts are among the answers. A value that is wrong refuses the whole.</summary>
    public Task<Outcome<CellWritten[]>> Write(Caller caller, Guid list, Guid row, IReadOnlyList<CellEdit> edits, CancellationToken stop) =>
        Changing(caller, list, row, async (tx, l, now) =>
        {
            var zone = (await tenants.Find(caller.Tenant, stop))!.Zone;
            var values = new List<(ListColumn, int, JsonNode?)>();
            var wrong = new List<Problem>();
            foreach (var edit in edits)
            {
                if (l.Columns.FirstOrDefault(c => c.Id == edit.Column) is not { } column) return Problem.NotFound("There is no such column in this list any more.", "column-unknown");
                if (!column.Editable) return Problem.Unprocessable($"{column.Name} is not filled in by hand.", column.Name, "cell-read-only");
                var value = CellValue.Parse(column, edit.Text, zone);
                if (value.Ok && await Means(tx, l, column, value.Value) is { } nobody) wrong.Add(nobody);
                else if (value.Ok) values.Add((column, edit.Version, value.Value));
                else wrong.Add(value.Problem);
            }
            if (wrong.Count > 0) return wrong[0] with { Detail = string.Join(" ", wrong.Select(w => w.Detail)) };
            var answers = new List<CellWritten>();
            foreach (var (column, version, value) in values)
            {
                var put = await Put(tx, l, now, column, version, value);
                if (!put.Ok) return put.Problem;
                answers.Add(put.Value);
            }
            return answers.ToArray();
        }, stop);

    /// <summary>Takes back one's own last change of a cell; not when somebody wrote since.</summary>
    public Task<Outcome<CellWritten[]>> Undo(Caller caller, Guid list, Guid row, Guid column, int version, CancellationToken stop) =>
        Changing(caller, list, row, async (tx, l, now) =>
        {
            if (l.Columns.FirstOrDefault(c => c.Id == column) is not { } known) return Problem.NotFound("There is no such column in this list any more.", "column-unknown");
            var change = await tx.OneOrNone<(Guid? By, string? Before)?>("""
                select by, before::text from collab.list_cell_change where tenant = @Tenant and row = @row and col = @column and version = @version
                """, new { tx.Tenant, row, column, version });
            if (change is not { } was || was.By != caller.Person) return Problem.NotFound("There is no such change of yours.", "change-unknown");
            var put = await Put(tx, l, now, known, version, was.Before is null ? null : JsonNode.Parse(was.Before));
            if (!put.Ok) return put.Problem;
            return new[] { put.Value };
        }, stop);

    /// <summary>"I was with this patient": the moment and the person, by one button.</summary>
    public Task<Outcome<CellWritten[]>> Round(Caller caller, Guid list, Guid row, CancellationToken stop) =>
        Changing(caller, list, row, async (tx, l, now) =>
        {
            if (l.Columns.FirstOrDefault(c => c.Type == ColumnType.Rounded) is not { } column) return Problem.Unprocessable("This list has no column for the last round. Add one of the kind \"Last rounded\".", null, "list-rounded");
            var put = await Put(tx, l, now, column, now.At(column.Id).Version, new JsonObject { ["at"] = tx.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture), ["by"] = caller.Person?.ToString() });
            if (!put.Ok) return put.Problem;
            return new[] { put.Value };
        }, stop);

    /// <summary>Newest first.</summary>
    internal static async Task<IReadOnlyList<CellChange>> History(Tx tx, Guid list, Guid row)
    {
        var rows = await tx.Query<ChangeRead>("""
            select h.col as Column, c.name as ColumnName, h.version, h.at, p.id as Person, p.family, p.given, p.title, h.before::text as Before, h.after::text as After
            from collab.list_cell_change h
            join collab.list_column c on c.tenant = h.tenant and c.id = h.col
            left join collab.person p on p.tenant = h.tenant and p.id = h.by
            where h.tenant = @Tenant and h.list = @list and h.row = @row
            order by h.at desc, h.version desc limit 500
            """, new { tx.Tenant, list, row });
        return [.. rows.Select(r => new CellChange(r.Column, r.ColumnName, r.Version, r.At, r.Person is null ? null : new Person { Kind = PersonKind.Staff, Family = r.Family, Given = r.Given, Title = r.Title }.Display, r.Before, r.After))];
    }

    /// <summary>Writes one cell's next version, its history and its event. The list is locked; the keys of history and of unique values stand behind it.</summary>
    internal static async Task<Outcome<CellWritten>> Put(Tx tx, PatientList list, ListRow row, ListColumn column, int seen, JsonNode? value)
    {
        var now = row.At(column.Id);
        var text = value?.ToJsonString();
        var before = now.IsEmpty ? null : now.Value.GetRawText();
        if (Same(before, text)) return new CellWritten(row.Id, column.Id, now, false, null); // sent twice, or said alike by two
        if (now.Version != seen) return new CellWritten(row.Id, column.Id, now, true, await Name(tx, now.By));
        if (column.IsUnique && await Unique(tx, row.Id, column, value) is { } taken) return taken;
        var cell = new JsonObject { ["v"] = value?.DeepClone(), ["n"] = now.Version + 1, ["at"] = tx.Now.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture), ["by"] = tx.Actor.Caller?.Person?.ToString() };
        var seq = await ListSql.Next(tx, list.Id);
        await tx.Execute("""
            insert into collab.list_cell_change (tenant, list, row, col, version, at, by, before, after)
            values (@Tenant, @list, @row, @column, @version, @Now, @by, @before::jsonb, @text::jsonb);
            update collab.list_row set cells = jsonb_set(cells, array[@key], @cell::jsonb), seq = @seq where tenant = @Tenant and list = @list and id = @row
            """, new { tx.Tenant, tx.Now, list = list.Id, row = row.Id, column = column.Id, key = column.Id.ToString(), version = now.Version + 1, by = tx.Actor.Caller?.Person, before, text, cell = cell.ToJsonString(), seq });
        tx.Publish("list.cell-changed", $"list/{list.Id}", row.Patient is { } p ? $"person/{p}" : null, new { row = row.Id, column = column.Id });
        return new CellWritten(row.Id, column.Id, new Cell(text is null ? default : JsonDocument.Parse(text).RootElement, now.Version + 1, tx.Now, tx.Actor.Caller?.Person), false, null);
    }

    /// <summary>A person or a row that a value names must be there.</summary>
    internal static async Task<Problem?> Means(Tx tx, PatientList list, ListColumn column, JsonNode? value)
    {
        if (value is null || column.Type is not (ColumnType.Person or ColumnType.Lookup)) return null;
        var id = Guid.Parse(value.GetValue<string>());
        var there = column.Type == ColumnType.Person
            ? await tx.Scalar<bool>("select exists (select from collab.person where tenant = @Tenant and id = @id and kind = 'Staff')", new { tx.Tenant, id })
            : (await ListSql.Lookups(tx, list, column)).Any(l => l.Id == id);
        return there ? null : Problem.Unprocessable($"{column.Name} names nobody and nothing that is here.", column.Name, "cell-value");
    }

    internal static async Task<Problem?> Unique(Tx tx, Guid row, ListColumn column, JsonNode? value)
    {
        var text = value is null ? null : CellValue.Text(JsonDocument.Parse(value.ToJsonString()).RootElement)?.ToLowerInvariant();
        await tx.Execute("delete from collab.list_unique where tenant = @Tenant and col = @column and row = @row", new { tx.Tenant, column = column.Id, row });
        if (text is null) return null;
        var put = await tx.Execute("insert into collab.list_unique (tenant, col, value, row) values (@Tenant, @column, @text, @row) on conflict do nothing", new { tx.Tenant, column = column.Id, text, row });
        return put == 1 ? null : Problem.Conflict($"Another row has this {column.Name} already, and each may be there once.", "cell-unique") with { Where = column.Name };
    }

    private static bool Same(string? one, string? other) =>
        one == other || (one is not null && other is not null && JsonNode.DeepEquals(JsonNode.Parse(one), JsonNode.Parse(other)));

    private static async Task<string?> Name(Tx tx, Guid? person) =>
        person is null ? null : (await tx.OneOrNone<Person>("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = @person", new { tx.Tenant, person }))?.Display;

    private Task<Outcome<CellWritten[]>> Changing(Caller caller, Guid list, Guid row, Func<Tx, PatientList, ListRow, Task<Outcome<CellWritten[]>>> change, CancellationToken stop) =>
        db.In(caller.Tenant, caller.Actor, async tx =>
        {
            var opened = await ListSql.Open(tx, teams, caller, list, TeamRole.Member, change: true);
            if (!opened.Ok) return opened.Problem;
            var rows = await ListSql.Rows(tx, list, "", row);
            if (rows is not [{ State: not "removed" } now]) return ListSql.RowUnknown;
            if (now.State == "past") return Problem.Conflict("This patient has left the ward, so the row is kept as it was. Bring it back to go on.", "row-past");
            var done = await change(tx, opened.Value, now);
            return done.Ok ? done : tx.Abandon(done);
        }, stop);

    private sealed record ChangeRead
    {
        public Guid Column { get; init; }
        public string ColumnName { get; init; } = "";
        public int Version { get; init; }
        public DateTimeOffset At { get; init; }
        public Guid? Person { get; init; }
        public string? Family { get; init; }
        public string? Given { get; init; }
        public string? Title { get; init; }
        public string? Before { get; init; }
        public string? After { get; init; }
    }
}
