using System.Collections.Concurrent;
using System.Text.Json;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Ehr;

/// <summary>How an EHR lets a type be changed.</summary>
internal enum WriteWay { Update, Patch, Refused }

/// <summary>What the EHR's CapabilityStatement says of writing; read once in a while. Where it says nothing, an update is tried.</summary>
internal sealed class EhrAbilities(TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<Guid, (JsonElement? Statement, DateTimeOffset Until)> known = new();

    public async Task<WriteWay> Way(EhrClient client, Guid ehr, string type, CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        if (!known.TryGetValue(ehr, out var entry) || entry.Until <= now)
        {
            var read = await client.Get("metadata", stop);
            entry = (read.Ok && read.Value.ValueKind == JsonValueKind.Object ? read.Value : null, now + Fresh);
            // An EHR that is away is asked again at once when it is back.
            if (read.Ok) known[ehr] = entry;
        }
        return entry.Statement is { } statement ? Of(statement, type) : WriteWay.Update;
    }

    internal static WriteWay Of(JsonElement statement, string type)
    {
        var offered = (from rest in FhirJson.Items(statement, "rest")
            from resource in FhirJson.Items(rest, "resource")
            where FhirJson.Text(resource, "type") == type
            from interaction in FhirJson.Items(resource, "interaction")
            select FhirJson.Text(interaction, "code")).ToHashSet();
        if (offered.Count == 0 || offered.Contains("update")) return WriteWay.Update;
        var formats = FhirJson.Items(statement, "patchFormat").Select(f => f.ToString()).ToList();
        return offered.Contains("patch") && (formats.Count == 0 || formats.Contains("application/json-patch+json")) ? WriteWay.Patch : WriteWay.Refused;
    }
}
