using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Appointments;
using HealthTeams.FhirGateway.Approvals;
using HealthTeams.FhirGateway.AuditEvents;
using HealthTeams.FhirGateway.Bulk;
using HealthTeams.FhirGateway.Communications;
using HealthTeams.FhirGateway.Compartments;
using HealthTeams.FhirGateway.Conversations;
using HealthTeams.FhirGateway.Ehr;
using HealthTeams.FhirGateway.Encounters;
using HealthTeams.FhirGateway.Files;
using HealthTeams.FhirGateway.Handovers;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Lists;
using HealthTeams.FhirGateway.Operations;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Scheduling;
using HealthTeams.FhirGateway.Search.Own;
using HealthTeams.FhirGateway.Shifts;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Subscriptions;
using HealthTeams.FhirGateway.Tasks;
using HealthTeams.FhirGateway.Teams;
using HealthTeams.FhirGateway.Validation;
using HealthTeams.Platform.Audit;
using HealthTeams.Platform.Due;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HealthTeams.FhirGateway;

public static class FhirGatewayServices
{
    public static IServiceCollection AddFhirGateway(this IServiceCollection services, FhirSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<Rids>();
        services.AddSingleton<IResourceValidator, StructuralValidator>();
        services.AddSingleton<WriteEngine>();
        services.AddSingleton<SharedWrites>();
        services.AddSingleton<Reading>();
        services.AddSingleton<Writing>();
        services.AddSingleton<OwnParameters>();
        services.AddSingleton<Reindex>();
        services.AddSingleton<IResourceSlice, SearchParameterSlice>();
        services.AddSingleton<Searching>();
        services.AddSingleton<Everything>();
        services.AddSingleton<History>();
        services.AddSingleton<Bundles>();
        services.AddSingleton<ProvenanceHeader>();
        services.AddSingleton<Metadata>();
        services.AddSingleton<OperationRegistry>();
        services.AddSingleton<IOperation, ValidateOperation>();
        services.AddSingleton<IOperation, MetaOperation>();
        services.AddSingleton<IOperation>(s => new ChangeMetaOperation(s.GetRequiredService<Writing>(), add: true));
        services.AddSingleton<IOperation>(s => new ChangeMetaOperation(s.GetRequiredService<Writing>(), add: false));
        services.AddSingleton<IOperation, VersionsOperation>();
        services.AddSingleton<IOperation, ReindexStatus>();
        services.AddSingleton<IOperation, DocumentOperation>();
        services.AddSingleton<IOperation>(s => new EverythingOperation(s.GetRequiredService<Everything>(), "Patient"));
        services.AddSingleton<IOperation>(s => new EverythingOperation(s.GetRequiredService<Everything>(), "Encounter"));
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<FhirRouter>();
        services.AddSingleton<EhrChart>();
        services.AddSingleton<WriteBackQueue>();
        services.AddSingleton<EhrHealth>();
        services.AddSingleton(s => new FhirBatch(s.GetRequiredService<FhirRouter>(), s.GetRequiredService<FhirSettings>()));

        services.AddSingleton<ProjectedResources>();
        services.AddSingleton<VisitProjection>();
        services.AddSingleton<IProjection>(s => s.GetRequiredService<VisitProjection>());
        services.AddSingleton<IProjection, MessageProjection>();
        services.AddSingleton<IProjection, TalkProjection>();
        services.AddSingleton<ITaskMeaning, ReceiptMeaning>();
        services.AddSingleton(s => new Lazy<VisitProjection>(s.GetRequiredService<VisitProjection>));
        services.AddSingleton<IResourceSlice>(s => new PersonSlice("Patient", PersonKind.Patient, s.GetRequiredService<VisitDoor>()));
        services.AddSingleton<IResourceSlice>(s => new PersonSlice("Practitioner", PersonKind.Staff, s.GetRequiredService<VisitDoor>()));
        services.AddSingleton<IResourceSlice, AppointmentSlice>();
        services.AddSingleton<IResourceSlice, EncounterSlice>();
        services.AddSingleton<IResourceSlice, CommunicationSlice>();
        services.AddSingleton(s => new LaunchChart(s.GetRequiredService<Db>(), s.GetRequiredService<FhirRouter>(), s.GetRequiredService<FhirSettings>(), s.GetRequiredService<AccessLog>()));
        services.AddSingleton(s => new StaffPractitioner(s.GetRequiredService<Db>(), s.GetRequiredService<WriteEngine>()));
        services.AddSingleton<IResourceSlice, TaskSlice>();
        services.AddOwnResources();
        services.AddTeamMapping();
        services.AddListMapping();
        services.AddTaskMapping();
        services.AddApprovalMapping();
        services.AddShiftMapping();
        services.AddHandoverMapping();
        services.AddFileMapping();
        services.AddScheduling();
        services.AddSubscriptions();
        services.AddBulk();
        return services;
    }

    private static void AddScheduling(this IServiceCollection services)
    {
        SlotClaims.NameConstraints();
        services.AddSingleton(s => new Lazy<WriteEngine>(s.GetRequiredService<WriteEngine>));
        services.AddSingleton<SlotClaims>();
        services.AddSingleton<IResourceSlice, SlotSlice>();
        services.AddSingleton<IResourceSlice, AppointmentSlots>();
        services.AddSingleton<IResourceSlice, ResponseSlice>();
        services.AddSingleton<IOperation, FindAppointments>();
        services.AddSingleton<Booking>();
        services.AddSingleton<IOperation>(s => new BookOperation(s.GetRequiredService<Booking>(), hold: true));
        services.AddSingleton<IOperation>(s => new BookOperation(s.GetRequiredService<Booking>(), hold: false));
    }

    private static void AddSubscriptions(this IServiceCollection services)
    {
        services.TryAddSingleton(new SubscriptionSettings());
        services.AddSingleton<SubscriptionBell>();
        services.AddSingleton<SubscriptionStatus>();
        services.AddSingleton(s => new Lazy<SubscriptionStatus>(s.GetRequiredService<SubscriptionStatus>));
        services.AddSingleton<SubscriptionStates>();
        services.AddSingleton<SubscriptionOperations>();
        services.AddSingleton<IResourceSlice, SubscriptionSlice>();
        services.AddSingleton<SubscriptionSocket>();
        services.AddSingleton<SocketWatch>();
        services.AddHostedService(s => s.GetRequiredService<SocketWatch>());
        services.AddSingleton<IOperation>(s => new SubscriptionOperation("status", OperationLevel.Type | OperationLevel.Instance, s.GetRequiredService<SubscriptionOperations>()));
        services.AddSingleton<IOperation>(s => new SubscriptionOperation("events", OperationLevel.Instance, s.GetRequiredService<SubscriptionOperations>()));
        services.AddSingleton<IOperation>(s => new SubscriptionOperation("get-ws-binding-token", OperationLevel.Type | OperationLevel.Instance, s.GetRequiredService<SubscriptionOperations>()));
        services.AddSingleton<IOperation>(s => new SubscriptionOperation("resend", OperationLevel.Instance, s.GetRequiredService<SubscriptionOperations>()));
    }

    private static void AddBulk(this IServiceCollection services)
    {
        services.TryAddSingleton(new BulkSettings(Path.Combine(Path.GetTempPath(), "healthteams")));
        services.AddSingleton<BulkFiles>();
        services.AddSingleton<BulkJobs>();
        services.AddSingleton<BulkEndpoints>();
        foreach (var operation in BulkOperation.All) services.AddSingleton<IOperation>(operation);
    }

    /// <summary>What the worker role delivers.</summary>
    public static IServiceCollection AddFhirGatewayWork(this IServiceCollection services)
    {
        services.AddSingleton<EhrAbilities>();
        services.AddSingleton<EhrLinks>();
        services.AddSingleton<VisitLookUp>();
        services.AddSingleton<IEventConsumer, VisitWriteBack>();
        services.AddSingleton<IEventConsumer, TalkWriteBack>();
        services.AddSingleton<IDueSweep, ExpiredHolds>();
        services.AddSingleton<IDueSweep, ChartBackfill>();
        services.AddSingleton<IDueSweep>(s => s.GetRequiredService<Reindex>());
        services.AddSingleton<Comparing>();
        services.AddSingleton<RestHook>();
        services.AddSingleton<Lane>();
        services.AddSingleton<SubscriptionRetention>();
        services.AddHostedService<Feeder>();
        services.AddHostedService<Lanes>();
        services.AddSingleton<Exporting>();
        services.AddSingleton<Importing>();
        services.AddHostedService<BulkWork>();
        return services;
    }

    /// <summary>Before bodies are unpacked: what comes out counts against the limit of FHIR, not the server's usual one.</summary>
    public static IApplicationBuilder UseFhirLimits(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        if (http.Request.Path.StartsWithSegments("/fhir", StringComparison.Ordinal) && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = http.RequestServices.GetRequiredService<FhirSettings>().Limits.Body;
        }
        return next(http);
    });

    public static IEndpointRouteBuilder MapFhirGateway(this IEndpointRouteBuilder routes)
    {
        FhirEndpoint.Map(routes);
        SubscriptionSocket.Map(routes);
        BulkEndpoints.Map(routes);
        return routes;
    }

    /// <summary>The gateway's end of the port that Platform declares (decision record 0001).</summary>
    public static ProjectFhir Projection(IServiceProvider services)
    {
        var projections = new Lazy<Dictionary<string, IProjection>>(() => services.GetServices<IProjection>().ToDictionary(p => p.Kind));
        return (tx, kind, id) => projections.Value.TryGetValue(kind, out var projection) ? projection.Project(tx, id)
            : throw new ArgumentOutOfRangeException(nameof(kind), kind, "nothing is projected for this");
    }
}
