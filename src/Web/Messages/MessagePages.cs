using HealthTeams.Web.Activity;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Messages;

internal static class MessagePages
{
    public static void AddMessagePages(this IServiceCollection services)
    {
        services.AddSingleton(new NoticeSentence("message.unanswered", "warning", (w, _) => w["Nobody has acknowledged your urgent message"]));
        services.AddSingleton(new NoticeSentence("message.unread", "warning", (w, n) => w["{0} has not read your urgent message in 20 minutes", n.Of("who")]));
    }
}
