using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Tasks;

public sealed record TaskBoard
{
    public Guid Id { get; init; }
    public Guid Team { get; init; }
    public string TeamName { get; init; } = "";
    public string Name { get; init; } = "";
    public bool Published { get; init; }
    public int Open { get; init; }
    public int Late { get; init; }
    public int Version { get; init; }
}

public sealed record TaskBucket(Guid Id, string Name);

/// <summary>A team's boards and their buckets: as many as the team wants (TK-04).</summary>
public sealed class TaskBoards(Db db, TeamDoor teams)
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such board for you.", "board-unknown");

    /// <summary>Of all my teams, by team and name.</summary>
    public Task<IReadOnlyList<TaskBoard>> Mine(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<TaskBoard>("""
        select b.id, b.team, t.name as TeamName, b.name, b.published, b.version, count(k.id)::int as Open, (count(k.id) filter (where k.due_at < @Now))::int as Late
        from collab.team_member m join collab.team t on t.tenant = m.tenant and t.id = m.team and t.archived_at is null
        join collab.task_board b on b.tenant = t.tenant and b.team = t.id
        left join collab.task k on k.tenant = b.tenant and k.board = b.id and k.deleted_at is null and k.status not in ('rejected', 'failed', 'completed', 'cancelled', 'entered-in-error')
          and (m.role <> 'Guest' or exists (select from collab.task_assignee a where a.tenant = k.tenant and a.task = k.id and a.person = m.person))
        where m.tenant = @Tenant and m.person = @Person
        group by b.id, b.team, t.name, b.name, b.published, b.version, b.created_at
        order by lower(t.name), b.published, lower(b.name)
        """, new { tx.Tenant, tx.Now, caller.Person }), stop);

    public Task<IReadOnlyList<Team>> MyTeams(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => teams.Mine(tx, caller.Person), stop);

    public Task<Outcome<Guid>> Make(Caller caller, Guid team, string? name, IReadOnlyList<string> buckets, CancellationToken stop) =>
        db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
        {
            var may = await teams.May(tx, caller, team, TeamRole.Member, change: true);
            if (!may.Ok) return may.Problem;
            if (Wrong(name) is { } wrong) return wrong;
            if (buckets.Select(Wrong).OfType<Problem>().FirstOrDefault() is { } bucket) return bucket;
            var id = await Insert(tx, team, name!.Trim(), buckets);
            Tell(tx, id, "made");
            return id;
        }, stop);

    internal static async Task<Guid> Insert(Tx tx, Guid team, string name, IReadOnlyList<string> buckets, bool published = false)
    {
        var id = tx.NewId();
        await tx.Execute("insert into collab.task_board (tenant, id, team, name, published, created_at, created_by) values (@Tenant, @id, @team, @name, @published, @Now, @by)",
            new { tx.Tenant, tx.Now, id, team, name, published, by = tx.Actor.Caller?.Person });
        foreach (var bucket in buckets.Select(b => b.Trim()).Distinct(StringComparer.OrdinalIgnoreCase)) await InsertBucket(tx, id, bucket);
        return id;
    }

    internal static Task<Guid> InsertBucket(Tx tx, Guid board, string name) => tx.Scalar<Guid>("""
        insert into collab.task_bucket (tenant, id, board, name, place)
        values (@Tenant, @id, @board, @name, (select coalesce(max(place), 0) + 1 from collab.task_bucket where tenant = @Tenant and board = @board)) returning id
        """, new { tx.Tenant, id = tx.NewId(), board, name });

    public Task<Outcome<Guid>> Rename(Caller caller, Guid board, int seen, string? name, CancellationToken stop) =>
        Change(caller, board, async tx => Wrong(name) is { } wrong ? wrong
            : await tx.Execute("update collab.task_board set name = @name, version = version + 1 where tenant = @Tenant and id = @board and version = @seen", new { tx.Tenant, board, seen, name = name!.Trim() }) == 1
                ? null : Problem.Conflict("Somebody else renamed this board at the same moment.", "board-stale"), stop);

    public Task<Outcome<Guid>> AddBucket(Caller caller, Guid board, string? name, CancellationToken stop) =>
        Change(caller, board, async tx =>
        {
            if (Wrong(name) is { } wrong) return wrong;
            await InsertBucket(tx, board, name!.Trim());
            return null;
        }, stop);

    public Task<Outcome<Guid>> RenameBucket(Caller caller, Guid board, Guid bucket, string? name, CancellationToken stop) =>
        Change(caller, board, async tx => Wrong(name) is { } wrong ? wrong
            : await tx.Execute("update collab.task_bucket set name = @name where tenant = @Tenant and id = @bucket and board = @board", new { tx.Tenant, board, bucket, name = name!.Trim() }) == 1
                ? null : Problem.NotFound("This board has no such bucket any more.", "bucket-unknown"), stop);

    /// <summary>Its tasks stay, without a bucket.</summary>
    public Task<Outcome<Guid>> RemoveBucket(Caller caller, Guid board, Guid bucket, CancellationToken stop) =>
        Change(caller, board, async tx =>
        {
            await tx.Execute("update collab.task set bucket = null, version = version + 1 where tenant = @Tenant and bucket = @bucket and board = @board", new { tx.Tenant, board, bucket });
            await tx.Execute("delete from collab.task_bucket where tenant = @Tenant and id = @bucket and board = @board", new { tx.Tenant, board, bucket });
            return null;
        }, stop);

    private Task<Outcome<Guid>> Change(Caller caller, Guid board, Func<Tx, Task<Problem?>> act, CancellationToken stop) =>
        db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await tx.Scalar<Guid?>("select team from collab.task_board where tenant = @Tenant and id = @board for update", new { tx.Tenant, board }) is not { } team) return Unknown;
            var may = await teams.May(tx, caller, team, TeamRole.Member, change: true);
            if (!may.Ok) return may.Problem.Status == 404 ? Unknown : may.Problem;
            if (await act(tx) is { } problem) return tx.Abandon<Outcome<Guid>>(problem);
            Tell(tx, board, "board");
            return board;
        }, stop);

    internal static async Task<string?> BucketName(Tx tx, Guid? bucket) => bucket is null ? null
        : await tx.Scalar<string>("select name from collab.task_bucket where tenant = @Tenant and id = @bucket", new { tx.Tenant, bucket });

    private static void Tell(Tx tx, Guid board, string what) => tx.Publish($"task.{what}", $"board/{board}", null, new { boards = new[] { board }, people = Array.Empty<Guid>() });

    private static Problem? Wrong(string? name) => name?.Trim() is { Length: >= 1 and <= 100 } ? null : Problem.Unprocessable("A name has 1 to 100 characters.", "name", "task-name");
}
