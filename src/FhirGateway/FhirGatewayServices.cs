using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Appointments;
using HealthTeams.FhirGateway.AuditEvents;
using HealthTeams.FhirGateway.Communications;
using HealthTeams.FhirGateway.Compartments;
using HealthTeams.FhirGateway.Ehr;
using HealthTeams.FhirGateway.Encounters;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search.Own;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Validation;
using HealthTeams.Platform.Due;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway;

public static class FhirGatewayServices
{
    public static IServiceCollection AddFhirGateway(this IServiceCollection services, FhirSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<Rids>();
        services.AddSingleton<IResourceValidator, StructuralValidator>();
        services.AddSingleton<WriteEngine>();
        services.AddSingleton<Reading>();
        services.AddSingleton<Writing>();
        services.AddSingleton<OwnParameters>();
        services.AddSingleton<Reindex>();
        services.AddSingleton<IResourceSlice, SearchParameterSlice>();
        services.AddSingleton<Searching>();
        services.AddSingleton<Everything>();
        services.AddSingleton<History>();
        services.AddSingleton<Bundles>();
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<FhirRouter>();
        services.AddSingleton<EhrChart>();
        services.AddSingleton(s => new FhirBatch(s.GetRequiredService<FhirRouter>(), s.GetRequiredService<FhirSettings>()));

        services.AddSingleton<VisitProjection>();
        services.AddSingleton<MessageProjection>();
        services.AddSingleton(s => new Lazy<VisitProjection>(s.GetRequiredService<VisitProjection>));
        services.AddSingleton<IResourceSlice>(s => new PersonSlice("Patient", PersonKind.Patient, s.GetRequiredService<VisitDoor>()));
        services.AddSingleton<IResourceSlice>(s => new PersonSlice("Practitioner", PersonKind.Staff, s.GetRequiredService<VisitDoor>()));
        services.AddSingleton<IResourceSlice, AppointmentSlice>();
        services.AddSingleton<IResourceSlice, EncounterSlice>();
        services.AddSingleton<IResourceSlice, CommunicationSlice>();
        services.AddSingleton(VisitWriteBack.Route);
        return services;
    }

    /// <summary>What the worker role delivers.</summary>
    public static IServiceCollection AddFhirGatewayWork(this IServiceCollection services) =>
        services.AddSingleton<IEventConsumer, VisitWriteBack>().AddSingleton<IDueSweep>(s => s.GetRequiredService<Reindex>());

    public static IEndpointRouteBuilder MapFhirGateway(this IEndpointRouteBuilder routes)
    {
        FhirEndpoint.Map(routes);
        return routes;
    }

    /// <summary>The gateway's end of the port that Platform declares (decision record 0001).</summary>
    public static ProjectFhir Projection(IServiceProvider services) => (tx, kind, id) => kind switch
    {
        "visit" => services.GetRequiredService<VisitProjection>().Project(tx, id),
        "message" => services.GetRequiredService<MessageProjection>().Project(tx, id),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "nothing is projected for this"),
    };
}
