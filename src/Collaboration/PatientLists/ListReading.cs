using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Audit;

namespace HealthTeams.Collaboration.PatientLists;

public sealed record ListComment(DateTimeOffset At, string? By, string Text);

/// <summary>One row with everything that was said and changed.</summary>
public sealed record OpenRow(OpenList Open, ListRow Row, IReadOnlyList<CellChange> History, IReadOnlyList<ListComment> Comments);

/// <summary>Who has which cell open now; ids only.</summary>
public sealed record CellEditor(Guid Person, string Name, Guid Row, Guid Col);

/// <summary>Reading lists (LS-04..LS-06). Each view records the access to each patient it shows (AU-04).</summary>
public sealed class ListReading(Db db, TeamDoor teams, AccessLog audit)
{
    private static readonly TimeSpan EditingLasts = TimeSpan.FromSeconds(15);

    /// <param name="past">Those who left instead of those who are here.</param>
    /// <param name="how">"view", or "export".</param>
    /// <param name="since">A page that has the rows up to this number already shows the later ones anew: only they are on record again.</param>
    public async Task<Outcome<OpenList>> Open(Caller caller, Guid list, bool past, CancellationToken stop, string how = "view", long since = 0, Func<OpenList, IEnumerable<ListRow>>? shown = null)
    {
        var opened = await db.In<Outcome<OpenList>>(caller.Tenant, caller.Actor, async tx =>
        {
            var l = await ListSql.Open(tx, teams, caller, list);
            if (!l.Ok) return l.Problem;
            var rows = await ListSql.Rows(tx, list, past ? "past" : "active");
            return new OpenList(l.Value, rows, await ListSql.Names(tx, l.Value, rows));
        }, stop);
        if (opened.Ok) await Record(caller, how, list, (shown?.Invoke(opened.Value) ?? opened.Value.Rows).Where(r => r.Seq > since), since == 0, stop);
        return opened;
    }

    public async Task<Outcome<OpenRow>> Row(Caller caller, Guid list, Guid row, CancellationToken stop)
    {
        var opened = await db.In<Outcome<OpenRow>>(caller.Tenant, caller.Actor, async tx =>
        {
            var l = await ListSql.Open(tx, teams, caller, list);
            if (!l.Ok) return l.Problem;
            var rows = await ListSql.Rows(tx, list, "", row);
            if (rows is not [{ State: not "removed" } one]) return ListSql.RowUnknown;
            var comments = await tx.Query<CommentRead>("""
                select c.at, c.text, p.kind, p.family, p.given, p.title from collab.list_comment c left join collab.person p on p.tenant = c.tenant and p.id = c.by
                where c.tenant = @Tenant and c.row = @row order by c.at, c.id limit 500
                """, new { tx.Tenant, row });
            var history = await CellWrites.History(tx, list, row);
            var open = new OpenList(l.Value, rows, await HistoryNames(tx, await ListSql.Names(tx, l.Value, rows), l.Value, history));
            return new OpenRow(open, one, history, [.. comments.Select(c => new ListComment(c.At, c.Display, c.Text))]);
        }, stop);
        if (opened.Ok) await Record(caller, "view", list, [opened.Value.Row], true, stop);
        return opened;
    }

    /// <summary>The list without its rows: nobody's data is shown.</summary>
    public Task<Outcome<PatientList>> Shape(Caller caller, Guid list, CancellationToken stop, bool removed = false) =>
        db.In(caller.Tenant, caller.Actor, tx => ListSql.Open(tx, teams, caller, list, removed: removed), stop);

    /// <summary>The columns alone, to make another list of (LS-01). Lookups stay behind: they look in lists of that team.</summary>
    public Task<Outcome<ColumnAsked[]>> Structure(Caller caller, Guid list, CancellationToken stop) => db.In<Outcome<ColumnAsked[]>>(caller.Tenant, caller.Actor, async tx =>
    {
        var l = await ListSql.Open(tx, teams, caller, list);
        if (!l.Ok) return l.Problem;
        return l.Value.Columns.Where(c => c.Type != ColumnType.Lookup).Select(c => new ColumnAsked(c.Name, c.Type)
        {
            Required = c.Required, ReadOnly = c.ReadOnly, Hidden = c.Hidden, IsUnique = c.IsUnique, Settings = c.Settings with { Column = null },
            Default = c.DefaultJson is null ? null : CellValue.Text(System.Text.Json.JsonDocument.Parse(c.DefaultJson).RootElement),
        }).ToArray();
    }, stop);

    /// <summary>What a lookup or a person cell may be set to: rows of the other list, members of the team.</summary>
    public Task<IReadOnlyDictionary<Guid, IReadOnlyList<(Guid Id, string Name)>>> Offers(Caller caller, PatientList list, CancellationToken stop) =>
        db.In<IReadOnlyDictionary<Guid, IReadOnlyList<(Guid, string)>>>(caller.Tenant, caller.Actor, async tx =>
        {
            var offers = new Dictionary<Guid, IReadOnlyList<(Guid, string)>>();
            var members = list.Columns.Any(c => c.Type == ColumnType.Person) ? (await teams.Members(tx, list.Team)).Select(m => (m.Person, m.Name)).ToList() : [];
            foreach (var c in list.Columns.Where(c => c.Type is ColumnType.Person or ColumnType.Lookup)) offers[c.Id] = c.Type == ColumnType.Person ? members : await ListSql.Lookups(tx, list, c);
            return offers;
        }, stop);

    /// <summary>Says where one is, and hears where the others are. Soft: nobody is kept from anything.</summary>
    public Task<Outcome<IReadOnlyList<CellEditor>>> Editing(Caller caller, Guid list, Guid? row, Guid? column, CancellationToken stop) =>
        db.In<Outcome<IReadOnlyList<CellEditor>>>(caller.Tenant, caller.Actor, async tx =>
        {
            var l = await ListSql.Open(tx, teams, caller, list);
            if (!l.Ok) return l.Problem;
            await tx.Execute("delete from collab.list_editing where tenant = @Tenant and list = @list and (person = @Person or at < @old)", new { tx.Tenant, list, caller.Person, old = tx.Now - EditingLasts });
            if (row is not null && column is not null && caller.Person is not null && l.Value.MayEdit)
            {
                await tx.Execute("""
                    insert into collab.list_editing (tenant, list, person, row, col, at) values (@Tenant, @list, @Person, @row, @column, @Now)
                    on conflict (tenant, list, person) do update set row = excluded.row, col = excluded.col, at = excluded.at
                    """, new { tx.Tenant, tx.Now, list, caller.Person, row, column });
            }
            var others = await tx.Query<EditorRead>("""
                select e.row, e.col, p.id, p.kind, p.family, p.given, p.title from collab.list_editing e join collab.person p on p.tenant = e.tenant and p.id = e.person
                where e.tenant = @Tenant and e.list = @list and e.person is distinct from @Person and e.at >= @old
                """, new { tx.Tenant, list, caller.Person, old = tx.Now - EditingLasts });
            return (CellEditor[])[.. others.Select(o => new CellEditor(o.Id, o.Display, o.Row, o.Col))];
        }, stop);

    private async Task Record(Caller caller, string how, Guid list, IEnumerable<ListRow> rows, bool always, CancellationToken stop)
    {
        var patients = rows.Select(r => r.Patient is { } p ? $"person/{p}" : null).ToList();
        if (!always && patients.All(p => p is null)) return;
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, how, $"list/{list}", null, 200), patients, stop);
    }

    /// <summary>People whom a cell named once are in the history still.</summary>
    private static async Task<IReadOnlyDictionary<Guid, string>> HistoryNames(Tx tx, IReadOnlyDictionary<Guid, string> known, PatientList list, IReadOnlyList<CellChange> history)
    {
        var people = history.Where(h => list.Columns.Any(c => c.Id == h.Column && c.Type is ColumnType.Person or ColumnType.Rounded)).SelectMany(h => new[] { h.Before, h.After }).OfType<string>()
            .SelectMany(j => System.Text.RegularExpressions.Regex.Matches(j, "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").Select(m => Guid.Parse(m.Value))).Where(id => !known.ContainsKey(id)).Distinct().ToArray();
        if (people.Length == 0) return known;
        var all = new Dictionary<Guid, string>(known);
        foreach (var p in await tx.Query<Person>("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = any(@people)", new { tx.Tenant, people })) all[p.Id] = p.Display;
        return all;
    }

    private sealed record CommentRead : Person
    {
        public DateTimeOffset At { get; init; }
        public string Text { get; init; } = "";
    }

    private sealed record EditorRead : Person
    {
        public Guid Row { get; init; }
        public Guid Col { get; init; }
    }
}
