using HealthTeams.SmartLauncher.Clients;
using HealthTeams.SmartLauncher.Keys;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>How OpenIddict is set up: authorization code with PKCE, refresh, client credentials; our keys, our lifetimes (SMART-S2 to S13).</summary>
internal static class AuthorizationServer
{
    public static readonly TimeSpan AccessToken = TimeSpan.FromHours(1);
    public static readonly TimeSpan BackendToken = TimeSpan.FromSeconds(300);

    /// <summary>Stores only: enough for commands that register clients.</summary>
    public static OpenIddictBuilder AddTokenStores(this IServiceCollection services)
    {
        services.AddDbContext<TokenDb>((provider, options) =>
        {
            options.UseNpgsql(provider.GetRequiredService<Db>().App);
            options.UseOpenIddict();
        });
        return services.AddOpenIddict().AddCore(core => core.UseEntityFrameworkCore().UseDbContext<TokenDb>());
    }

    public static void AddAuthorizationServer(this OpenIddictBuilder openIddict) => openIddict.AddServer(server =>
    {
        server.SetAuthorizationEndpointUris("auth/authorize")
            .SetTokenEndpointUris("auth/token")
            .SetIntrospectionEndpointUris("auth/introspect")
            .SetRevocationEndpointUris("auth/revoke")
            .SetConfigurationEndpointUris("auth/.well-known/openid-configuration")
            .SetJsonWebKeySetEndpointUris("auth/jwks");
        server.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange().AllowRefreshTokenFlow().AllowClientCredentialsFlow();
        server.SetAuthorizationCodeLifetime(TimeSpan.FromMinutes(1))
            .SetAccessTokenLifetime(AccessToken)
            .SetIdentityTokenLifetime(TimeSpan.FromMinutes(10))
            .SetRefreshTokenLifetime(TimeSpan.FromDays(30))
            // Rotation by the letter: a refresh token used twice was stolen.
            .SetRefreshTokenReuseLeeway(TimeSpan.Zero);
        server.DisableAccessTokenEncryption();
        // SMART's scopes are a grammar, its audience the FHIR base: ScopeRules and the endpoints check both.
        server.DisableScopeValidation().IgnoreScopePermissions().DisableResourceValidation().IgnoreResourcePermissions()
            .DisableAudienceValidation().IgnoreAudiencePermissions();
        server.AddEventHandler<ValidateTokenContext>(handler => handler.UseScopedHandler<AssertionKeys>()
            .SetOrder(OpenIddictServerHandlers.Protection.ResolveTokenValidationParameters.Descriptor.Order + 500));
        server.AddEventHandler<ProcessAuthenticationContext>(handler => handler.UseScopedHandler<AssertionOnce>()
            .SetOrder(OpenIddictServerHandlers.ValidateClientAssertionIssuer.Descriptor.Order + 500));
        server.AddEventHandler<ProcessAuthenticationContext>(handler => handler.UseSingletonHandler<BeforeSecret>()
            .SetOrder(OpenIddictServerHandlers.ValidateClientSecret.Descriptor.Order - 500));
        server.AddEventHandler<ProcessAuthenticationContext>(handler => handler.UseSingletonHandler<AfterSecret>()
            .SetOrder(OpenIddictServerHandlers.ValidateClientSecret.Descriptor.Order + 500));
        server.AddEventHandler<ApplyTokenResponseContext>(handler => handler.UseSingletonHandler<WrongSecret>().SetOrder(int.MinValue + 2000));
        server.AddEventHandler<ApplyIntrospectionResponseContext>(handler => handler.UseSingletonHandler<WrongSecret>().SetOrder(int.MinValue + 2000));
        server.AddEventHandler<ApplyRevocationResponseContext>(handler => handler.UseSingletonHandler<WrongSecret>().SetOrder(int.MinValue + 2000));
        server.AddEventHandler<ProcessSignInContext>(handler => handler.UseSingletonHandler<RefreshWhileOnline>()
            .SetOrder(OpenIddictServerHandlers.EvaluateGeneratedTokens.Descriptor.Order + 500));
        server.AddEventHandler<ProcessSignInContext>(handler => handler.UseSingletonHandler<ContextInAnswer>()
            .SetOrder(OpenIddictServerHandlers.AttachSignInParameters.Descriptor.Order + 500));
        server.AddEventHandler<ExtractTokenRequestContext>(handler => handler.UseScopedHandler<RefreshOfPublicClient>().SetOrder(int.MaxValue - 1000));
        server.AddEventHandler<ExtractIntrospectionRequestContext>(handler => handler.UseSingletonHandler<IntrospectionByBearer>().SetOrder(int.MinValue + 1000));
        server.AddEventHandler<HandleRevocationRequestContext>(handler => handler.UseSingletonHandler<RevokedWhole>().SetOrder(int.MaxValue - 1000));
        server.AddEventHandler<ValidateTokenContext>(handler => handler.UseSingletonHandler<UsedBefore>()
            .SetOrder(OpenIddictServerHandlers.Protection.ValidateTokenEntry.Descriptor.Order - 500));
        server.AddEventHandler<ProcessSignInContext>(handler => handler.UseSingletonHandler<WholeInRefresh>()
            .SetOrder(OpenIddictServerHandlers.PrepareRefreshTokenPrincipal.Descriptor.Order + 500));
        // The token endpoint says invalid_scope, as it should be said.
        server.RemoveEventHandler(OpenIddictServerHandlers.Exchange.ValidateGrantedScopes.Descriptor);
        server.AddEventHandler<HandleConfigurationRequestContext>(handler => handler.UseScopedHandler<PublicAddresses>().SetOrder(int.MaxValue - 1000));
        server.AddEventHandler<HandleIntrospectionRequestContext>(handler => handler.UseSingletonHandler<IntrospectedContext>().SetOrder(int.MaxValue - 1000));
        server.UseAspNetCore().EnableAuthorizationEndpointPassthrough().EnableTokenEndpointPassthrough().EnableErrorPassthrough();

        openIddict.Services.AddOptions<OpenIddictServerOptions>().Configure<LauncherSettings, KeyRing>((options, settings, keys) =>
        {
            options.Issuer = new Uri(settings.Issuer);
            options.SigningCredentials.Add(keys.Signing);
            options.EncryptionCredentials.Add(new EncryptingCredentials(
                keys.Codes, SecurityAlgorithms.Aes256KW, SecurityAlgorithms.Aes256CbcHmacSha512));
            // SMART names S256 and forbids plain.
            options.CodeChallengeMethods.Clear();
            options.CodeChallengeMethods.Add("S256");
        });
        openIddict.Services.AddOptions<OpenIddictServerAspNetCoreOptions>().Configure<LauncherSettings>((options, settings) =>
            options.DisableTransportSecurityRequirement = settings.PublicUrl() is { IsLoopback: true, Scheme: "http" });
    });
}
