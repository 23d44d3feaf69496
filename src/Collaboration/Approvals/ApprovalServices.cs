using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Approvals;

internal static class ApprovalServices
{
    public static void AddApprovals(this IServiceCollection services)
    {
    }

    /// <summary>What the worker role sweeps.</summary>
    public static void AddApprovalWork(this IServiceCollection services)
    {
    }
}
