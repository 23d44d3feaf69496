using System.Text.Json;
using HealthTeams.SmartLauncher.Launch;
using static HealthTeams.SmartLauncher.Ehrs.Checks.CheckStep;

namespace HealthTeams.SmartLauncher.Ehrs.Checks;

/// <summary>Whether a visit's course can be written back: the scopes granted, and what the CapabilityStatement offers (EHR-07).</summary>
internal static class WriteRights
{
    public static CheckStep OfLaunches(Ehr ehr, JsonElement? metadata)
    {
        if (ehr.Adapter == "none") return Skipped("write", Word("Nothing is written back to this EHR."));
        if (Offers(ehr, metadata) is { } wrong) return wrong;
        return Note("write", Word("Launches ask for the right to write; whether users get it shows at the first one."), null);
    }

    public static CheckStep OfBackend(Ehr ehr, string granted, JsonElement? metadata)
    {
        if (ehr.Adapter == "none") return Skipped("write", Word("Nothing is written back to this EHR."));
        if (!LaunchScopes.MayWrite(granted))
        {
            return Failed("write", Word("The backend client may not write: it was granted {0}."), Word("Ask the vendor for Appointment and Encounter update, or choose not to write back."), granted);
        }
        return Offers(ehr, metadata) ?? Ok("write", Word("The backend client may write appointments or encounters."));
    }

    private static CheckStep? Offers(Ehr ehr, JsonElement? metadata)
    {
        if (metadata is not { } statement) return null;
        var writes = Interactions(statement, "Appointment").Concat(Interactions(statement, "Encounter")).ToHashSet(StringComparer.Ordinal);
        // A CapabilityStatement that lists no interactions says nothing.
        if (writes.Count == 0) return null;
        if (ehr.Adapter == "oracle" && !writes.Contains("patch"))
        {
            return Failed("write", Word("The EHR's CapabilityStatement offers no patch, by which Oracle Health is written to."), Word("Choose plain FHIR for this EHR, or ask the vendor."));
        }
        return writes.Overlaps(["update", "patch"]) ? null
            : Failed("write", Word("The EHR's CapabilityStatement offers neither update nor patch of Appointment and Encounter."), Word("Ask the vendor, or choose not to write back."));
    }

    internal static IEnumerable<string> Interactions(JsonElement statement, string type) =>
        from rest in Items(statement, "rest")
        from resource in Items(rest, "resource")
        where DiscoveryRules.Text(resource, "type") == type
        from interaction in Items(resource, "interaction")
        select DiscoveryRules.Text(interaction, "code") ?? "";

    private static JsonElement[] Items(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Array ? [.. v.EnumerateArray()] : [];
}
