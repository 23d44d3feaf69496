using System.Text.Json.Nodes;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>A row to add: a patient of this hospital, or a text, and what its cells hold.</summary>
public sealed record RowAsked(Guid? Patient, string? Title, IReadOnlyDictionary<Guid, string?> Cells);

/// <summary>Rows come, go and come back; guests may add and converse (LS-04, LS-05, LS-07).</summary>
public sealed class ListRows(Db db, TeamDoor teams, TenantDirectory tenants, ProjectFhir project)
{
    public const int MostRows = 20_000;
    private static readonly Problem Full = Problem.Unprocessable($"A list has at most {MostRows:N0} rows.", null, "list-full");

    public Task<Outcome<Guid>> Add(Caller caller, Guid list, RowAsked asked, CancellationToken stop) => Changing(caller, list, TeamRole.Guest, async (tx, l) =>
    {
        var title = TeamLists.Blank(asked.Title);
        if (asked.Patient is null && title is null) return Problem.Unprocessable("Choose a patient, or write what the row is about.", "patient", "row-empty");
        if (title?.Length > 200) return Problem.Unprocessable("What a row is about has at most 200 characters.", "title", "row-title");
        if (asked.Patient is not null && !await tx.Scalar<bool>("select exists (select from collab.person where tenant = @Tenant and id = @Patient and kind = 'Patient')", new { tx.Tenant, asked.Patient })) return Problem.Unprocessable("There is no such patient in this hospital.", "patient", "patient-unknown");
        if (asked.Patient is not null && await tx.Scalar<bool>("select exists (select from collab.list_row where tenant = @Tenant and list = @list and patient = @Patient and state = 'active')", new { tx.Tenant, list, asked.Patient })) return Problem.Conflict("This patient is on the list already.", "row-twice");
        if (await tx.Scalar<int>("select count(*)::int from collab.list_row where tenant = @Tenant and list = @list and state = 'active'", new { tx.Tenant, list }) >= MostRows) return Full;
        var zone = (await tenants.Find(caller.Tenant, stop))!.Zone;
        var id = tx.NewId();
        var refused = await Insert(tx, l, id, asked.Patient, asked.Patient is null ? title : null, asked.Cells, zone);
        if (refused is not null) return refused;
        tx.Publish("list.row-added", $"list/{list}", asked.Patient is { } p ? $"person/{p}" : null, new { row = id });
        await project(tx, "list", list);
        return id;
    }, stop);

    /// <summary>A new row with its first values and defaults; each value is in the history as version 1.</summary>
    internal static async Task<Problem?> Insert(Tx tx, PatientList list, Guid id, Guid? patient, string? title, IReadOnlyDictionary<Guid, string?> said, TimeZoneInfo zone)
    {
        var values = new List<(ListColumn Column, JsonNode Value)>();
        var wrong = new List<Problem>();
        foreach (var column in list.Columns.Where(c => c.Typed))
        {
            var text = column.Editable && said.TryGetValue(column.Id, out var given) ? given : null;
            var value = string.IsNullOrWhiteSpace(text) && column.DefaultJson is { } standard ? JsonNode.Parse(standard) : CellValue.Parse(column, text, zone);
            if (!value.Ok) wrong.Add(value.Problem);
            else if (await CellWrites.Means(tx, list, column, value.Value) is { } nobody) wrong.Add(nobody);
            else if (value.Value is { } v) values.Add((column, v));
        }
        if (wrong.Count > 0) return wrong[0] with { Detail = string.Join(" ", wrong.Select(w => w.Detail)) };
        await Insert(tx, list.Id, id, patient, title, values);
        foreach (var (column, value) in values.Where(v => v.Column.IsUnique)) if (await CellWrites.Unique(tx, id, column, value) is { } taken) return taken;
        return null;
    }

    internal static async Task Insert(Tx tx, Guid list, Guid id, Guid? patient, string? title, IReadOnlyList<(ListColumn Column, JsonNode Value)> values, int nth = 0)
    {
        var by = tx.Actor.Caller?.Person;
        var cells = new JsonObject();
        foreach (var (column, value) in values) cells[column.Id.ToString()] = new JsonObject { ["v"] = value.DeepClone(), ["n"] = 1, ["at"] = tx.Now.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture), ["by"] = by?.ToString() };
        var seq = await ListSql.Next(tx, list);
        await tx.Execute("""
            insert into collab.list_row (tenant, list, id, patient, title, pinned, cells, seq, added_at, added_by)
            values (@Tenant, @list, @id, @patient, @title, true, @cells::jsonb, @seq, @Now + @nth * interval '1 microsecond', @by);
            insert into collab.list_cell_change (tenant, list, row, col, version, at, by, before, after)
            select @Tenant, @list, @id, v.col, 1, @Now, @by, null, v.value::jsonb from unnest(@columns, @values) as v (col, value)
            """, new { tx.Tenant, tx.Now, list, id, patient, title, cells = cells.ToJsonString(), seq, by, nth, columns = values.Select(v => v.Column.Id).ToArray(), values = values.Select(v => v.Value.ToJsonString()).ToArray() });
    }

    public Task<Outcome<Guid>> Remove(Caller caller, Guid list, Guid row, CancellationToken stop) => Changing(caller, list, TeamRole.Member, async (tx, _) =>
    {
        var seq = await ListSql.Next(tx, list);
        var gone = await tx.Query<Guid?>("""
            update collab.list_row set state = 'removed', removed_at = @Now, seq = @seq where tenant = @Tenant and list = @list and id = @row and state <> 'removed' returning patient
            """, new { tx.Tenant, tx.Now, list, row, seq });
        if (gone.Count == 0) return ListSql.RowUnknown;
        await tx.Execute("delete from collab.list_unique where tenant = @Tenant and row = @row", new { tx.Tenant, row });
        tx.Publish("list.row-removed", $"list/{list}", gone[0] is { } p ? $"person/{p}" : null, new { row });
        await project(tx, "list", list);
        return row;
    }, stop);

    /// <summary>A removed row, or one whose patient has left, is there again with its cells, and stays until somebody removes it.</summary>
    public Task<Outcome<Guid>> Restore(Caller caller, Guid list, Guid row, CancellationToken stop) => Changing(caller, list, TeamRole.Member, async (tx, l) =>
    {
        if (await ListSql.Rows(tx, list, "", row) is not [var now]) return ListSql.RowUnknown;
        if (now.State == "active") return row;
        if (now.Patient is { } patient && await tx.Scalar<bool>("select exists (select from collab.list_row where tenant = @Tenant and list = @list and patient = @patient and state = 'active')", new { tx.Tenant, list, patient })) return Problem.Conflict("This patient is on the list already.", "row-twice");
        foreach (var column in l.Columns.Where(c => c.IsUnique && !now.At(c.Id).IsEmpty))
        {
            if (await CellWrites.Unique(tx, row, column, JsonNode.Parse(now.At(column.Id).Value.GetRawText())) is { } taken) return taken;
        }
        var seq = await ListSql.Next(tx, list);
        await tx.Execute("""
            update collab.list_row set state = 'active', pinned = true, removed_at = null, left_at = null, seq = @seq where tenant = @Tenant and list = @list and id = @row
            """, new { tx.Tenant, list, row, seq });
        tx.Publish("list.row-restored", $"list/{list}", now.Patient is { } p ? $"person/{p}" : null, new { row });
        await project(tx, "list", list);
        return row;
    }, stop);

    public Task<Outcome<Guid>> Comment(Caller caller, Guid list, Guid row, string? text, CancellationToken stop) => Changing(caller, list, TeamRole.Guest, async (tx, _) =>
    {
        if (TeamLists.Blank(text)?.Replace("\0", "", StringComparison.Ordinal) is not { Length: > 0 and <= 4000 } said) return Problem.Unprocessable("A comment has 1 to 4,000 characters.", "text", "comment-text");
        if (await ListSql.Rows(tx, list, "", row) is not [{ State: not "removed" } now]) return ListSql.RowUnknown;
        var id = tx.NewId();
        var seq = await ListSql.Next(tx, list);
        await tx.Execute("""
            insert into collab.list_comment (tenant, list, row, id, at, by, text) values (@Tenant, @list, @row, @id, @Now, @by, @said);
            update collab.list_row set seq = @seq where tenant = @Tenant and list = @list and id = @row
            """, new { tx.Tenant, tx.Now, list, row, id, said, by = caller.Person, seq });
        tx.Publish("list.commented", $"list/{list}", now.Patient is { } p ? $"person/{p}" : null, new { row, comment = id });
        return id;
    }, stop);

    private Task<Outcome<Guid>> Changing(Caller caller, Guid list, TeamRole atLeast, Func<Tx, PatientList, Task<Outcome<Guid>>> change, CancellationToken stop) =>
        db.In(caller.Tenant, caller.Actor, async tx =>
        {
            var opened = await ListSql.Open(tx, teams, caller, list, atLeast, change: true);
            if (!opened.Ok) return opened.Problem;
            var done = await change(tx, opened.Value);
            return done.Ok ? done : tx.Abandon(done);
        }, stop);
}
