using System.Text.Json;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>Answers to a task's form (TK-06), from its page or by FHIR; all that is wrong is said at once.</summary>
internal static class FillForm
{
    /// <param name="response">The QuestionnaireResponse they came with; null from a page.</param>
    public static async Task<Outcome<string?>> Run(Tx tx, CareTask task, IReadOnlyDictionary<string, string> typed, Guid? by, string? response)
    {
        if (task.Form is null) return Problem.Unprocessable("This task has no form.", null, "task-form");
        if (!task.Open) return TaskParts.Ended(task);
        var wrong = task.Questions.Select(q => q.Fault(typed.GetValueOrDefault(q.Key)?.Trim() ?? "")).OfType<string>().ToList();
        if (wrong.Count > 0) return Problem.Unprocessable(string.Join(" ", wrong), "answers", "task-answers");
        var answers = task.Questions.Where(q => !string.IsNullOrWhiteSpace(typed.GetValueOrDefault(q.Key))).ToDictionary(q => q.Key, q => typed[q.Key].Trim());
        await tx.Execute("""
            update collab.task set answers = @json::jsonb, answered_at = @Now, answered_by = @by, response_id = @response where tenant = @Tenant and id = @Id
            """, new { tx.Tenant, tx.Now, task.Id, by, response = response == task.Id.ToString() ? null : response, json = JsonSerializer.Serialize(answers, JsonSerializerOptions.Web) });
        await TaskSql.Happened(tx, task.Id, "answered");
        return "changed";
    }
}
