using System.Globalization;
using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Blobs;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>What hangs on a task and only adds to it: two people who tick two items do not get in each other's way.</summary>
public sealed class TaskParts(TaskDesk desk, BlobStore blobs)
{
    public Task<Outcome<CareTask>> Tick(Caller caller, Guid id, Guid item, bool done, CancellationToken stop) =>
        desk.Change(caller, id, null, TeamRole.Guest, async (tx, task) =>
        {
            if (!task.Open) return Ended(task);
            var title = await tx.Scalar<string>("""
                update collab.task_check set checked_at = case when @done then coalesce(checked_at, @Now) end, checked_by = case when @done then coalesce(checked_by, @by) end
                where tenant = @Tenant and task = @id and id = @item and (checked_at is not null) <> @done returning title
                """, new { tx.Tenant, tx.Now, id, item, done, by = caller.Person });
            if (title is null) return await tx.Scalar<bool>("select exists (select from collab.task_check where tenant = @Tenant and task = @id and id = @item)", new { tx.Tenant, id, item })
                ? (string?)null : Problem.NotFound("This item is not on the checklist any more.", "check-unknown");
            await TaskSql.Happened(tx, id, done ? "ticked" : "unticked", null, title);
            return "ticked";
        }, stop);

    public Task<Outcome<CareTask>> AddChecks(Caller caller, Guid id, string? lines, CancellationToken stop) =>
        desk.Change(caller, id, null, TeamRole.Member, async (tx, task) =>
        {
            var titles = Lines(lines);
            if (titles.Count == 0 || titles.Any(t => t.Length > 255)) return Problem.Unprocessable("An item of the checklist has 1 to 255 characters.", "items", "task-check");
            if (task.Checks + titles.Count > 1000) return Problem.Unprocessable("A checklist has at most 1,000 items.", "items", "task-check");
            if (!task.Open) return Ended(task);
            await TaskRow.AddChecks(tx, id, titles);
            await TaskSql.Happened(tx, id, "check-added", null, string.Join(", ", titles));
            return "changed";
        }, stop);

    public Task<Outcome<CareTask>> RemoveCheck(Caller caller, Guid id, Guid item, CancellationToken stop) =>
        desk.Change(caller, id, null, TeamRole.Member, async (tx, task) =>
        {
            if (!task.Open) return Ended(task);
            if (task.ListItem is not null) return Problem.Conflict("This checklist was published by a team above: its items are theirs.", "task-published");
            var title = await tx.Scalar<string>("delete from collab.task_check where tenant = @Tenant and task = @id and id = @item returning title", new { tx.Tenant, id, item });
            if (title is null) return (string?)null;
            await TaskSql.Happened(tx, id, "check-removed", title);
            return "changed";
        }, stop);

    public Task<Outcome<CareTask>> Comment(Caller caller, Guid id, string? text, CancellationToken stop) =>
        desk.Change(caller, id, null, TeamRole.Guest, async (tx, task) =>
        {
            if (string.IsNullOrWhiteSpace(text) || text.Length > 4000) return Problem.Unprocessable("A comment has 1 to 4,000 characters.", "text", "task-comment");
            await tx.Execute("insert into collab.task_comment (tenant, id, task, person, text, at) values (@Tenant, @comment, @id, @by, @text, @Now)",
                new { tx.Tenant, tx.Now, comment = tx.NewId(), id, by = caller.Person, text = text.Trim() });
            await Notices.Tell(tx, [.. task.Assignees, .. task.CreatedBy is { } c && task.Team is not null ? [c] : (Guid[])[]], "task.commented", $"/tasks/{id}", new { title = task.Title, by = caller.Display }, $"task/{id}/comment/{tx.Now.UtcTicks}");
            return "commented";
        }, stop);

    public Task<Outcome<CareTask>> Link(Caller caller, Guid id, string? title, string? url, CancellationToken stop) =>
        desk.Change(caller, id, null, TeamRole.Member, async (tx, _) =>
        {
            if (!Sound(url)) return Problem.Unprocessable("A link begins with https://, http:// or with / for a page here.", "url", "task-link");
            if (title?.Length > 255) return Problem.Unprocessable("The name of a link has at most 255 characters.", "title", "task-link");
            if (await tx.Scalar<int>("select count(*)::int from collab.task_link where tenant = @Tenant and task = @id", new { tx.Tenant, id }) >= 100) return Problem.Unprocessable("A task has at most 100 links.", "url", "task-link");
            var name = string.IsNullOrWhiteSpace(title) ? url!.Trim()[..Math.Min(255, url.Trim().Length)] : title.Trim();
            await tx.Execute("insert into collab.task_link (tenant, id, task, title, url) values (@Tenant, @link, @id, @name, @url)", new { tx.Tenant, link = tx.NewId(), id, name, url = url!.Trim() });
            await TaskSql.Happened(tx, id, "link-added", null, name);
            return "changed";
        }, stop);

    public Task<Outcome<CareTask>> Unlink(Caller caller, Guid id, Guid link, CancellationToken stop) =>
        desk.Change(caller, id, null, TeamRole.Member, async (tx, _) =>
        {
            var title = await tx.Scalar<string>("delete from collab.task_link where tenant = @Tenant and task = @id and id = @link returning title", new { tx.Tenant, id, link });
            if (title is null) return (string?)null;
            await TaskSql.Happened(tx, id, "link-removed", title);
            return "changed";
        }, stop);

    /// <summary>A photo as proof of the work. Kept first, known to the task then: a file nobody knows is only room.</summary>
    public async Task<Outcome<CareTask>> Photo(Caller caller, Guid id, Stream content, CancellationToken stop)
    {
        var may = await desk.Change(caller, id, null, TeamRole.Guest, (_, task) => Task.FromResult<Outcome<string?>>(!task.Open ? Ended(task)
            : task.Photos >= 20 ? Problem.Unprocessable("A task has at most 20 photos.", "file", "task-photo") : (string?)null), stop);
        if (!may.Ok) return may;
        var kept = await blobs.Keep(caller.Tenant, content, [BlobStore.Image], stop);
        if (!kept.Ok) return kept.Problem;
        return await desk.Change(caller, id, null, TeamRole.Guest, async (tx, task) =>
        {
            if (!task.Open) return Ended(task);
            await tx.Execute("insert into collab.task_photo (tenant, id, task, hash, type, bytes, at, by) values (@Tenant, @photo, @id, @Hash, @Type, @Bytes, @Now, @by)",
                new { tx.Tenant, tx.Now, photo = tx.NewId(), id, kept.Value.Hash, kept.Value.Type, kept.Value.Bytes, by = caller.Person });
            await TaskSql.Happened(tx, id, "photo-added");
            return "changed";
        }, stop);
    }

    /// <summary>Answers to the task's form; all that is wrong is said at once.</summary>
    public Task<Outcome<CareTask>> Answer(Caller caller, Guid id, IReadOnlyDictionary<string, string> typed, CancellationToken stop) =>
        desk.Change(caller, id, null, TeamRole.Guest, (tx, task) => FillForm.Run(tx, task, typed, caller.Person, null), stop);

    /// <summary>Puts it on my day's page, or takes it off. Mine alone: nobody is told.</summary>
    public async Task<Outcome<bool>> MyDay(Caller caller, Guid id, bool on, CancellationToken stop)
    {
        var zone = await desk.Zone(caller.Tenant, stop);
        return await desk.Db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await TaskSql.Find(tx, id, caller.Person) is not { } task || await desk.May(tx, caller, task, TeamRole.Guest) is not null) return TaskDesk.Unknown;
            await tx.Execute(on ? """
                insert into collab.task_day (tenant, person, task, day) values (@Tenant, @Person, @id, @day) on conflict (tenant, person, task) do update set day = excluded.day
                """ : "delete from collab.task_day where tenant = @Tenant and person = @Person and task = @id and @day is not null", new { tx.Tenant, caller.Person, id, day = TaskTime.Day(tx.Now, zone) });
            return true;
        }, stop);
    }

    internal static IReadOnlyList<string> Lines(string? text) => [.. (text ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    // Browsers drop tabs and line ends from an address: "/\t/evil.example" would leave the site.
    private static bool Sound(string? url) => url?.Trim() is { Length: > 1 and <= 2000 } u && !u.Any(char.IsControl)
        && (u[0] == '/' ? u[1] is not ('/' or '\\') : Uri.TryCreate(u, UriKind.Absolute, out var at) && at.Scheme is "http" or "https" && u.StartsWith("http", StringComparison.Ordinal));

    internal static Problem Ended(CareTask task) => Problem.Conflict($"This task is {task.Status}: reopen it first.", "task-ended");
}
