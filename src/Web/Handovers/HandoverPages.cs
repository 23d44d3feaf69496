using HealthTeams.Web.Activity;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Handovers;

internal static class HandoverPages
{
    public static void AddHandoverPages(this IServiceCollection services)
    {
        services.AddSingleton(new NoticeSentence("handover.offered", "swap", (w, n) => n.Of("patients") == "1" ? w["{0} hands 1 patient over to you", n.Of("from")] : w["{0} hands {1} patients over to you", n.Of("from"), n.Of("patients")]));
        services.AddSingleton(new NoticeSentence("handover.asked", "chat", (w, n) => w["{0} asks something about your handover", n.Of("from")]));
        services.AddSingleton(new NoticeSentence("handover.answered", "chat", (w, n) => w["{0} answered your question about a handover", n.Of("from")]));
        services.AddSingleton(new NoticeSentence("handover.accepted", "done", (w, n) => w["{0} accepted the handover and is responsible now", n.Of("from")]));
        services.AddSingleton(new NoticeSentence("handover.declined", "close", (w, n) => w["{0} declined your handover", n.Of("from")]));
        services.AddSingleton(new NoticeSentence("handover.cancelled", "cancelled", (w, n) => w["{0} cancelled a handover", n.Of("from")]));
        services.AddSingleton(new NoticeSentence("handover.late", "warning", (w, n) => w["Nobody has accepted the handover of {0} ({1})", n.Of("from"), n.Of("team")]));
        services.AddSingleton(new NoticeSentence("handover.waits", "clock", (w, n) => w["A handover of {0} still waits to be accepted", n.Of("team")]));
    }
}
