using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Ehr;
using HealthTeams.SmartLauncher.Apps;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Clients;
using HealthTeams.SmartLauncher.Discovery;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Ehrs.Checks;
using HealthTeams.SmartLauncher.Keys;
using HealthTeams.SmartLauncher.Launch;
using HealthTeams.SmartLauncher.Sessions;
using HealthTeams.SmartLauncher.Staff;
using HealthTeams.SmartLauncher.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace HealthTeams.SmartLauncher;

/// <summary>The module's door for Host. Needs Db, TimeProvider, logging and AddPlatform's services.</summary>
public static class SmartLauncherServices
{
    /// <summary>Registrations, accounts and operator tokens: what the command line needs, without a web server.</summary>
    public static IServiceCollection AddLauncherCore(this IServiceCollection services, LauncherSettings settings)
    {
        Core(services, settings);
        return services;
    }

    private static OpenIddictBuilder Core(IServiceCollection services, LauncherSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton(s => new KeyRing(settings.SecretsFolder, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<EhrRegistry>();
        services.AddSingleton<EhrDiscovery>();
        services.AddSingleton<EhrTokenCall>();
        services.AddSingleton<EhrIssuer>();
        services.AddSingleton<ProbeHttp>();
        services.AddSingleton<ClientProbe>();
        services.AddSingleton<EhrProbe>();
        services.AddSingleton<EhrChecks>();
        services.AddSingleton<ClientRegistry>();
        services.AddSingleton<ClientOrigins>();
        services.AddSingleton<Brands>();
        services.AddSingleton<StaffSessions>();
        services.AddSingleton<StaffSignIn>();
        services.AddSingleton<StaffAccounts>();
        services.AddSingleton<OperatorTokens>();
        services.AddSingleton<IdentityProviders>();
        services.AddSingleton<AppLaunches>();
        return services.AddTokenStores();
    }

    public static IServiceCollection AddSmartLauncher(this IServiceCollection services, LauncherSettings settings)
    {
        Core(services, settings).AddAuthorizationServer();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<AppStart>();
        services.AddSingleton<ClientKeys>();
        services.AddSingleton<SecretGuesses>();
        services.AddSingleton<StaffPresence>();
        services.AddSingleton<OnceOnly>();
        services.AddSingleton<Consent>();
        services.AddSingleton<Authorization>();
        services.AddSingleton<VisitSessions>();
        services.AddSingleton<LaunchTokens>();
        services.AddSingleton<EhrBackend>();
        services.AddSingleton<EhrConnections>(s => s.GetRequiredService<EhrBackend>().Connections);
        services.AddSingleton(EhrWriteBack.Route("exists (select from auth.ehr where tenant = $1)"));
        services.AddSingleton(EhrWriteBack.Documents("exists (select from auth.ehr where tenant = $1)"));
        services.AddSingleton<WriteRulesOf>(s => s.GetRequiredService<EhrRegistry>().WriteRules);
        services.AddSingleton<ProviderSigning>();
        services.AddSingleton(s => new Lazy<ProviderSigning>(s.GetRequiredService<ProviderSigning>));
        services.AddSingleton(s => new Lazy<ProviderSignIn>(s.GetRequiredService<ProviderSignIn>));
        services.AddSingleton<Collaboration.Approvals.ProveIdentity>(s => Signatures.Prover(s.GetRequiredService<Db>(), s.GetRequiredService<StaffSignIn>(), s.GetRequiredService<ProviderSigning>()));
        services.AddSingleton(s => Signatures.Sealer(s.GetRequiredService<KeyRing>()));
        services.AddSingleton<VisitLinkToken>(s => s.GetRequiredService<KeyRing>().LinkToken);
        services.AddSingleton<PendingLaunches>();
        services.AddSingleton<TrialLaunches>();
        services.AddSingleton<IdTokenCheck>();
        services.AddSingleton<ProviderSignIn>();
        services.AddSingleton<EhrStyles>();
        services.AddSingleton<LaunchFailures>();
        services.AddSingleton<Ending>();
        services.AddSingleton<LaunchStart>();
        // Scoped: they use the visits' and the gateway's doors, whose lifetimes are theirs to choose.
        services.AddScoped<LaunchCallback>();
        services.AddScoped<Arrivals>();
        services.AddScoped<Launches>();
        services.AddHostedService<Leftovers>();
        services.AddSingleton(EndSeats.Route);
        services.AddSingleton<IEventConsumer, EndSeats>();
        services.AddSingleton(EhrSignOut.Route);
        services.AddSingleton<IEventConsumer, EhrSignOut>();

        // One key folder for everything that is encrypted, antiforgery included.
        services.AddDataProtection();
        services.AddOptions<KeyManagementOptions>().Configure<KeyRing, ILoggerFactory>((options, keys, log) =>
            options.XmlRepository = new FileSystemXmlRepository(keys.ProtectionFolder, log));
        services.Replace(ServiceDescriptor.Singleton<IDataProtectionProvider>(s => s.GetRequiredService<KeyRing>().Protection));
        services.AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, StaffHandler>(Schemes.Staff, null)
            .AddScheme<AuthenticationSchemeOptions, SeatHandler>(Schemes.Seat, null)
            .AddScheme<AuthenticationSchemeOptions, DeviceHandler>(Schemes.RoomDevice, null)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(Schemes.Bearer, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(Policies.Staff, Known(Schemes.Staff))
            .AddPolicy(Policies.Administrator, new AuthorizationPolicyBuilder(Schemes.Staff).RequireAuthenticatedUser().RequireRole(StaffRole.Administrator).Build())
            .AddPolicy(Policies.Seat, Known(Schemes.Seat))
            .AddPolicy(Policies.RoomDevice, Known(Schemes.RoomDevice))
            .AddPolicy(Policies.Fhir, Known(Schemes.Bearer))
            .AddPolicy(Policies.SeatOrStaff, Known(Schemes.Seat, Schemes.Staff))
            // An endpoint that names no policy is for staff: forgetting never opens.
            .SetDefaultPolicy(Known(Schemes.Staff))
            .SetFallbackPolicy(Known(Schemes.Staff));
        return services;
    }

    public static IEndpointRouteBuilder MapSmartLauncher(this IEndpointRouteBuilder routes)
    {
        routes.MapKeySet();
        routes.MapSmartConfiguration();
        routes.MapAuthorize();
        routes.MapToken();
        routes.MapClientRegistration();
        routes.MapSmartStyle();
        routes.MapLaunch();
        routes.MapProviders();
        routes.MapBrands();
        return routes;
    }

    private static AuthorizationPolicy Known(params string[] schemes) => new AuthorizationPolicyBuilder(schemes).RequireAuthenticatedUser().Build();
}
