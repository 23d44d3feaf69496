using Dapper;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>
/// A code or refresh token is used once, also when it is sent several times at the same moment, and a second use ends the
/// whole grant, what is being given at that moment included (SMART-S2, S8; RFC 9700, 4.14.2): the grant itself is revoked, and
/// no token of it counts any more, whenever it is written.
/// </summary>
internal sealed class OnceOnly(Db db, AccessTokens known)
{
    /// <summary>Of several at once one gets true.</summary>
    public async Task<bool> Claim(string? token, string? grant, string? client, CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        var first = await connection.ExecuteAsync(new CommandDefinition("""
            update auth."OpenIddictTokens" set "Status" = 'redeemed', "RedemptionDate" = @now where "Id" = @token and "Status" = 'valid'
            """, new { token, now = db.Clock.GetUtcNow() }, cancellationToken: stop)) == 1;
        if (!first) await End(grant, client, stop);
        return first;
    }

    public async Task End(string? grant, string? client, CancellationToken stop)
    {
        await using (var connection = await db.App.OpenConnectionAsync(stop))
        {
            await connection.ExecuteAsync(new CommandDefinition("""
                update auth."OpenIddictAuthorizations" set "Status" = 'revoked' where "Id" = @grant
                """, new { grant }, cancellationToken: stop));
        }
        known.Forget(client);
    }

    /// <summary>OpenIddict finds a used one by itself and revokes what was written so far; this ends the grant.</summary>
    public async Task EndIfUsed(string token, string? client, CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        if (await connection.ExecuteAsync(new CommandDefinition("""
            update auth."OpenIddictAuthorizations" a set "Status" = 'revoked'
            from auth."OpenIddictTokens" t where t."Id" = @token and t."Status" = 'redeemed' and a."Id" = t."AuthorizationId"
            """, new { token }, cancellationToken: stop)) > 0) known.Forget(client);
    }
}

internal sealed class UsedBefore(OnceOnly once) : IOpenIddictServerHandler<ValidateTokenContext>
{
    public async ValueTask HandleAsync(ValidateTokenContext context)
    {
        if (context.Transaction.EndpointType != OpenIddictServerEndpointType.Token || context.Principal is not { } principal || context.TokenId is not { } token) return;
        if (!principal.HasTokenType(OpenIddictConstants.TokenTypeIdentifiers.RefreshToken) && !principal.HasTokenType(OpenIddictConstants.TokenTypeIdentifiers.Private.AuthorizationCode)) return;
        await once.EndIfUsed(token, principal.GetPresenters().FirstOrDefault(), context.CancellationToken);
    }
}

/// <summary>The grant keeps its scope when one refresh asks for less (RFC 6749, 6): the next may ask for the rest again.</summary>
internal sealed class WholeInRefresh : IOpenIddictServerHandler<ProcessSignInContext>
{
    public ValueTask HandleAsync(ProcessSignInContext context)
    {
        if (context.RefreshTokenPrincipal is { } kept && kept.GetClaim(TokenClaims.Whole) is { } whole) kept.SetScopes(ScopeRules.Names(whole));
        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// Whoever takes a token back takes back the grant it came from, refresh token and all (SMART-S10; RFC 7009, 2.1); this host
/// forgets at once what it remembered of that client.
/// </summary>
internal sealed class RevokedWhole(OnceOnly once) : IOpenIddictServerHandler<HandleRevocationRequestContext>
{
    public async ValueTask HandleAsync(HandleRevocationRequestContext context) => await once.End(
        context.GenericTokenPrincipal?.GetAuthorizationId(), context.GenericTokenPrincipal?.GetPresenters().FirstOrDefault() ?? context.Request.ClientId, context.CancellationToken);
}
