using HealthTeams.Web.Activity;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Approvals;

internal static class ApprovalPages
{
    public static void AddApprovalPages(this IServiceCollection services)
    {
        services.AddSingleton(new NoticeSentence("approval.requested", "approvals", (w, n) => w["{0} asks for your approval: {1}", n.Of("from"), n.Of("title")]));
        services.AddSingleton(new NoticeSentence("approval.reminder", "clock", (w, n) => w["Due tomorrow, and waiting for you: {0}", n.Of("title")]));
        services.AddSingleton(new NoticeSentence("approval.late", "warning", (w, n) => w["Late, and waiting for you: {0}", n.Of("title")]));
        services.AddSingleton(new NoticeSentence("approval.late-owner", "warning", (w, n) => w["Not answered in time: {0}", n.Of("title")]));
        services.AddSingleton(new NoticeSentence("approval.completed", "done", (w, n) => w["Decided: {0} ({1})", n.Of("title"), string.Join("; ", n.Of("result").Split(';').Select(a => ApprovalWords.Answer(w, a)))]));
        services.AddSingleton(new NoticeSentence("approval.cancelled", "cancelled", (w, n) => w["Cancelled, nothing to do: {0}", n.Of("title")]));
        services.AddSingleton(new NoticeSentence("approval.reassigned", "swap", (w, n) => w["Your request was passed on: {0}", n.Of("title")]));
        services.AddSingleton(new NoticeSentence("approval.delegated", "person", (w, n) => w["{0} is away: approvals asked of them come to you", n.Of("from")]));
    }
}
