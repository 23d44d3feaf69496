using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Approvals;

internal static class ApprovalPages
{
    public static void AddApprovalPages(this IServiceCollection services)
    {
    }
}
