using System.Text.Json;
using HealthTeams.Platform.Outbound;
using HealthTeams.SmartLauncher.Callers;

namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>What an EHR's discovery says, with absolute addresses.</summary>
public sealed record EhrEndpoints(Uri Authorize, Uri Token, string? Issuer, Uri? Jwks, Uri? Revocation)
{
    public IReadOnlySet<string> Capabilities { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> AuthMethods { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> SigningAlgorithms { get; init; } = new HashSet<string>();

    /// <summary>Hosts besides the EHR's own that its discovery names. They may be spoken to on this EHR's behalf and on nobody else's.</summary>
    public NamedHosts? Named { get; init; }
    public bool V2 => Capabilities.Contains("permission-v2");
}

/// <summary>Reads an EHR's discovery (SMART-A4), or the security extension of its CapabilityStatement (SMART-A5).</summary>
public sealed class EhrDiscovery(OutboundHttp http, TimeProvider clock)
{
    /// <summary>Of a configuration or a key set; a CapabilityStatement may have all that the outbound client takes.</summary>
    private const int LongestDocument = 256 * 1024;
    private const int MostRedirects = 3;
    private readonly BriefMemory<string, EhrEndpoints> known = new(clock, TimeSpan.FromSeconds(30), 1000);

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
            var metadata = await Json(new Uri(root, "metadata"), stop, limit: OutboundHttp.AnswerLimit);
            if (!metadata.Ok) return metadata.Problem.Code == "ehr-answered" ? smart.Problem : metadata.Problem;
            read = DiscoveryRules.FromMetadata(root, metadata.Value);
            if (!read.Ok) return read.Problem;
        }
        var found = read.Value;
        found = found with { Named = Named(fhirBase, found.Token, found.Jwks, found.Revocation, Uri.TryCreate(found.Issuer, UriKind.Absolute, out var issuer) ? issuer : null) };
        known.Keep(fhirBase, found);
        return found;
    }

    /// <summary>A JSON document of a registered host, or of one that is named by its EHR. Redirects are followed on the same host only.</summary>
    public async Task<Outcome<JsonElement>> Json(Uri address, CancellationToken stop, NamedHosts? named = null, int limit = LongestDocument)
    {
        var (at, redirects) = (address, MostRedirects);
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, at);
            request.Headers.Accept.ParseAdd("application/json");
            request.Headers.Accept.ParseAdd("application/fhir+json");
            if (named is not null) request.Options.Set(OutboundHttp.Named, named);
            var sent = await http.Send(request, stop);
            if (!sent.Ok) return sent.Problem;
            using var response = sent.Value;
            if ((int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } location)
            {
                var next = new Uri(at, location);
                if (next.GetLeftPart(UriPartial.Authority) != address.GetLeftPart(UriPartial.Authority)) return Failed($"{address} leads to another host");
                if (next == at || --redirects < 0) return Failed($"{address} leads on and on");
                at = next;
                continue;
            }
            return await Read(address, response, limit, stop);
        }
    }

    private static async Task<Outcome<JsonElement>> Read(Uri address, HttpResponseMessage response, int limit, CancellationToken stop)
    {
        var status = (int)response.StatusCode;
        if (status >= 500) return new Problem(502, "host-unreachable", $"{address} answered {status}.");
        if (!response.IsSuccessStatusCode) return new Problem(502, "ehr-answered", $"{address} answered {status}.");
        var bytes = await response.Content.ReadAsByteArrayAsync(stop);
        if (bytes.Length > limit) return Failed($"{address} is larger than {limit / 1024} KB");
        try
        {
            if (!JsonText.Readable(bytes)) return Failed($"{address} holds text that is none");
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : Failed($"{address} is not a JSON object");
        }
        catch (JsonException)
        {
            return Failed($"{address} is not JSON");
        }
    }

    /// <summary>
    /// A registered EHR's discovery may name an authorization server on another host (Oracle Health does). Those that
    /// <see cref="DiscoveryRules.MayPin"/> lets pass may be spoken to for this EHR, and for no other.
    /// </summary>
    internal static NamedHosts Named(string fhirBase, params IEnumerable<Uri?> addresses)
    {
        var home = new Uri(fhirBase + "/");
        return new NamedHosts(home, addresses.OfType<Uri>().Where(u => DiscoveryRules.MayPin(home, u)).Select(u => u.GetLeftPart(UriPartial.Authority)).ToHashSet(StringComparer.Ordinal));
    }

    private static Problem Failed(string why) => new(502, "discovery-failed", why + ".");
}
