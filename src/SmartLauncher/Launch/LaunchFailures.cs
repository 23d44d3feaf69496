using System.Security.Cryptography;
using HealthTeams.SmartLauncher.Callers;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>What a launch learned on its way, for the page that says why it ended.</summary>
public sealed class LaunchTrace
{
    /// <summary>The EHR's FHIR base, once a launch of ours is known to be answered.</summary>
    public string? Iss { get; set; }

    /// <summary>The EHR's own words (error and description).</summary>
    public string? EhrSays { get; set; }

    /// <summary>An address of ours that begins anew.</summary>
    public string? Again { get; set; }
}

/// <summary>What the error page shows besides its code.</summary>
public sealed record LaunchFailure(string? EhrSays, string? Again);

/// <summary>
/// Kept here and not in the page's address, which anybody could write: an EHR's words are shown only when an EHR said them.
/// In memory, ten minutes, under the reference; a page that finds nothing says less.
/// </summary>
public sealed class LaunchFailures(TimeProvider clock)
{
    private readonly BriefMemory<string, LaunchFailure> known = new(clock, PendingLaunches.Lifetime, 5000);

    internal string Keep(LaunchTrace trace)
    {
        // Read out on the telephone: digits and a to f.
        var reference = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5));
        if (trace.EhrSays is not null || trace.Again is not null) known.Keep(reference, new LaunchFailure(trace.EhrSays, trace.Again));
        return reference;
    }

    public LaunchFailure? Find(string? reference) => reference is not null && known.TryGet(reference, out var failure) ? failure : null;
}
