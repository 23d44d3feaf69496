using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Tasks;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Approvals;

internal static class ApprovalMapping
{
    public static void AddApprovalMapping(this IServiceCollection services)
    {
        services.AddSingleton<ApprovalBundle>();
        services.AddSingleton<ITaskMeaning, ApproveMeaning>();
        services.AddSingleton<IProjection, ApprovalProjection>();
        services.AddSingleton<IProjection, ApprovalTemplateProjection>();
    }
}
