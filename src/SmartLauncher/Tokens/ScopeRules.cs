namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>Which of the scopes a client asks for it gets: pure. Understood, registered for it, and of a level the flow allows.</summary>
public static class ScopeRules
{
    private static readonly HashSet<string> Plain = new(StringComparer.Ordinal) { "openid", "fhirUser", "profile", "offline_access", "online_access" };

    /// <param name="registered">Scopes the client was registered with, space-separated.</param>
    public static IReadOnlyList<string> Grant(IEnumerable<string> asked, string registered, params ScopeLevel[] levels)
    {
        var names = registered.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var allowed = names.Select(n => SmartScope.TryParse(n, out var s) ? s : null).OfType<SmartScope>().ToList();
        return [.. asked.Distinct().Where(name => Plain.Contains(name)
            ? !levels.Contains(ScopeLevel.System) && names.Contains(name)
            : SmartScope.TryParse(name, out var scope) && levels.Contains(scope.Level) && allowed.Any(a => a.Covers(scope)))];
    }
}
