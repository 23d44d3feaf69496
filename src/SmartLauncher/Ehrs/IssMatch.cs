namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>
/// Which registered EHR an iss means (SMART-A3). Decided on the text before anything is fetched; whatever could be read
/// in two ways is refused, not repaired.
/// </summary>
public static class IssMatch
{
    private const int Longest = 2000;
    private static readonly Problem Refused = Problem.Invalid("The iss is not an address of an EHR.", "iss", "iss-invalid");

    /// <summary>Lower-case scheme and host, no default port, at most one trailing slash removed, path untouched.</summary>
    public static Outcome<string> Normalise(string iss)
    {
        if (iss.Length is 0 or > Longest || iss.Any(c => c <= ' ' || c > '~' || c is '\\' or '?' or '#' or '"' or '<' or '>')) return Refused;
        if (!Uri.TryCreate(iss, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) return Refused;
        var start = iss.IndexOf("://", StringComparison.Ordinal) + 3;
        if (start < 3 || uri.Host.Length == 0) return Refused;
        var slash = iss.IndexOf('/', start);
        var authority = slash < 0 ? iss[start..] : iss[start..slash];
        var path = slash < 0 ? "" : iss[slash..];
        if (authority.Contains('@', StringComparison.Ordinal) || authority.Contains('%', StringComparison.Ordinal)) return Refused;
        if (path.EndsWith('/')) path = path[..^1];
        if (path.Length > 0 && !path[1..].Split('/').All(Plain)) return Refused;
        return uri.GetLeftPart(UriPartial.Authority).ToLowerInvariant() + path;
    }

    /// <summary>A test registration also covers what lies below it: whole path segments on the same scheme, host and port.</summary>
    public static bool Covers(string registered, string asked, bool test) =>
        asked == registered || (test && asked.StartsWith(registered + "/", StringComparison.Ordinal));

    private static bool Plain(string segment) =>
        segment is not ("" or "." or "..")
        && !segment.Contains("%2e", StringComparison.OrdinalIgnoreCase)
        && !segment.Contains("%2f", StringComparison.OrdinalIgnoreCase)
        && !segment.Contains("%5c", StringComparison.OrdinalIgnoreCase)
        && !segment.Contains("%25", StringComparison.OrdinalIgnoreCase)
        && !segment.Contains("%00", StringComparison.Ordinal);
}
