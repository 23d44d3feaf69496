using HealthTeams.Platform.Due;
using HealthTeams.Platform.Live;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Approvals;

internal static class ApprovalServices
{
    public static void AddApprovals(this IServiceCollection services)
    {
        services.AddSingleton<Signing>();
        services.AddSingleton<AskApproval>();
        services.AddSingleton<AnswerApproval>();
        services.AddSingleton<ApprovalViews>();
        services.AddSingleton<ApprovalDoor>();
        services.AddSingleton(s => new Lazy<ApprovalDoor>(s.GetRequiredService<ApprovalDoor>));
        services.AddSingleton<Delegations>();
        services.AddSingleton<ApprovalTemplates>();
        ProblemMapping.Name("approval_file_name", Problem.Unprocessable("Two files have one name. Rename one of them.", "file", "approval-file-name"));
        ProblemMapping.Name("delegation_one", Problem.Conflict("You named somebody for this time already. End that first.", "delegation-overlap"));
        ProblemMapping.Name("approval_template_name", Problem.Conflict("A template of this name is there already.", "approval-template-name"));
        ProblemMapping.Name("request_once", Problem.Conflict("This person is asked in the same step already.", "approval-asked-already"));
        services.AddSingleton(s => new LiveTopic("approval", (caller, id, stop) => s.GetRequiredService<Db>().In(caller.Tenant, caller.Actor, tx => ApprovalViews.Sees(tx, caller, id), stop)));
        services.AddSingleton(new LiveRoute(e => e.Kind.StartsWith("approval.", StringComparison.Ordinal) && e.Subject.StartsWith("approval/", StringComparison.Ordinal) ? [LiveTopics.Of(e.Tenant, "approval", e.SubjectId)] : []));
    }

    /// <summary>What the worker role sweeps.</summary>
    public static void AddApprovalWork(this IServiceCollection services) => services.AddSingleton<IDueSweep, ApprovalsDue>();
}
