using HealthTeams.Platform.Outbound;

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
/// Health's do not), so the registration and discovery decide, never the token alone (SMART-A18).
/// </summary>
public sealed class EhrIssuer(EhrDiscovery discovery)
{
    public async Task<IssuerKeys?> Find(string saidByToken, Ehr ehr, EhrEndpoints at, string fhirBase, CancellationToken stop)
    {
        if (ehr.Issuer is { } registered && (registered != at.Issuer || at.Jwks is null))
        {
            return await OpenId(registered, at, fhirBase, stop) ?? Known(registered, at);
        }
        if (at.Issuer is { } named) return Known(named, at) ?? await OpenId(named, at, fhirBase, stop);
        return OfTheEhr(saidByToken, at, fhirBase) ? await OpenId(saidByToken, at, fhirBase, stop) : null;
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
        && new[] { new Uri(fhirBase), at.Token, at.Authorize }.Any(u => u.GetLeftPart(UriPartial.Authority) == uri.GetLeftPart(UriPartial.Authority));
}
