using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Search;

/// <summary>"Patient/1", "Patient/1/_history/2", "http://other/fhir/Patient/1" (kept whole), "urn:uuid:…", "#c".</summary>
internal static class Reference
{
    /// <summary>A reference by our own absolute address means the same as the relative one.</summary>
    public static string Local(string reference, string server) =>
        reference.Length > server.Length && reference[server.Length] == '/' && reference.StartsWith(server, StringComparison.Ordinal) ? reference[(server.Length + 1)..] : reference;

    public static (string? Type, string Id) Split(string reference)
    {
        if (reference.StartsWith('#') || reference.StartsWith("urn:", StringComparison.Ordinal) || reference.Contains("://", StringComparison.Ordinal)) return (null, reference);
        var parts = reference.Split('/');
        return parts.Length >= 2 && ResourceTypes.Known(parts[0]) ? (parts[0], parts[1]) : (null, reference);
    }
}
