using HealthTeams.Collaboration.Tasks;
using HealthTeams.Platform.Blobs;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Tasks;

/// <summary>One task with everything that hangs on it, and every act on a task: state changes are nouns under its address.</summary>
[RequestSizeLimit(11 * 1024 * 1024)]
public sealed class TaskPage(TaskViews views, TaskChanges changes, TaskProgress work, TaskParts parts, BlobStore blobs) : TasksBase
{
    public TaskDetails Details { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(Guid id, string? act, string? part, Guid? undo)
    {
        if (act is not null) return NotFound();
        var found = await views.One(Me, id, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        Details = found.Value;
        NoStore();
        if (part == "list") return Partial("_Task", this);
        await OfferUndo(undo);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(
        Guid id, string? act, int? version, Progress? progress, Guid? bucket, Guid? before, string? to, Guid? from, Guid? item, bool done, string? text, string? title, string? url, Guid? link, bool yes, int? on, string? back, IFormFile? file)
    {
        if (act is "completion" or "progress" or "place" or "assignment" or "deletion" or "decision" && version is null)
        {
            return Refuse(Problem.Invalid("Say which version of the task you saw (version).", "version", "task-version"));
        }
        var seen = version ?? 0;
        switch (act)
        {
            case "completion": return Done(await work.Complete(Me, id, seen, Stop), back, undo: true);
            case "reopening": return Done(await work.Reopen(Me, id, Stop), back);
            case "progress": return progress is { } p ? Done(await work.Set(Me, id, seen, p, Stop), back) : BadRequest();
            case "decision": return Done(await work.Decide(Me, id, seen, yes, text, Stop), back);
            case "place": return Done(await changes.Move(Me, id, seen, bucket, before, Stop), back);
            case "assignment": return Done(await Assign(id, seen, to, from), back);
            case "deletion": return Done(await changes.Delete(Me, id, seen, Stop), back, undo: true);
            case "restoration": return Done(await changes.Restore(Me, id, Stop), back);
            case "tick": return Done(await parts.Tick(Me, id, item ?? Guid.Empty, done, Stop), back);
            case "items": return Done(await parts.AddChecks(Me, id, text, Stop), back);
            case "item-removal": return Done(await parts.RemoveCheck(Me, id, item ?? Guid.Empty, Stop), back);
            case "comments": return Done(await parts.Comment(Me, id, text, Stop), back);
            case "links": return Done(await parts.Link(Me, id, title, url, Stop), back);
            case "link-removal": return Done(await parts.Unlink(Me, id, link ?? Guid.Empty, Stop), back);
            case "answers": return Done(await parts.Answer(Me, id, Request.Form.Where(f => f.Key.StartsWith('q')).ToDictionary(f => f.Key, f => f.Value.ToString()), Stop), back);
            case "photos": return file is null ? Refuse(Problem.Unprocessable("Choose a photo first.", "file", "file-empty")) : Done(await Photo(id, file), back);
            case "my-day": return await parts.MyDay(Me, id, on != 0, Stop) is { Ok: false } refused ? Refuse(refused.Problem) : SeeOther(Safe(back) ?? $"/tasks/{id}");
            default: return NotFound();
        }
    }

    /// <summary>From one person to another, beside those who share it.</summary>
    private async Task<Outcome<CareTask>> Assign(Guid id, int seen, string? to, Guid? from)
    {
        var found = await views.One(Me, id, Stop);
        if (!found.Ok) return found.Problem;
        IEnumerable<Guid> people = Guid.TryParse(to, out var person) ? found.Value.Task.Assignees.Where(a => a != from).Append(person).Distinct() : [];
        return await changes.Assign(Me, id, seen, [.. people], Stop);
    }

    private async Task<Outcome<CareTask>> Photo(Guid id, IFormFile file)
    {
        await using var content = file.OpenReadStream();
        return await parts.Photo(Me, id, content, Stop);
    }

    /// <summary>The bytes of a photo, for who may see its task; never run as a page.</summary>
    public async Task<IActionResult> OnGetPhotoAsync(Guid id, Guid photo)
    {
        var found = await views.Photo(Me, id, photo, Stop);
        if (!found.Ok || blobs.Open(Me.Tenant, found.Value.Hash) is not { } bytes) return NotFound();
        Response.Headers.CacheControl = "private, no-store";
        Response.Headers.ContentDisposition = "inline; filename=\"photo\"";
        return File(bytes, found.Value.Type);
    }

    private IActionResult Done(Outcome<CareTask> done, string? back, bool undo = false)
    {
        if (!done.Ok) return Refuse(done.Problem);
        var to = Safe(back) ?? $"/tasks/{done.Value.Id}";
        // A deleted task has no page of its own to go back to.
        if (done.Value.DeletedAt is not null && to.StartsWith($"/tasks/{done.Value.Id}", StringComparison.Ordinal)) to = done.Value.Board is { } board ? $"/tasks/boards/{board}" : "/tasks";
        return SeeOther(undo ? $"{to}{(to.Contains('?', StringComparison.Ordinal) ? '&' : '?')}undo={done.Value.Id}" : to);
    }

    /// <summary>Only to a page of ours.</summary>
    internal static string? Safe(string? back) => back is { Length: > 1 and < 2000 } && back[0] == '/' && back[1] is not ('/' or '\\') && !back.Any(char.IsControl) ? back : null;
}
