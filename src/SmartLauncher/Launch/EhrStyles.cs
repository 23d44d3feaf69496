using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Ehrs;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>
/// Fetches an EHR's style on the server: from the EHR's own origin, or from one that was registered to frame us; nowhere
/// else, whatever the token answer says (SMART-A32). A launch does not wait for it long, and never fails by it.
/// </summary>
public sealed class EhrStyles(EhrDiscovery documents, TimeProvider clock)
{
    private const int Longest = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly BriefMemory<(Guid Ehr, string Url), string?> known = new(clock, TimeSpan.FromMinutes(5), 1000);

    /// <returns>A style sheet of ours, or null.</returns>
    public async Task<string?> Find(string? url, Ehr ehr, string issUsed, CancellationToken stop)
    {
        if (url is null || !Uri.TryCreate(url, UriKind.Absolute, out var address) || !Allowed(address, ehr, issUsed)) return null;
        if (known.TryGet((ehr.Id, url), out var css)) return css;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        try
        {
            var style = await documents.Json(address, patience.Token, EhrDiscovery.Named(issUsed, address), Longest);
            css = style.Ok ? EhrStyle.Css(style.Value) : null;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            css = null;
        }
        known.Keep((ehr.Id, url), css);
        return css;
    }

    private static bool Allowed(Uri address, Ehr ehr, string issUsed)
    {
        if (address is not { UserInfo: "", Scheme: "https" or "http" } || address.AbsoluteUri.Length > 2000) return false;
        var origin = address.GetLeftPart(UriPartial.Authority);
        return origin == new Uri(issUsed).GetLeftPart(UriPartial.Authority) || ehr.FrameOrigins.Contains(origin);
    }
}
