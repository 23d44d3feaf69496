using System.Globalization;
using System.Security.Claims;
using HealthTeams.SmartLauncher.Apps;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>Our own claims in access tokens, codes and refresh tokens.</summary>
internal static class TokenClaims
{
    public const string Tenant = "tenant";
    public const string Kind = "kind";
    public const string Person = "person";
    public const string Patient = "patient";
    public const string Encounter = "encounter";
    public const string Appointment = "appointment";
    public const string Intent = "intent";
    public const string Banner = "need_patient_banner";
    public const string FhirUser = "fhirUser";

    /// <summary>What was granted first: a refresh that asks for less makes the next token smaller, not the grant. In codes and refresh tokens only.</summary>
    public const string Whole = "ht_scope";

    /// <summary>The session an online_access grant ends with. In codes and refresh tokens only.</summary>
    public const string Session = "ht_session";

    /// <summary>OpenIddict's names for the row that tells whether the token was revoked, and for the grant it belongs to.</summary>
    public const string Entry = "oi_tkn_id";
}

/// <summary>What a user granted an app, as claims (SMART-S5, S7).</summary>
internal sealed record GrantedAccess(Caller User, IReadOnlyList<string> Scopes, LaunchedWith Context, string FhirBase)
{
    /// <summary>"Practitioner/12".</summary>
    public string? FhirUser { get; init; }
    public PresentSession? Session { get; init; }

    public ClaimsPrincipal Principal()
    {
        var identity = new ClaimsIdentity("staff", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, User.Id);
        identity.SetClaim(TokenClaims.Tenant, User.TenantSlug);
        identity.SetClaim(TokenClaims.Kind, nameof(CallerKind.Staff));
        identity.SetClaim(TokenClaims.Person, User.Person.ToString());
        identity.SetClaim(TokenClaims.Patient, Context.Patient);
        identity.SetClaim(TokenClaims.Encounter, Context.Encounter);
        identity.SetClaim(TokenClaims.Appointment, Context.Appointment);
        identity.SetClaim(TokenClaims.Intent, Context.Intent);
        if (Context.Patient is not null) identity.SetClaim(TokenClaims.Banner, Context.Banner ? "true" : "false");
        if (FhirUser is not null) identity.SetClaim(TokenClaims.FhirUser, $"{FhirBase}/{FhirUser}");
        if (Scopes.Contains("profile")) identity.SetClaim(Claims.Name, User.Display);
        if (Session is not null)
        {
            identity.SetClaim(Claims.AuthenticationTime, Session.Since.ToUnixTimeSeconds());
            identity.SetClaim(TokenClaims.Session, Convert.ToHexString(Session.Hash));
        }
        identity.SetClaim(TokenClaims.Whole, string.Join(' ', Scopes));
        identity.SetScopes(Scopes);
        identity.SetResources(FhirBase);
        identity.SetDestinations(Destination);
        return new ClaimsPrincipal(identity);
    }

    private static IEnumerable<string> Destination(Claim claim) => claim.Type switch
    {
        Claims.Subject or TokenClaims.FhirUser => [Destinations.AccessToken, Destinations.IdentityToken],
        Claims.AuthenticationTime or Claims.Name => [Destinations.IdentityToken],
        TokenClaims.Whole or TokenClaims.Session => [],
        _ => [Destinations.AccessToken],
    };
}
