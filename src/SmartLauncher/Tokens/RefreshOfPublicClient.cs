using HealthTeams.SmartLauncher.Keys;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>
/// SMART-S8: public apps may refresh without naming themselves (SMART asks for grant_type and refresh_token only, and
/// fhirclient sends no more): the token says whose it is. Whoever has a secret or a key must still prove it.
/// </summary>
internal sealed class RefreshOfPublicClient(IOpenIddictApplicationManager clients, KeyRing keys, LauncherSettings settings) : IOpenIddictServerHandler<ExtractTokenRequestContext>
{
    private const int LongestToken = 16_000;
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false };

    public async ValueTask HandleAsync(ExtractTokenRequestContext context)
    {
        if (context.Request is not { ClientId: null, ClientSecret: null, ClientAssertion: null, RefreshToken.Length: > 0 and <= LongestToken } request || !request.IsRefreshTokenGrantType()) return;
        // Whether it is still good, OpenIddict finds out; here only what we ourselves wrote into it.
        var read = await Handler.ValidateTokenAsync(request.RefreshToken, new TokenValidationParameters
        {
            TokenDecryptionKey = keys.Codes, IssuerSigningKey = keys.Signing.Key, ValidIssuer = settings.Issuer, ValidateAudience = false, ValidateLifetime = false,
        });
        if (!read.IsValid || !read.Claims.TryGetValue(OpenIddictConstants.Claims.Private.Presenter, out var presenter) || presenter is not string { Length: > 0 } id) return;
        if (await clients.FindByClientIdAsync(id, context.CancellationToken) is { } client && await clients.HasClientTypeAsync(client, OpenIddictConstants.ClientTypes.Public, context.CancellationToken))
        {
            request.ClientId = id;
        }
    }
}
