using System.Collections.Immutable;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>GET and POST /auth/authorize, after OpenIddict checked client, redirect_uri and PKCE (SMART-S2): who asks, then <see cref="Authorization"/>.</summary>
internal static class AuthorizeEndpoint
{
    /// <summary>A request in the address of the sign-in page, twice encoded at worst: what Kestrel's line of 8 KB still holds.</summary>
    private const int LongestAddress = 6000;

    public static void MapAuthorize(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/auth/authorize", ["GET", "POST"], Authorize).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();

    private static async Task<IResult> Authorize(HttpContext http, Authorization authorization, ShowAuthorizePage show, LauncherSettings settings, CancellationToken stop)
    {
        http.Response.Headers.CacheControl = "no-store";
        // What cannot be said to the client is said to the person, as text.
        if (http.GetOpenIddictServerResponse() is { Error: { } error } refused)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            await show(http, new AuthorizeRefused(error, refused.ErrorDescription));
            return Results.Empty;
        }
        var request = http.GetOpenIddictServerRequest() ?? throw new InvalidOperationException("OpenIddict did not see this request.");
        if (!ForUs(request, settings)) return TokenEndpoint.Refuse(Errors.InvalidRequest, $"aud must be the FHIR base address, {settings.FhirBase}.");
        // The scheme leaves the caller among the features.
        await http.AuthenticateAsync(Callers.Schemes.Staff);
        var caller = Caller.Of(http) is { Kind: CallerKind.Staff, Seat: null } staff ? staff : await authorization.Framed(http, request, stop);
        if (caller is null) return Stranger(http, request);
        return await authorization.Answer(http, request, caller, stop);
    }

    /// <summary>A token for somebody else's server must not be had here: aud (or resource), each of them, names our FHIR base.</summary>
    private static bool ForUs(OpenIddictRequest request, LauncherSettings settings)
    {
        string?[] said = [.. (ImmutableArray<string?>?)request["aud"] ?? [], .. (ImmutableArray<string?>?)request[Parameters.Resource] ?? []];
        return said.Length > 0 && said.All(a => a?.TrimEnd('/') == settings.FhirBase);
    }

    private static IResult Stranger(HttpContext http, OpenIddictRequest request)
    {
        if (request.HasPromptValue(PromptValues.None)) return TokenEndpoint.Refuse(Errors.LoginRequired, "Nobody is signed in.");
        // A form of another site brings no cookie of ours; the same request as an address does.
        if (HttpMethods.IsPost(http.Request.Method) && !http.Request.Form.ContainsKey("genuine"))
        {
            var again = Again(http, request);
            return again.Length > LongestAddress ? TooLong : See(http, again);
        }
        return SignIn(http, request);
    }

    /// <summary>Signing in makes a new session, which is what max_age asks for: it is not asked a second time, or max_age=0 would ask for ever.</summary>
    internal static IResult SignIn(HttpContext http, OpenIddictRequest request)
    {
        request.RemoveParameter(Parameters.MaxAge);
        var again = Again(http, request);
        return again.Length > LongestAddress ? TooLong : Results.Redirect("/auth/sign-in" + QueryString.Create("returnUrl", again));
    }

    private static IResult TooLong => TokenEndpoint.Refuse(Errors.InvalidRequest, $"The request is longer than {LongestAddress} characters; sign in first, or ask for fewer scopes.");

    private static string Again(HttpContext http, OpenIddictRequest request) => http.Request.Path + new QueryBuilder(Consent.Request(request)).ToQueryString();

    /// <summary>303: the browser follows with GET.</summary>
    private static IResult See(HttpContext http, string address)
    {
        http.Response.Headers.Location = address;
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }
}
