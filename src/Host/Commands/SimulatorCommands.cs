using HealthTeams.Host.Simulator;

namespace HealthTeams.Host.Commands;

/// <summary>The simulator from the console: launches to open, and taking it away in the middle of a visit.</summary>
internal static class SimulatorCommands
{
    public static int LaunchUrl(Options o)
    {
        var role = o.Must("as");
        if (role is not ("practitioner" or "patient")) throw new StartupException("--as is practitioner or patient.");
        var settings = HostSettings.FromEnvironment([]);
        var appointment = o.One("appointment") is { } id ? $"&appointment={Uri.EscapeDataString(id)}" : "";
        Console.WriteLine($"http://localhost:{settings.SimulatorPort}/launch-now?as={role}{appointment}{(o.Has("frame") ? "&frame=1" : "")}");
        return 0;
    }

    public static int Stop()
    {
        var settings = HostSettings.FromEnvironment([]);
        if (!SimulatorProcess.StopRunning(settings)) throw new StartupException("No simulator runs on this data folder.");
        Console.WriteLine("the EHR simulator is stopped; ./run sim start brings it back");
        return 0;
    }

    /// <summary>Runs on after this command, until ./run sim stop or the end of the machine's session.</summary>
    public static async Task<int> Start()
    {
        var settings = HostSettings.FromEnvironment([]);
        using var simulator = await SimulatorProcess.Start(settings, seedAt: null, diesWithUs: false, default);
        Console.WriteLine($"the EHR simulator is back at http://localhost:{settings.SimulatorPort}");
        return 0;
    }
}
