using HealthTeams.SmartLauncher.Ehrs;
using Microsoft.Extensions.Logging;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>How a launch that failed ends: logged under a reference, and a page without secrets in its address (SMART-A24).</summary>
public sealed class Ending(EhrDiscovery discovery, LaunchFailures failures, ILogger<Ending> log)
{
    /// <param name="choice">A visit that may be started instead.</param>
    /// <returns>Where the page is.</returns>
    public async Task<string> Of(Problem problem, LaunchTrace trace, string? choice, CancellationToken stop)
    {
        trace.Again ??= await Standalone(trace.Iss, problem.Code, stop);
        var reference = failures.Keep(trace);
        log.LogWarning("Launch {Reference} ended with {Code}: {Detail}", reference, problem.Code, problem.Detail);
        var page = problem.Code is LaunchProblem.NoVisit or LaunchProblem.NoPatient ? "no-visit" : "error";
        return $"/launch/{page}?code={Uri.EscapeDataString(problem.Code)}&ref={reference}{(choice is null ? "" : $"&start={choice}")}";
    }

    /// <summary>An EHR's launch cannot be repeated from here; signing in there again can, where the EHR offers it and it may help.</summary>
    private async Task<string?> Standalone(string? iss, string code, CancellationToken stop)
    {
        if (iss is null || code is LaunchProblem.EhrUnreachable or LaunchProblem.DiscoveryFailed) return null;
        var at = await discovery.Find(iss, stop);
        return at.Ok && at.Value.Capabilities.Contains("launch-standalone") ? $"/launch?iss={Uri.EscapeDataString(iss)}" : null;
    }
}
