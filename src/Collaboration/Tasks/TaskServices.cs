using System.Text.Json;
using HealthTeams.Collaboration.Approvals;
using HealthTeams.Collaboration.Tasks.Publishing;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Due;
using HealthTeams.Platform.Live;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Tasks;

internal static class TaskServices
{
    public static void AddTasks(this IServiceCollection services)
    {
        services.AddSingleton<TaskDesk>();
        services.AddSingleton<TaskBoards>();
        services.AddSingleton<TaskChanges>();
        services.AddSingleton<TaskProgress>();
        services.AddSingleton<TaskParts>();
        services.AddSingleton<TaskViews>();
        services.AddSingleton<TaskSeries>();
        services.AddSingleton<TaskDoor>();
        services.AddSingleton<SeriesDoor>();
        services.AddSingleton<ApprovalEnded>(s => (tx, approval, _, yes, said) => s.GetRequiredService<TaskDoor>().ApprovalOver(tx, approval, yes, said));
        services.AddSingleton<TaskHierarchy>();
        services.AddSingleton<TaskPublishing>();
        services.AddSingleton(s => new LiveTopic("board", (caller, board, stop) => s.GetRequiredService<Db>().In(caller.Tenant, caller.Actor, async tx =>
            await tx.Scalar<Guid?>("select team from collab.task_board where tenant = @Tenant and id = @board", new { tx.Tenant, board }) is { } team
            && await s.GetRequiredService<TeamDoor>().Standing(tx, team, caller.Person) is not null, stop)));
        services.AddSingleton(s => new LiveTopic("task-list", async (caller, list, stop) => (await s.GetRequiredService<TaskPublishing>().One(caller, list, stop)).Ok));
        services.AddSingleton(new LiveRoute(Groups));
        ProblemMapping.Name("task_board_name", Problem.Conflict("This team has a board of that name.", "board-name"));
        ProblemMapping.Name("task_bucket_name", Problem.Conflict("This board has a bucket of that name.", "bucket-name"));
        ProblemMapping.Name("task_period", Problem.Unprocessable("It starts after it is due.", "startDay", "task-days"));
    }

    /// <summary>What the worker role sweeps.</summary>
    public static void AddTaskWork(this IServiceCollection services)
    {
        services.AddSingleton<IDueSweep, SeriesDue>();
        services.AddSingleton<IDueSweep, RemindDue>();
        services.AddSingleton<IDueSweep, TaskRetention>();
    }

    /// <summary>A change of a task rings on its board's pages and at the people it belongs to.</summary>
    private static IEnumerable<string> Groups(Event e)
    {
        if (!e.Kind.StartsWith("task.", StringComparison.Ordinal)) yield break;
        using var data = JsonDocument.Parse(e.Data);
        foreach (var board in data.RootElement.GetProperty("boards").EnumerateArray()) yield return LiveTopics.Of(e.Tenant, "board", board.GetGuid());
        if (data.RootElement.TryGetProperty("list", out var list) && list.ValueKind == JsonValueKind.String && list.TryGetGuid(out var published)) yield return LiveTopics.Of(e.Tenant, "task-list", published);
        foreach (var person in data.RootElement.GetProperty("people").EnumerateArray()) yield return LiveTopics.Person(e.Tenant, person.GetGuid());
    }
}
