using System.Net;
using System.Net.Sockets;
using EhrSim;
using HealthTeams.SmartLauncher.Ehrs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HealthTeams.Tests;

/// <summary>A second hospital's EHR beside the first one's.</summary>
public sealed class OtherEhr : IAsyncDisposable
{
    private readonly WebApplication app;

    private OtherEhr(WebApplication app) => (this.app, Url) = (app, new Uri(EhrSimApp.BaseUrl(app) + "/"));

    public Uri Url { get; }

    public static async Task<OtherEhr> Start(ProductWithEhr product, int tenant)
    {
        var app = EhrSimApp.Build(new EhrSimOptions { Port = 0, StateFolder = null, HealthTeamsUrl = product.Url.AbsoluteUri.TrimEnd('/'), LoadDemo = true }, product.Time);
        await app.StartAsync();
        var other = new OtherEhr(app);
        await other.Register(product, tenant);
        return other;
    }

    private async Task Register(ProductWithEhr product, int tenant)
    {
        var added = await product.App.Services.GetRequiredService<EhrRegistry>().Add(new EhrToAdd(tenant, $"{Url}fhir", "healthteams", "private_key_jwt"), default);
        Assert.True(added.Ok, added.Problem?.Detail);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}

/// <summary>A registered EHR that means ill: its documents and answers are whatever a test says.</summary>
public sealed class RogueEhr : IAsyncDisposable
{
    private readonly WebApplication app;

    private RogueEhr(WebApplication app) => this.app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>Answers by path; an address is a redirect, bytes are sent as they are, the rest as JSON.</summary>
    public Dictionary<string, object> Says { get; } = [];

    public List<string> Asked { get; } = [];

    public static async Task<RogueEhr> Start(ProductWithEhr product, int tenant = 1)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var rogue = new RogueEhr(app);
        app.Run(async http =>
        {
            var path = http.Request.Path.Value!;
            lock (rogue.Asked) rogue.Asked.Add(path);
            if (!rogue.Says.TryGetValue(path, out var said)) http.Response.StatusCode = 404;
            else if (said is Uri to) (http.Response.StatusCode, http.Response.Headers.Location) = (307, to.AbsoluteUri);
            else if (said is byte[] raw) await http.Response.Body.WriteAsync(raw);
            else await http.Response.WriteAsJsonAsync(said);
        });
        await app.StartAsync();
        rogue.Url = new Uri(EhrSimApp.BaseUrl(app) + "/");
        var added = await product.App.Services.GetRequiredService<EhrRegistry>().Add(new EhrToAdd(tenant, $"{rogue.Url}fhir", "healthteams", "public"), default);
        Assert.True(added.Ok, added.Problem?.Detail);
        return rogue;
    }

    public void Discovery(string? token = null, string? jwks = null, string? issuer = null) => Says["/fhir/.well-known/smart-configuration"] = new Dictionary<string, object>
    {
        ["authorization_endpoint"] = $"{Url}authorize", ["token_endpoint"] = token ?? $"{Url}token",
        ["issuer"] = issuer ?? $"{Url}issuer", ["jwks_uri"] = jwks ?? $"{Url}jwks", ["capabilities"] = Array.Empty<string>(),
    };

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}

/// <summary>A listener on this machine's inside that nobody may reach.</summary>
public sealed class Trap : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public Trap() => listener.Start();

    /// <summary>By address: the EHRs of these tests are called localhost, which is another host.</summary>
    public string Url => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/";

    public bool Sprung => listener.Pending();

    public void Dispose() => listener.Dispose();
}
