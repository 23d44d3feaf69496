using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Approvals;

internal static class ApprovalMapping
{
    public static void AddApprovalMapping(this IServiceCollection services)
    {
    }
}
