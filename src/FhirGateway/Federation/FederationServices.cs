using HealthTeams.Platform.Due;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Federation;

internal static class FederationServices
{
    public static IServiceCollection AddFederation(this IServiceCollection services)
    {
        Platform.Problems.ProblemMapping.Name("team_member_ours", Problem.Unprocessable("People of another hospital are not in teams here. Write to them in a conversation.", "person", "person-elsewhere"));
        services.AddSingleton<FederationCall>();
        services.AddSingleton<Partners>();
        services.AddSingleton<PartnerPeople>();
        services.AddSingleton<Inbox>();
        const string hasPartner = "exists (select from collab.partner p where p.tenant = $1)";
        services.AddSingleton(new EventRoute(Outgoing.Consumer, Outgoing.Wants, e => e.Subject) { While = hasPartner });
        services.AddSingleton(new EventRoute(Sending.Consumer, Sending.Wants, Sending.Lane));
        return services;
    }

    public static IServiceCollection AddFederationWork(this IServiceCollection services)
    {
        services.AddSingleton<IEventConsumer, Outgoing>();
        services.AddSingleton<IEventConsumer, Sending>();
        services.AddSingleton<IDueSweep, NotAccepted>();
        return services;
    }
}
