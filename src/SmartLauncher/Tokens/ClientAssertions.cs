using Dapper;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Clients;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>
/// SMART-S12: which keys and forms a client's assertion may have. OpenIddict follows the newer draft (typ
/// client-authentication+jwt, aud = issuer); SMART clients send typ JWT and the token address.
/// </summary>
internal sealed class AssertionKeys(ClientKeys clients) : IOpenIddictServerHandler<ValidateTokenContext>
{
    private const string NewType = "client-authentication+jwt";

    public async ValueTask HandleAsync(ValidateTokenContext context)
    {
        if (context.ValidTokenTypes.Count != 1 || !context.ValidTokenTypes.Single().EndsWith("client_assertion", StringComparison.Ordinal)) return;
        var parameters = context.TokenValidationParameters;
        // OpenIddict takes "JWT" for an id_token unless told which kind it is.
        parameters.TypeValidator = (type, _, _) => type is "JWT" or "jwt" or NewType
            ? NewType : throw new SecurityTokenInvalidTypeException("A client assertion is of type JWT.");
        parameters.ValidAlgorithms = ["RS384", "ES384"];
        parameters.IssuerSigningKeyResolver = null;
        parameters.IssuerSigningKeys = await Keys(context.Token);
        // AssertionOnce checks it: the token address or the issuer.
        context.DisableAudienceValidation = true;
    }

    private async Task<IEnumerable<SecurityKey>> Keys(string? assertion)
    {
        var handler = new JsonWebTokenHandler();
        if (assertion is null || !handler.CanReadToken(assertion)) return [];
        JsonWebToken token;
        try
        {
            token = handler.ReadJsonWebToken(assertion);
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException)
        {
            return [];
        }
        // A key set at an address of the assertion's own choosing proves nothing: jku is the registered address or absent.
        var jku = token.TryGetHeaderValue<object>("jku", out var said) ? said as string ?? "" : null;
        var keys = await clients.Of(token.Issuer, token.Kid, jku, CancellationToken.None);
        // One key of that name, or none: an assertion never picks among several.
        return keys.Count == 1 ? keys : [];
    }
}

/// <summary>SMART-S12: for us, at most five minutes long, and never seen before.</summary>
internal sealed class AssertionOnce(Db db, LauncherSettings settings) : IOpenIddictServerHandler<ProcessAuthenticationContext>
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    public async ValueTask HandleAsync(ProcessAuthenticationContext context)
    {
        if (context.ClientAssertionPrincipal is null || context.ClientAssertion is null) return;
        // Its signature was checked just before; here the claims as they were sent.
        var token = new JsonWebTokenHandler().ReadJsonWebToken(context.ClientAssertion);
        var now = db.Clock.GetUtcNow();
        var wrong = token switch
        {
            _ when !token.Audiences.Any(a => a == settings.TokenEndpoint || a == settings.Issuer) => "aud is not the token address",
            _ when token.Issuer != token.Subject => "iss and sub differ",
            _ when token.ValidTo == default || token.ValidTo > (now + Longest + Skew).UtcDateTime => "exp is missing or more than five minutes away",
            _ when token.ValidTo < (now - Skew).UtcDateTime => "it is expired",
            _ when token.ValidFrom > (now + Skew).UtcDateTime => "it is not valid yet",
            _ when token.Id is not { Length: > 0 and <= 500 } => "jti is missing or too long",
            _ => await Seen(token) ? "jti was used before" : null,
        };
        if (wrong is not null) context.Reject(OpenIddictConstants.Errors.InvalidClient, $"The client assertion is refused: {wrong}.");
    }

    private async Task<bool> Seen(JsonWebToken token)
    {
        await using var connection = await db.App.OpenConnectionAsync();
        return await connection.ExecuteAsync("""
            insert into auth.assertion_jti (client, jti_hash, expires_at) values (@Issuer, @hash, @until) on conflict do nothing
            """, new { token.Issuer, hash = Secrets.Hash(token.Id), until = new DateTimeOffset(token.ValidTo, TimeSpan.Zero) + Skew }) == 0;
    }
}
