using HealthTeams.Collaboration.Tasks;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Tasks;

/// <summary>What the pages of tasks share: today, the undo they offer for ten seconds, and where a press leads back to.</summary>
public abstract class TasksBase : StaffPage
{
    public DateOnly Today => HospitalTime.Day(Now, Zone);
    public CareTask? Undoable { get; private set; }

    /// <summary>This address, without what is only for once: where a press on it comes back to.</summary>
    public string Here
    {
        get
        {
            var query = new QueryBuilder(Request.Query.Where(q => q.Key is not ("part" or "undo" or "lang")).SelectMany(q => q.Value, (q, v) => KeyValuePair.Create(q.Key, v ?? "")));
            return Request.Path + query.ToQueryString().ToString();
        }
    }

    /// <summary>An act on a task as a button's address: its version says what the presser saw.</summary>
    public string Act(CareTask task, string act, string more = "") => $"/tasks/{task.Id}/{act}?version={task.Version}{more}&back={Uri.EscapeDataString(Here)}";

    protected async Task OfferUndo(Guid? undo)
    {
        if (undo is not { } id) return;
        var found = await HttpContext.RequestServices.GetRequiredService<TaskViews>().One(Me, id, Stop);
        if (found.Ok && (found.Value.Task is { DeletedAt: not null } or { Progress: Progress.Completed or Progress.AwaitingApproval }) && Now - (found.Value.Task.DeletedAt ?? found.Value.Task.UpdatedAt) < TaskRules.UndoFor) Undoable = found.Value.Task;
    }

    protected void NoStore() => Response.Headers.CacheControl = "no-cache, no-store";
}
