using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Tests.Subscriptions;

/// <summary>A subscriber's own server: keeps what it is sent under each path, and answers as the test says.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Sent>> all = new();
    private WebApplication? app;
    private int port;

    public ConcurrentDictionary<string, Func<Sent, CancellationToken, Task<int>>> Answers { get; } = new();
    /// <summary>What it serves under a path, where it is asked for something.</summary>
    public ConcurrentDictionary<string, byte[]> Bodies { get; } = new();
    public string Url => $"http://127.0.0.1:{port}";

    public async Task Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, port));
        app = builder.Build();
        app.Run(async http =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            var path = http.Request.Path.Value!.Split('/')[1];
            var sent = new Sent(http.Request.Method, http.Request.Path.Value, http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()) { Url = http.Request.Path + http.Request.QueryString.ToString() };
            http.Response.StatusCode = Answers.TryGetValue(path, out var answer) ? await answer(sent, http.RequestAborted) : 200;
            if (Bodies.TryGetValue(path, out var served)) await http.Response.Body.WriteAsync(served);
            if (http.Response.StatusCode < 300) all.GetOrAdd(path, _ => new()).Enqueue(sent);
        });
        await app.StartAsync();
        port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

    public async Task Stop()
    {
        await app!.StopAsync(new CancellationToken(true));
        await app.DisposeAsync();
    }

    /// <summary>What was taken (answered 2xx) below this path, in order.</summary>
    public Sent[] At(string path) => all.TryGetValue(path, out var sent) ? [.. sent] : [];

    public ValueTask DisposeAsync() => new(Stop());
}

public sealed record Sent(string Method, string Path, Dictionary<string, string> Headers, byte[] Body)
{
    public string Url { get; init; } = "";
    public string Text => Encoding.UTF8.GetString(Body);
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
    public long Number => long.Parse(Headers["X-Event-Number"]);

    /// <summary>A value of the status, the first entry of a notification bundle.</summary>
    public string Status(string name)
    {
        var p = Json.GetProperty("entry")[0].GetProperty("resource").GetProperty("parameter").EnumerateArray().First(x => x.GetProperty("name").GetString() == name);
        return p.EnumerateObject().First(v => v.Name.StartsWith("value")).Value.ToString();
    }

    public long[] Events => [.. Json.GetProperty("entry")[0].GetProperty("resource").GetProperty("parameter").EnumerateArray().Where(p => p.GetProperty("name").GetString() == "notificationEvent")
        .Select(p => long.Parse(p.GetProperty("part")[0].GetProperty("valueString").GetString()!))];
}
