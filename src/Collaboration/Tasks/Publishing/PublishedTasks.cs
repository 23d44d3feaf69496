namespace HealthTeams.Collaboration.Tasks.Publishing;

/// <summary>Lays the tasks of a published list on a team's board for them: one for the team, or one for each of its people.</summary>
internal static class PublishedTasks
{
    public static async Task Lay(Tx tx, TaskDesk desk, Guid team, IReadOnlyList<ListItem> items, IReadOnlyList<Guid> people, TimeZoneInfo zone)
    {
        var board = await Board(tx, team);
        var buckets = (await tx.Query<(string Name, Guid Id)>("select name, id from collab.task_bucket where tenant = @Tenant and board = @board", new { tx.Tenant, board })).ToDictionary(b => b.Name, b => b.Id, StringComparer.OrdinalIgnoreCase);
        foreach (var item in items)
        {
            Guid? bucket = item.Bucket is not { } name ? null : buckets.TryGetValue(name, out var known) ? known : buckets[name] = await TaskBoards.InsertBucket(tx, board, name);
            foreach (var person in item.Everyone ? people.Select(p => (Guid?)p) : [null])
            {
                var id = await TaskRow.Insert(tx, new TaskSaid
                {
                    Board = board, Bucket = bucket, Title = item.Title, Notes = item.Notes, Priority = item.Priority, DueDay = item.DueDay, DueMinute = item.DueMinute, Checks = item.Checks,
                    Assignees = person is { } p ? [p] : [], Needs = new Needs(item.NeedsChecklist, item.NeedsPhoto, null, item.Form),
                }, team, null, zone, new RowOrigin { ListItem = item.Id, ForPerson = person });
                await desk.Publish(tx, new CareTask { Id = id }, "created");
            }
        }
    }

    private static async Task<Guid> Board(Tx tx, Guid team)
    {
        Locks.Take(tx, $"task-board|{team}");
        if (await tx.Scalar<Guid?>("select id from collab.task_board where tenant = @Tenant and team = @team and published", new { tx.Tenant, team }) is { } known) return known;
        var taken = await tx.Scalar<bool>("select exists (select from collab.task_board where tenant = @Tenant and team = @team and lower(name) = 'published tasks')", new { tx.Tenant, team });
        return await TaskBoards.Insert(tx, team, taken ? $"Published tasks {tx.NewId().ToString()[..8]}" : "Published tasks", [], published: true);
    }
}
