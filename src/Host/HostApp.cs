using System.IO.Compression;
using HealthTeams.Collaboration;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway;
using HealthTeams.FhirGateway.Bulk;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Subscriptions;
using HealthTeams.Platform;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Events;
using HealthTeams.Platform.Live;
using HealthTeams.SmartLauncher;
using HealthTeams.Web;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.ResponseCompression;
using Npgsql;

namespace HealthTeams.Host;

/// <summary>The one executable's web application: every role of it, or those the setting names. Tests build the same.</summary>
public static class HostApp
{
    /// <param name="configure">Tests replace the clock and the like here, before anything is built.</param>
    public static WebApplication Build(HostSettings settings, DatabaseSetup database, Action<IServiceCollection>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory, WebRootPath = Path.Combine(AppContext.BaseDirectory, "wwwroot"), EnvironmentName = Environments.Production,
        });
        builder.Logging.ClearProviders().AddSimpleConsole(o => o.SingleLine = true).SetMinimumLevel(LogLevel.Warning).AddFilter("HealthTeams", LogLevel.Information)
            // Its errors are those of the start, which Serve says in a sentence; a background service that ends the host is critical.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical)
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error).AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Error)
            .AddFilter("HealthTeams.SmartLauncher.Callers", LogLevel.Warning)
            // A refusal inside a room is an answer, not a failure.
            .AddFilter("Microsoft.AspNetCore.SignalR.Internal.DefaultHubDispatcher", LogLevel.None);
        builder.WebHost.ConfigureKestrel((_, k) =>
        {
            var tls = settings.Tls is null ? null : new Tls(settings.Tls, k.ApplicationServices.GetRequiredService<TimeProvider>(), k.ApplicationServices.GetRequiredService<ILogger<Tls>>());
            k.AddServerHeader = false;
            k.Limits.MaxRequestBodySize = 10 * 1024 * 1024; // FHIR raises its own
            Binding.Listen(k, settings.Bind, settings.Port, listen => tls?.Serve(listen));
        });
        builder.WebHost.UseKestrelHttpsConfiguration();

        WebApplication? app = null;
        Uri PublicUrl() => settings.PublicUrl is null && settings.Port == 0 ? Listening() : settings.Address;
        Uri Listening() => new(app!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
        Register(builder.Services, settings, database, PublicUrl);
        Telemetry.Add(builder);
        configure?.Invoke(builder.Services);
        app = builder.Build();
        Pipeline(app, settings);
        return app;
    }

    private static void Register(IServiceCollection services, HostSettings settings, DatabaseSetup database, Func<Uri> publicUrl)
    {
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(s => new Db(database.App(), database.Worker(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<EventRouting>()));
        services.AddSingleton(new Platform.Blobs.BlobSettings(Path.Combine(settings.DataDir, "files")));
        services.AddSingleton(new Collaboration.Files.FileSettings(Path.Combine(settings.DataDir, "team-files"), settings.FileLimit, settings.ClamAv));
        services.AddSingleton(new Collaboration.Audit.DiscoverySettings(Path.Combine(settings.DataDir, "audit-exports")));
        services.AddPlatform();
        services.AddSingleton(new Collaboration.Messages.Channels.ChannelSettings(publicUrl, Convert.FromHexString(settings.PushKey ?? SecretFile.GetOrMake(settings.DataDir, "push-key")), settings.Smtp, settings.MailFrom, settings.Sms, settings.SmsSecret));
        services.AddCollaboration(new IceSettings(settings.Stun, settings.Turn, settings.TurnSecret), settings.Rosters);
        services.AddSingleton(new SubscriptionSettings { GiveUpAfter = settings.SubscriptionGiveUp });
        services.AddSingleton(new BulkSettings(settings.DataDir));
        services.AddFhirGateway(new FhirSettings(publicUrl) { Limits = settings.FhirLimits });
        services.AddSingleton<ProjectFhir>(FhirGatewayServices.Projection);
        services.AddSmartLauncher(new LauncherSettings(publicUrl, settings.DataDir, settings.Demo));
        services.AddWeb();
        if (settings.Demo) Demo.DemoHospital.AddSignIn(services);
        if (settings.Roles.Contains("worker")) services.AddWorker().AddCollaborationWork().AddFhirGatewayWork();
        services.AddProblemDetails();
        services.AddOpenApi("v1");
        services.AddResponseCompression(o =>
        {
            o.EnableForHttps = true;
            o.MimeTypes = ResponseCompressionDefaults.MimeTypes.Append("application/fhir+json").Append("application/fhir+xml");
        });
        services.Configure<GzipCompressionProviderOptions>(o => o.Level = CompressionLevel.Fastest);
        services.AddRequestDecompression();
        services.AddCors();
    }

    private static void Pipeline(WebApplication app, HostSettings settings)
    {
        app.UseMiddleware<Refusals>();
        PublicAddress.Use(app, settings);
        app.UseMiddleware<SecurityHeaders>();
        app.UseResponseCompression();
        app.UseFhirLimits();
        app.UseRequestDecompression();
        app.UseStaticFiles(new StaticFileOptions
        {
            OnPrepareResponse = c => c.Context.Response.Headers.CacheControl = c.Context.Request.Query.ContainsKey("v") ? "public, max-age=31536000, immutable" : "no-cache",
        });
        app.UseStatusCodePagesWithReExecute("/error/{0}");
        app.UseRouting();
        CrossOrigin.Use(app, settings);
        app.UseAuthentication();
        app.UseAuthorization();
        Health.Map(app);
        app.MapOpenApi().AllowAnonymous();
        ApiDocs.Map(app);
        app.MapGet("/favicon.ico", () => Results.Redirect("/mark.svg")).AllowAnonymous().ExcludeFromDescription();
        if (settings.Roles.Contains("launcher")) app.MapSmartLauncher();
        if (settings.Roles.Contains("gateway")) app.MapFhirGateway();
        if (!settings.Roles.Contains("collaboration")) return;
        app.MapCollaboration();
        app.MapHub<LiveHub>("/live");
        RoomWindow.Map(app);
        app.MapWeb();
    }
}
