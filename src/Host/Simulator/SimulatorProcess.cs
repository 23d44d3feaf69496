using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace HealthTeams.Host.Simulator;

/// <summary>The EHR simulator as a process of its own: it dies with us, and its state survives it.</summary>
internal sealed class SimulatorProcess : IDisposable
{
    private readonly Process process;

    private SimulatorProcess(Process process) => this.process = process;

    public static async Task<SimulatorProcess> Start(HostSettings settings, DateTimeOffset? seedAt, bool diesWithUs, CancellationToken stop)
    {
        var program = Find() ?? throw new StartupException("The EHR simulator is not built: run ./run, or start with --no-sim.");
        var start = new ProcessStartInfo("dotnet", [program]) { RedirectStandardInput = diesWithUs, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = settings.DataDir };
        var url = settings.Address.AbsoluteUri.TrimEnd('/');
        start.Environment["EHR_SIM_PORT"] = settings.SimulatorPort.ToString(CultureInfo.InvariantCulture);
        start.Environment["EHR_SIM_STATE"] = Path.Combine(settings.DataDir, "ehr-sim");
        start.Environment["HEALTHTEAMS_URL"] = url;
        start.Environment["EHR_SIM_PUSH_CLIENT_SECRET"] = PushSecret(settings.DataDir);
        if (seedAt is { } at) start.Environment["EHR_SIM_SEED_AT"] = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (diesWithUs) start.Environment["EHR_SIM_EXIT_WITH_STDIN"] = "1";
        var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(stop);
        while (await process.StandardOutput.ReadLineAsync(stop) is { } line)
        {
            if (!line.StartsWith("ehr simulator ready", StringComparison.Ordinal)) continue;
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            await File.WriteAllTextAsync(PidFile(settings), process.Id.ToString(CultureInfo.InvariantCulture), stop);
            return new SimulatorProcess(process);
        }
        throw new StartupException($"The EHR simulator did not start: {(await errors).Trim()}");
    }

    public static bool StopRunning(HostSettings settings)
    {
        if (!File.Exists(PidFile(settings)) || !int.TryParse(File.ReadAllText(PidFile(settings)), out var id)) return false;
        try
        {
            using var process = Process.GetProcessById(id);
            if (!Command(id).Contains("EhrSim.dll", StringComparison.Ordinal)) return false; // the number is somebody else's by now
            using var kill = Process.Start("kill", ["-TERM", id.ToString(CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
            return process.WaitForExit(TimeSpan.FromSeconds(10));
        }
        catch (ArgumentException)
        {
            return false; // it is gone already
        }
        finally
        {
            File.Delete(PidFile(settings));
        }
    }

    private static string Command(int id)
    {
        if (Directory.Exists("/proc/self")) return File.Exists($"/proc/{id}/cmdline") ? File.ReadAllText($"/proc/{id}/cmdline") : "";
        using var ps = Process.Start(new ProcessStartInfo("ps", ["-o", "command=", "-p", id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true })!;
        return ps.StandardOutput.ReadToEnd();
    }

    /// <summary>The secret by which the simulator gets tokens at our own authorization server.</summary>
    public static string PushSecret(string dataDir) => SecretFile.GetOrMake(dataDir, "ehr-sim");

    private static string PidFile(HostSettings settings) => Path.Combine(settings.DataDir, "ehr-sim.pid");

    private static string? Find()
    {
        var home = Environment.GetEnvironmentVariable("HEALTHTEAMS_HOME") ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", ".."));
        return new[] { "Release", "Debug" }.Select(c => Path.Combine(home, "samples", "ehr-sim", "bin", c, "net10.0", "EhrSim.dll")).FirstOrDefault(File.Exists);
    }

    public void Stop()
    {
        try
        {
            if (process.HasExited) return;
            process.StandardInput.Close();
            if (!process.WaitForExit(TimeSpan.FromSeconds(5))) process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or IOException)
        {
            // It ended by itself in between.
        }
    }

    public void Dispose() => process.Dispose();
}
