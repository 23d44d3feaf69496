using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Xunit;

namespace HealthTeams.Tests.Resilience;

/// <summary>The real process with its real PostgreSQL, killed without warning: nothing acknowledged is lost.</summary>
public sealed class KillTests
{
    [Fact]
    public async Task Whatever_was_acknowledged_before_kill_9_is_there_after_the_next_start()
    {
        var data = Path.Combine(Path.GetTempPath(), $"healthteams-kill-{Environment.ProcessId}");
        var port = Port();
        var acknowledged = new List<string>();
        try
        {
            using (var first = await Run(data, port))
            {
                var token = await Token(data, port);
                using var stop = new CancellationTokenSource();
                var writers = Enumerable.Range(0, 4).Select(w => Write(port, token, w, acknowledged, stop.Token)).ToArray();
                await TestProduct.Until(() =>
                {
                    lock (acknowledged) return Task.FromResult(acknowledged.Count >= 60);
                }, "60 appointments are acknowledged", 40);
                Kill(first.Id, data);
                await stop.CancelAsync();
                await Task.WhenAll(writers);
                await first.WaitForExitAsync();
            }
            using var second = await Run(data, port);
            var fhir = Client(port, await Token(data, port));
            foreach (var number in acknowledged)
            {
                var found = await (await fhir.GetAsync($"/fhir/Appointment?identifier=urn:kill|{number}&_total=accurate")).Body();
                Assert.True(found.GetProperty("total").GetInt32() == 1, $"{number} was acknowledged and is stored {found.GetProperty("total").GetInt32()} times");
            }
            using var term = Process.Start("kill", ["-TERM", $"{second.Id}"]);
            await second.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
            Assert.False(File.Exists(Path.Combine(data, "postgres", "cluster", "postmaster.pid")), "PostgreSQL outlived an orderly stop");
        }
        finally
        {
            if (Directory.Exists(data)) Process.Start("rm", ["-rf", data]).WaitForExit();
        }
    }

    private static async Task Write(int port, string token, int writer, List<string> acknowledged, CancellationToken stop)
    {
        using var client = Client(port, token);
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            try
            {
                var answer = await client.PostAsync("/fhir/Appointment", FhirHttp.Json($$"""
                    {"resourceType":"Appointment","identifier":[{"system":"urn:kill","value":"{{writer}}-{{i}}"}],"status":"booked","start":"2026-11-23T10:00:00Z","participant":[{"status":"accepted"}]}
                    """), stop);
                if (answer.StatusCode != HttpStatusCode.Created) continue;
                lock (acknowledged) acknowledged.Add($"{writer}-{i}");
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Host and every PostgreSQL process at once, as a power cut would.</summary>
    internal static void Kill(int host, string data)
    {
        var postmaster = File.ReadLines(Path.Combine(data, "postgres", "cluster", "postmaster.pid")).First();
        using var kill = Process.Start("bash", ["-c", $"kill -9 {host} {postmaster} $(pgrep -P {postmaster})"]);
        kill.WaitForExit();
    }

    internal static async Task<Process> Run(string data, int port)
    {
        var start = Start(data, port, "--no-sim");
        start.RedirectStandardOutput = true;
        var process = Process.Start(start)!;
        var all = new List<string>();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            all.Add(line);
            if (!line.StartsWith("ready ", StringComparison.Ordinal)) continue;
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            return process;
        }
        throw new InvalidOperationException("the host did not start:\n" + string.Join('\n', all));
    }

    internal static async Task<string> Token(string data, int port)
    {
        var start = Start(data, port, "token");
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        var lines = (await process.StandardOutput.ReadToEndAsync()).Trim().Split('\n');
        return lines[^1];
    }

    internal static ProcessStartInfo Start(string data, int port, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "HealthTeams.Host.dll"), .. arguments]);
        start.Environment["DATA_DIR"] = data;
        start.Environment["PORT"] = $"{port}";
        start.Environment.Remove("HEALTHTEAMS_DB");
        return start;
    }

    internal static HttpClient Client(int port, string token)
    {
        var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    internal static int Port()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
