using System.Text.Json;
using Dapper;
using HealthTeams.Platform.Outbound;
using HealthTeams.SmartLauncher.Callers;

namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>What an EHR's discovery says, with absolute addresses.</summary>
public sealed record EhrEndpoints(Uri Authorize, Uri Token, string? Issuer, Uri? Jwks, Uri? Revocation)
{
    public IReadOnlySet<string> Capabilities { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> AuthMethods { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> SigningAlgorithms { get; init; } = new HashSet<string>();
    public bool V2 => Capabilities.Contains("permission-v2");
}

/// <summary>Reads an EHR's discovery (SMART-A4), or the security extension of its CapabilityStatement (SMART-A5).</summary>
public sealed class EhrDiscovery(Db db, OutboundHttp http)
{
    private readonly BriefMemory<string, EhrEndpoints> known = new(db.Clock, TimeSpan.FromSeconds(30), 1000);

    /// <param name="fhirBase">Of a registered EHR, normalised.</param>
    public async Task<Outcome<EhrEndpoints>> Find(string fhirBase, CancellationToken stop)
    {
        if (known.TryGet(fhirBase, out var endpoints)) return endpoints;
        var root = new Uri(fhirBase + "/");
        var smart = await Json(new Uri(root, ".well-known/smart-configuration"), stop);
        var read = smart.Ok ? DiscoveryRules.FromSmart(root, smart.Value) : smart.Problem;
        if (!read.Ok)
        {
            // A configuration that is there but wrong is the EHR's word; only its absence leads to the older way.
            if (smart.Ok || smart.Problem.Code != "ehr-answered") return read.Problem;
            var metadata = await Json(new Uri(root, "metadata"), stop);
            if (!metadata.Ok) return metadata.Problem.Code == "ehr-answered" ? smart.Problem : metadata.Problem;
            read = DiscoveryRules.FromMetadata(root, metadata.Value);
            if (!read.Ok) return read.Problem;
        }
        var found = read.Value;
        await Pin(root, [found.Token, found.Jwks, found.Revocation, Uri.TryCreate(found.Issuer, UriKind.Absolute, out var issuer) ? issuer : null], stop);
        known.Keep(fhirBase, found);
        return found;
    }

    /// <summary>A JSON document of a registered host.</summary>
    public async Task<Outcome<JsonElement>> Json(Uri address, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.Accept.ParseAdd("application/fhir+json");
        var sent = await http.Send(request, stop);
        if (!sent.Ok) return sent.Problem;
        using var response = sent.Value;
        if (!response.IsSuccessStatusCode) return new Problem(502, "ehr-answered", $"{address} answered {(int)response.StatusCode}.");
        try
        {
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(stop));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : new Problem(502, "discovery-failed", $"{address} is not a JSON object.");
        }
        catch (JsonException)
        {
            return new Problem(502, "discovery-failed", $"{address} is not JSON.");
        }
    }

    /// <summary>
    /// A registered EHR's discovery may name an authorization server on another host (Oracle Health does): those that
    /// <see cref="DiscoveryRules.MayPin"/> lets pass become reachable. The table is one for all EHRs, which gives none of them
    /// more: each is only asked where its own discovery points, and any of them may name any public host.
    /// </summary>
    internal async Task Pin(Uri root, IEnumerable<Uri?> named, CancellationToken stop)
    {
        var home = root.GetLeftPart(UriPartial.Authority);
        var others = named.OfType<Uri>().Where(u => u.GetLeftPart(UriPartial.Authority) != home && DiscoveryRules.MayPin(root, u))
            .DistinctBy(u => u.GetLeftPart(UriPartial.Authority)).ToList();
        if (others.Count == 0) return;
        await using var connection = await db.App.OpenConnectionAsync(stop);
        var homePrivate = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select from platform.outbound_host where origin = @home and private_ranges)", new { home }, cancellationToken: stop));
        foreach (var other in others)
        {
            // Only another port of the very host an operator said is private may be private, too; else the address decides when connecting.
            await OutboundHttp.Register(connection, other, homePrivate && DiscoveryRules.SameHost(root, other), db.Clock.GetUtcNow(), stop);
        }
    }
}
