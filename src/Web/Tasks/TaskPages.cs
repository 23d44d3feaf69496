using HealthTeams.Web.Activity;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Tasks;

internal static class TaskPages
{
    public static void AddTaskPages(this IServiceCollection services)
    {
        services.AddSingleton(new NoticeSentence("task.assigned", "tasks", (words, n) => n.Of("by") is { Length: > 0 } by ? words["{0} gave you a task: {1}", by, n.Of("title")] : words["A task is yours: {0}", n.Of("title")]));
        services.AddSingleton(new NoticeSentence("task.before", "clock", (words, n) => words["Due soon: {0}", n.Of("title")]));
        services.AddSingleton(new NoticeSentence("task.due", "clock", (words, n) => words["Due now: {0}", n.Of("title")]));
        services.AddSingleton(new NoticeSentence("task.overdue", "warning", (words, n) => words["Late: {0}", n.Of("title")]));
        services.AddSingleton(new NoticeSentence("task.approval", "approvals", (words, n) => words["{0} asks for your approval: {1}", n.Of("by"), n.Of("title")]));
        services.AddSingleton(new NoticeSentence("task.approved", "done", (words, n) => words["Approved: {0}", n.Of("title")]));
        services.AddSingleton(new NoticeSentence("task.sent-back", "undo", (words, n) => words["Sent back: {0}. {1}", n.Of("title"), n.Of("reason")]));
        services.AddSingleton(new NoticeSentence("task.commented", "chat", (words, n) => words["{0} commented on {1}", n.Of("by"), n.Of("title")]));
    }
}
