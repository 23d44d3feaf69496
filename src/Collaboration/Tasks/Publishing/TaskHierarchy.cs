using HealthTeams.Collaboration.Sheets;

namespace HealthTeams.Collaboration.Tasks.Publishing;

/// <summary>A node with its place in the tree.</summary>
public sealed record NodeRow
{
    public Guid Id { get; init; }
    public string Name { get; init; } = "";
    public Guid? Team { get; init; }
    public string? TeamName { get; init; }
    public string[] Attributes { get; init; } = [];
    public Guid[] Parents { get; init; } = [];
}

/// <summary>TK-10: the hospital's hierarchy of teams, imported by an administrator, all or nothing.</summary>
public sealed class TaskHierarchy(Db db)
{
    private const string Administrator = "administrator";

    public Task<Outcome<IReadOnlyList<NodeRow>>> All(Caller caller, CancellationToken stop) => db.In<Outcome<IReadOnlyList<NodeRow>>>(caller.Tenant, caller.Actor, async tx =>
        caller.Has(Administrator) ? new List<NodeRow>(await Nodes(tx)) : NotAllowed, stop);

    /// <returns>What is wrong; empty when it was taken.</returns>
    public async Task<Outcome<IReadOnlyList<RowProblem>>> Import(Caller caller, Stream file, string fileName, CancellationToken stop)
    {
        if (!caller.Has(Administrator)) return NotAllowed;
        var sheet = SheetReader.Read(file, fileName);
        if (!sheet.Ok) return sheet.Problem;
        return await db.In<Outcome<IReadOnlyList<RowProblem>>>(caller.Tenant, caller.Actor, async tx =>
        {
            Locks.Take(tx, "task-hierarchy");
            var teams = (await tx.Query<Guid>("select id from collab.team where tenant = @Tenant and archived_at is null", new { tx.Tenant })).ToHashSet();
            var read = Hierarchy.Read(sheet.Value, teams);
            if (read.Wrong.Count > 0) return tx.Abandon<Outcome<IReadOnlyList<RowProblem>>>(new List<RowProblem>(read.Wrong));
            await Replace(tx, read, caller.Person);
            tx.Publish("hierarchy.imported", $"hierarchy/{tx.NewId()}", null, new { nodes = read.Nodes.Count });
            return new List<RowProblem>();
        }, stop);
    }

    private static async Task Replace(Tx tx, HierarchyRead read, Guid? by)
    {
        var ids = read.Nodes.ToDictionary(n => n.Name, _ => tx.NewId(), StringComparer.OrdinalIgnoreCase);
        await tx.Execute("delete from collab.task_node where tenant = @Tenant", new { tx.Tenant });
        await tx.Execute("""
            insert into collab.task_node (tenant, id, name, team, attributes)
            select @Tenant, n.id, n.name, n.team, coalesce(string_to_array(nullif(n.attributes, ''), E'\n'), '{}') from unnest(@nodes, @names, @teams, @attributes) as n (id, name, team, attributes)
            """, new { tx.Tenant, nodes = read.Nodes.Select(n => ids[n.Name]).ToArray(), names = read.Nodes.Select(n => n.Name).ToArray(), teams = read.Nodes.Select(n => n.Team).ToArray(), attributes = read.Nodes.Select(n => string.Join('\n', n.Attributes)).ToArray() });
        var edges = read.Nodes.SelectMany(n => n.Parents.Select(p => (Node: ids[n.Name], Parent: ids[p]))).ToList();
        if (edges.Count > 0) await tx.Execute("insert into collab.task_node_parent (tenant, node, parent) select @Tenant, e.node, e.parent from unnest(@from, @to) as e (node, parent)",
            new { tx.Tenant, from = edges.Select(e => e.Node).ToArray(), to = edges.Select(e => e.Parent).ToArray() });
        await tx.Execute("""
            insert into collab.task_hierarchy (tenant, buckets, imported_at, imported_by) values (@Tenant, @buckets, @Now, @by)
            on conflict (tenant) do update set buckets = excluded.buckets, imported_at = excluded.imported_at, imported_by = excluded.imported_by
            """, new { tx.Tenant, tx.Now, buckets = read.Buckets.ToArray(), by });
    }

    internal static Task<IReadOnlyList<NodeRow>> Nodes(Tx tx) => tx.Query<NodeRow>("""
        select n.id, n.name, n.team, t.name as TeamName, n.attributes,
          array(select p.parent from collab.task_node_parent p where p.tenant = n.tenant and p.node = n.id) as Parents
        from collab.task_node n left join collab.team t on t.tenant = n.tenant and t.id = n.team where n.tenant = @Tenant order by lower(n.name)
        """, new { tx.Tenant });

    /// <summary>The teams below a team, at whatever depth: to these it may publish; a leaf only receives.</summary>
    internal static Task<IReadOnlyList<NodeRow>> Below(Tx tx, Guid team) => tx.Query<NodeRow>("""
        with recursive below as (
          select p.node from collab.task_node n join collab.task_node_parent p on p.tenant = n.tenant and p.parent = n.id where n.tenant = @Tenant and n.team = @team
          union
          select p.node from below b join collab.task_node_parent p on p.tenant = @Tenant and p.parent = b.node)
        select n.id, n.name, n.team, t.name as TeamName, n.attributes,
          array(select p.parent from collab.task_node_parent p where p.tenant = n.tenant and p.node = n.id) as Parents
        from below b join collab.task_node n on n.tenant = @Tenant and n.id = b.node join collab.team t on t.tenant = n.tenant and t.id = n.team and t.archived_at is null
        order by lower(n.name)
        """, new { tx.Tenant, team });

    private static readonly Problem NotAllowed = Problem.Forbidden("An administrator imports the hierarchy of teams.", "hierarchy-role");
}
