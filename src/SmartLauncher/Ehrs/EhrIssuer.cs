using HealthTeams.Platform.Outbound;
using HealthTeams.SmartLauncher.Callers;

namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>Who signs an EHR's id_tokens, and where its keys are.</summary>
public sealed record IssuerKeys(string Issuer, Uri Keys)
{
    /// <summary>Hosts that may be asked for these keys besides the registered ones.</summary>
    public NamedHosts? Named { get; init; }
}

/// <summary>
/// Finds an EHR's issuer: the registered one, else the one SMART discovery names, else the one the token itself names
/// where that stands on a host the EHR's discovery already uses. Issuer and iss need not share an origin (Oracle
/// Health's do not), so the registration and discovery decide, never the token alone (SMART-A18). An issuer on another
/// host speaks for itself: its keys are those of its own document, or one EHR could sign as another's issuer.
/// </summary>
public sealed class EhrIssuer(EhrDiscovery discovery, TimeProvider clock)
{
    private readonly BriefMemory<(string Issuer, string FhirBase), IssuerKeys> found = new(clock, TimeSpan.FromMinutes(5), 1000);

    public async Task<IssuerKeys?> Find(string saidByToken, Ehr ehr, EhrEndpoints at, string fhirBase, CancellationToken stop)
    {
        var issuer = ehr.Issuer ?? at.Issuer ?? (OfTheEhr(saidByToken, at, fhirBase) ? saidByToken : null);
        if (issuer is null) return null;
        if (found.TryGet((issuer, fhirBase), out var keys)) return keys;
        // The key set of SMART discovery is believed for the EHR's own hosts and for the issuer an operator registered.
        var known = await OpenId(issuer, at, fhirBase, stop) ?? (issuer == ehr.Issuer || OfTheEhr(issuer, at, fhirBase) ? Known(issuer, at) : null);
        if (known is not null) found.Keep((issuer, fhirBase), known);
        return known;
    }

    private static IssuerKeys? Known(string issuer, EhrEndpoints at) => at.Jwks is null ? null : new IssuerKeys(issuer, at.Jwks) { Named = at.Named };

    /// <summary>OpenID Connect Discovery: the document must speak for the issuer it was asked for.</summary>
    private async Task<IssuerKeys?> OpenId(string issuer, EhrEndpoints at, string fhirBase, CancellationToken stop)
    {
        if (!Uri.TryCreate(issuer.TrimEnd('/') + "/.well-known/openid-configuration", UriKind.Absolute, out var address)) return null;
        var answer = await discovery.Json(address, stop, at.Named);
        if (!answer.Ok || DiscoveryRules.Text(answer.Value, "issuer")?.TrimEnd('/') != issuer.TrimEnd('/')) return null;
        if (DiscoveryRules.Address(address, answer.Value, "jwks_uri") is not { } keys) return null;
        return new IssuerKeys(issuer, keys) { Named = EhrDiscovery.Named(fhirBase, keys) };
    }

    private static bool OfTheEhr(string issuer, EhrEndpoints at, string fhirBase) =>
        Uri.TryCreate(issuer, UriKind.Absolute, out var uri)
        && new[] { new Uri(fhirBase), at.Token }.Any(u => u.GetLeftPart(UriPartial.Authority) == uri.GetLeftPart(UriPartial.Authority));
}
