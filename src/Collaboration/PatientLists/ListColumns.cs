using System.Text.Json;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>The columns of a list: added, changed, moved, removed (LS-03, LS-08). A removed column's values stay in the history.</summary>
public sealed class ListColumns(Db db, TeamDoor teams, TenantDirectory tenants)
{
    public Task<Outcome<Guid>> Add(Caller caller, Guid list, ColumnAsked asked, CancellationToken stop) => Shaping<Guid>(caller, list, async (tx, l) =>
    {
        if (l.Columns.Count >= ColumnRules.MostColumns) return Problem.Unprocessable($"A list has at most {ColumnRules.MostColumns} columns.", asked.Name, "list-columns");
        if (await Refuse(tx, l, asked, null) is { } refused) return refused;
        var id = await Insert(tx, list, asked, l.Columns.Count, tenants.Find(caller.Tenant, stop).AsTask());
        tx.Publish("list.columns-changed", $"list/{list}", data: new { column = id });
        return id;
    }, stop);

    /// <summary>The type stays: what is in the cells would mean something else.</summary>
    public Task<Outcome<Guid>> Change(Caller caller, Guid list, Guid column, ColumnAsked asked, CancellationToken stop) => Shaping<Guid>(caller, list, async (tx, l) =>
    {
        if (l.Columns.FirstOrDefault(c => c.Id == column) is not { } now) return Problem.NotFound("There is no such column in this list.", "column-unknown");
        asked = asked with { Type = now.Type };
        if (await Refuse(tx, l, asked, column) is { } refused) return refused;
        var parsed = CellValue.Parse(now with { SettingsJson = asked.SettingsJson, Required = false }, asked.Default, TimeZoneInfo.Utc);
        if (!parsed.Ok) return parsed.Problem;
        if (asked.IsUnique && !now.IsUnique && await Twice(tx, list, column) is { } twice) return Problem.Unprocessable($"{now.Name} holds a value more than once ({twice} values), so it cannot be made unique.", now.Name, "cell-unique");
        await tx.Execute("""
            update collab.list_column set name = @name, required = @Required, read_only = @ReadOnly, hidden = @Hidden, is_unique = @IsUnique, settings = @settings::jsonb, default_value = @value::jsonb
            where tenant = @Tenant and list = @list and id = @column;
            delete from collab.list_unique where tenant = @Tenant and col = @column
            """, new { tx.Tenant, list, column, name = asked.Name.Trim(), asked.Required, asked.ReadOnly, asked.Hidden, asked.IsUnique, settings = asked.SettingsJson, value = parsed.Value?.ToJsonString() });
        if (asked.IsUnique)
        {
            await tx.Execute("""
                insert into collab.list_unique (tenant, col, value, row)
                select @Tenant, @column, lower(cells -> @key ->> 'v'), id from collab.list_row
                where tenant = @Tenant and list = @list and state <> 'removed' and cells -> @key ->> 'v' is not null
                """, new { tx.Tenant, list, column, key = column.ToString() });
        }
        tx.Publish("list.columns-changed", $"list/{list}", data: new { column });
        return column;
    }, stop);

    public Task<Outcome<Guid>> Remove(Caller caller, Guid list, Guid column, CancellationToken stop) => Shaping<Guid>(caller, list, async (tx, _) =>
    {
        var gone = await tx.Execute("""
            delete from collab.list_unique where tenant = @Tenant and col = @column;
            update collab.list_column set removed_at = @Now where tenant = @Tenant and list = @list and id = @column and removed_at is null
            """, new { tx.Tenant, tx.Now, list, column });
        if (gone == 0) return Problem.NotFound("There is no such column in this list.", "column-unknown");
        tx.Publish("list.columns-changed", $"list/{list}", data: new { column });
        return column;
    }, stop);

    /// <summary>One place to the left or to the right.</summary>
    public Task<Outcome<Guid>> Move(Caller caller, Guid list, Guid column, bool left, CancellationToken stop) => Shaping<Guid>(caller, list, async (tx, l) =>
    {
        var order = l.Columns.Select(c => c.Id).ToList();
        var at = order.IndexOf(column);
        if (at < 0) return Problem.NotFound("There is no such column in this list.", "column-unknown");
        var to = Math.Clamp(at + (left ? -1 : 1), 0, order.Count - 1);
        (order[at], order[to]) = (order[to], order[at]);
        await tx.Execute("""
            update collab.list_column c set position = o.n from unnest(@order) with ordinality as o (id, n) where c.tenant = @Tenant and c.list = @list and c.id = o.id
            """, new { tx.Tenant, list, order = order.ToArray() });
        tx.Publish("list.columns-changed", $"list/{list}", data: new { column });
        return column;
    }, stop);

    internal static async Task<Guid> Insert(Tx tx, Guid list, ColumnAsked asked, int position, Task<Tenant?>? tenant = null)
    {
        var id = tx.NewId();
        var zone = tenant is null ? TimeZoneInfo.Utc : (await tenant)!.Zone;
        var column = new ListColumn { Id = id, Name = asked.Name, Type = asked.Type, SettingsJson = asked.SettingsJson };
        var standard = asked.Default is null ? null : CellValue.Parse(column, asked.Default, zone) is { Ok: true } parsed ? parsed.Value?.ToJsonString() : null;
        await tx.Execute("""
            insert into collab.list_column (tenant, list, id, position, name, type, required, read_only, hidden, is_unique, default_value, settings)
            values (@Tenant, @list, @id, @position, @name, @type, @Required, @ReadOnly, @Hidden, @IsUnique, @standard::jsonb, @settings::jsonb)
            """, new { tx.Tenant, list, id, position, name = asked.Name.Trim(), type = Word(asked.Type), asked.Required, asked.ReadOnly, asked.Hidden, asked.IsUnique, standard, settings = asked.SettingsJson });
        return id;
    }

    /// <summary>"DateTime" → "dateTime", as the table has it.</summary>
    public static string Word(ColumnType type) => JsonNamingPolicy.CamelCase.ConvertName(type.ToString());

    private static async Task<Problem?> Refuse(Tx tx, PatientList list, ColumnAsked asked, Guid? but)
    {
        if (ColumnRules.Check(asked) is { } wrong) return wrong;
        if (list.Columns.Any(c => c.Id != but && c.Name.Equals(asked.Name.Trim(), StringComparison.OrdinalIgnoreCase))) return Problem.Conflict($"This list has a column {asked.Name.Trim()} already.", "column-name");
        if (asked.Default is not null && CellValue.Parse(new ListColumn { Name = asked.Name, Type = asked.Type, SettingsJson = asked.SettingsJson }, asked.Default, TimeZoneInfo.Utc) is { Ok: false } no) return no.Problem;
        if (asked.Type == ColumnType.Lookup && !await tx.Scalar<bool>("select exists (select from collab.list where tenant = @Tenant and id = @other and team = @Team and removed_at is null)", new { tx.Tenant, other = asked.Settings.List, list.Team })) return Problem.Unprocessable("A lookup looks in another list of the same team.", asked.Name, "list-column");
        return null;
    }

    private static Task<int?> Twice(Tx tx, Guid list, Guid column) => tx.Scalar<int?>("""
        select nullif(count(*), 0)::int from (
          select lower(cells -> @key ->> 'v') from collab.list_row
          where tenant = @Tenant and list = @list and state <> 'removed' and cells -> @key ->> 'v' is not null
          group by 1 having count(*) > 1) as twice
        """, new { tx.Tenant, list, key = column.ToString() });

    private Task<Outcome<T>> Shaping<T>(Caller caller, Guid list, Func<Tx, PatientList, Task<Outcome<T>>> change, CancellationToken stop) =>
        db.In(caller.Tenant, caller.Actor, async tx =>
        {
            var opened = await ListSql.Open(tx, teams, caller, list, TeamRole.Member, change: true);
            if (!opened.Ok) return opened.Problem;
            if (!opened.Value.MayShape) return TeamLists.NotShaping;
            await ListSql.Next(tx, list, columns: true);
            var done = await change(tx, opened.Value);
            return done.Ok ? done : tx.Abandon(done);
        }, stop);
}
