using System.Collections.Concurrent;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>What the caller's SMART scopes let through; asked before anything is searched (SMART-S15). Deny unless allowed.</summary>
internal static class FhirAccess
{
    private static readonly ConcurrentDictionary<string, SmartScope?> Parsed = new(StringComparer.Ordinal);

    /// <returns>The patient the caller is limited to, or null for no limit; a problem when the scopes do not cover it.</returns>
    public static Outcome<Limit> Check(Caller caller, string type, char interaction)
    {
        var limited = false;
        foreach (var text in caller.Scopes)
        {
            var scope = Parsed.GetOrAdd(text, t => SmartScope.TryParse(t, out var s) ? s : null);
            // Scopes narrowed by a query are not honoured yet; what is not understood grants nothing.
            if (scope is null || scope.Filter is not null || !scope.Allows(type, interaction)) continue;
            if (scope.Level != ScopeLevel.Patient) return new Limit(null);
            limited = caller.LaunchPatient is not null;
        }
        return limited ? new Limit(caller.LaunchPatient) : Problem.Forbidden($"The granted scopes do not allow '{interaction}' on {type}.");
    }

    /// <summary>A patient/ scope reaches resources of that patient only.</summary>
    public static bool Belongs(Limit limit, string type, string id, ReadOnlySpan<byte> body) =>
        limit.Patient is null || Storage.PatientOf.Resource(type, id, body) == $"Patient/{limit.Patient}";
}

internal readonly record struct Limit(string? Patient);
