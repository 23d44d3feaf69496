using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using EhrSim;
using HealthTeams.SmartLauncher.Clients;
using HealthTeams.SmartLauncher.Ehrs;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HealthTeams.Tests;

/// <summary>The product beside a real EHR: the simulator on a port of its own, registered as its vendor would be.</summary>
public class ProductWithEhr : TestProduct
{
    private const string PushSecret = "the simulator's own secret";

    /// <summary>Written out of characters that survive no careless encoding.</summary>
    public const string AppSecret = "s%20cret +:/é&=";
    private readonly string state = Path.Combine(TestDatabase.Folder, $"ehr-{Guid.NewGuid():N}");
    private WebApplication? ehr;
    private int port;

    public override bool RealClock => true;

    /// <summary>Real time, which a test may move on: what is remembered briefly, here and in the EHR, is then forgotten.</summary>
    public MovedClock Time { get; } = new();
    public Uri Ehr { get; private set; } = null!;
    public HttpClient EhrApi { get; private set; } = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await StartEhr();
        await Register();
        var client = await App.Services.GetRequiredService<ClientRegistry>().Add(new ClientToAdd("ehr-sim", "secret", "demo", Backend: true) { Secret = PushSecret, Scope = "system/*.cruds" }, default);
        Assert.True(client.Ok, client.Problem?.Detail);
    }

    /// <summary>What the product logged.</summary>
    public KeptLog Log { get; } = new();

    protected override void Configure(IServiceCollection services) => services.AddSingleton<TimeProvider>(Time).AddSingleton<ILoggerProvider>(Log);

    /// <summary>Registers the EHR as its vendor would, or as <paramref name="otherwise"/> has it; again replaces.</summary>
    public async Task<Ehr> Register(Func<EhrToAdd, EhrToAdd>? otherwise = null)
    {
        var usual = new EhrToAdd(1, $"{Ehr}fhir", "healthteams", "private_key_jwt")
        {
            FrameOrigins = [Ehr.GetLeftPart(UriPartial.Authority)], BackendClientId = "healthteams-backend",
        };
        var registered = await App.Services.GetRequiredService<EhrRegistry>().Add(otherwise?.Invoke(usual) ?? usual, default);
        Assert.True(registered.Ok, registered.Problem?.Detail);
        return registered.Value;
    }

    public async Task StartEhr()
    {
        ehr = EhrSimApp.Build(new EhrSimOptions
        {
            Port = port == 0 ? Free() : port, StateFolder = state, HealthTeamsUrl = Url.AbsoluteUri.TrimEnd('/'), PushClientSecret = PushSecret, LoadDemo = true,
            AppClientSecret = AppSecret,
        }, Time);
        await ehr.StartAsync();
        Ehr = new Uri(EhrSimApp.BaseUrl(ehr).TrimEnd('/') + "/");
        port = Ehr.Port;
        EhrApi = new HttpClient { BaseAddress = Ehr };
    }

    /// <summary>The EHR is away; what it knew it keeps.</summary>
    public async Task StopEhr()
    {
        await ehr!.StopAsync();
        await ehr.DisposeAsync();
    }

    /// <summary>Books in the EHR, which pushes the transaction to us.</summary>
    public async Task<EhrVisit> BookInEhr(string reason, int startInMinutes = 1, string patient = "MRN-1001")
    {
        var answer = await EhrApi.PostAsJsonAsync("/api/book", new { startInMinutes, patient, practitioner = "curie", reason });
        var booked = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(booked.GetProperty("pushed").GetProperty("outcome").GetString() == "sent", booked.GetRawText());
        return new EhrVisit(booked.GetProperty("appointment").GetString()!, booked.GetProperty("encounter").GetString()!, booked.GetProperty("identifier").GetString()!);
    }

    /// <summary>What the EHR says now: (Appointment.status, Encounter.status).</summary>
    public async Task<(string Appointment, string Encounter)> InEhr(EhrVisit visit)
    {
        var all = await EhrApi.GetFromJsonAsync<JsonElement>("/api/appointments");
        var one = all.EnumerateArray().Single(a => a.GetProperty("id").GetString() == visit.Appointment);
        return (one.GetProperty("status").GetString()!, one.GetProperty("encounterStatus").GetString()!);
    }

    /// <summary>The EHR's own history of a resource, read with our backend client's token.</summary>
    public async Task<JsonElement> EhrHistory(string reference)
    {
        var connections = await App.Services.GetRequiredService<HealthTeams.FhirGateway.Ehr.EhrConnections>()(1, null, default);
        var token = await connections[0].Token(false, default);
        Assert.True(token.Ok, token.Problem?.Detail);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/fhir/{reference}/_history");
        request.Headers.Authorization = new("Bearer", token.Value);
        var answer = await EhrApi.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (ehr is not null) await ehr.DisposeAsync();
    }

    private static int Free()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}

public sealed class KeptLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> lines = new();

    public IReadOnlyCollection<string> Lines => lines;
    public ILogger CreateLogger(string categoryName) => this;
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue($"{formatter(state, exception)} {exception}");

    public void Dispose() { }
}

public sealed class MovedClock : TimeProvider
{
    private long moved;

    public void Move(TimeSpan by) => Interlocked.Add(ref moved, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref moved));
}

public sealed record EhrVisit(string Appointment, string Encounter, string Identifier);
