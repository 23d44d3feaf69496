using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace EhrSim;

/// <summary>Builds one simulated EHR; start it, and it serves pages, FHIR and its authorization server.</summary>
public static class EhrSimApp
{
    public static WebApplication Build(EhrSimOptions options, TimeProvider? clock = null)
    {
        // Empty on purpose: settings of whatever program hosts us must not leak in.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        // Program says in one sentence why a start failed; the host's stack trace on top helps nobody.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).AddSimpleConsole();
        builder.Services.AddRouting();
        // An EHR that is told to stop stops; open polls of its pages are no reason to wait.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(300));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, options.Port);
            if (options.Port != 0 && PortCheck.HasIPv6(options.Port)) kestrel.Listen(IPAddress.IPv6Loopback, options.Port);
        });
        // A factory, not an instance: the container disposes only what it made.
        WebApplication? app = null;
        builder.Services.AddSingleton(_ => new Ehr(options, clock ?? TimeProvider.System, () => BaseUrl(app!)));
        app = builder.Build();
        Map(app, app.Services.GetRequiredService<Ehr>());
        return app;
    }

    /// <summary>Where a started simulator is, always by the name localhost.</summary>
    public static string BaseUrl(WebApplication app)
    {
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
            ?? throw new InvalidOperationException("The simulator has no address before it is started.");
        return $"http://localhost:{new Uri(address).Port}";
    }

    private static void Map(WebApplication app, Ehr ehr)
    {
        app.Use((context, next) => RequestLog.Watch(context, next, ehr));
        app.UseOwnHostOnly(ehr);
        app.UseFaultyWire(ehr);
        app.UseRouting();
        app.MapFhir(ehr);
        app.MapDiscovery(ehr);
        app.MapAuthorize(ehr);
        app.MapToken(ehr);
        app.MapIntrospection(ehr);
        new HospitalAccounts(ehr).Map(app);
        app.MapLaunchNow(ehr);
        app.MapVisitsApi(ehr);
        app.MapFaults(ehr);
        FhirStyle.Map(app, ehr);
        app.MapPages(ehr);
    }
}
