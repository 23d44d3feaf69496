// https://hl7.org/fhir/smart-app-launch/app-launch.html#obtain-access-token
using System.Text.Json.Nodes;

namespace EhrSim;

internal static class Token
{
    private static readonly TimeSpan UserLife = TimeSpan.FromSeconds(570);
    private static readonly TimeSpan BackendLife = TimeSpan.FromSeconds(300);

    public static void MapToken(this WebApplication app, Ehr ehr) => app.MapPost("/oauth/token", context => Exchange(context, ehr));

    private static async Task Exchange(HttpContext context, Ehr ehr)
    {
        if (!context.Request.HasFormContentType)
        {
            await OAuthReply.Error(context, 400, "invalid_request", "The body must be a form");
            return;
        }
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        RequestLog.Note(context, Says(context, form));
        var proof = await ehr.Clients.Authenticate(context, form);
        if (proof.Client is not { } client)
        {
            await OAuthReply.UnknownClient(context, proof.Problem!);
            return;
        }
        RequestLog.Name(context, client.Id);
        await ((form["grant_type"].ToString(), client.IsBackend) switch
        {
            ("authorization_code", false) => FromCode(context, ehr, client, form),
            ("refresh_token", false) => FromRefresh(context, ehr, client, form),
            ("client_credentials", true) => FromCredentials(context, ehr, client, form),
            ("authorization_code" or "refresh_token" or "client_credentials", _) =>
                OAuthReply.Error(context, 400, "unauthorized_client", "This client may not use this grant type"),
            _ => OAuthReply.Error(context, 400, "unsupported_grant_type", "authorization_code, refresh_token or client_credentials"),
        });
    }

    /// <summary>"authorization_code by private_key_jwt RS384: client_assertion, code, ..."</summary>
    private static string Says(HttpContext context, IFormCollection form)
    {
        var by = form["client_assertion"].ToString() is { Length: > 0 } assertion
            ? $"private_key_jwt {(new Microsoft.IdentityModel.JsonWebTokens.JsonWebTokenHandler() is var h && h.CanReadToken(assertion) ? h.ReadJsonWebToken(assertion).Alg : "?")}"
            : context.Request.Headers.Authorization.Count > 0 ? "client_secret_basic" : form.ContainsKey("client_secret") ? "client_secret_post" : "none";
        return $"{form["grant_type"]} by {by}: {string.Join(", ", form.Keys.Order(StringComparer.Ordinal))}";
    }

    private static Task FromCode(HttpContext context, Ehr ehr, RegisteredClient client, IFormCollection form)
    {
        var code = ehr.Grants.TakeCode(form["code"].ToString());
        if (code is null || code.ClientId != client.Id) return OAuthReply.Error(context, 400, "invalid_grant", "The code is unknown, used or expired");
        if (form["redirect_uri"] != code.RedirectUri) return OAuthReply.Error(context, 400, "invalid_grant", "redirect_uri is not the one of the authorization request");
        var verifier = form["code_verifier"].ToString();
        if (verifier.Length is < 43 or > 128 || !Secrets.Same(Secrets.Hash(verifier), code.Challenge))
            return OAuthReply.Error(context, 400, "invalid_grant", "code_verifier does not match the challenge");

        var answer = Answer(ehr, client.Id, code.Grant, code.Scope, code.Context);
        if (IdToken.Make(ehr, code) is { } idToken) answer["id_token"] = idToken;
        foreach (var (name, value) in ehr.Faults.Now.TokenAnswer ?? [])
        {
            if (value is null) answer.Remove(name);
            else answer[name] = value.DeepClone();
        }
        return OAuthReply.Ok(context, answer);
    }

    private static Task FromRefresh(HttpContext context, Ehr ehr, RegisteredClient client, IFormCollection form)
    {
        // The scope is looked at first, so that a wrong wish does not use up the token.
        var asked = form["scope"].ToString();
        var held = ehr.Grants.Refresh(form["refresh_token"].ToString());
        if (held is not null && asked.Split(' ', StringSplitOptions.RemoveEmptyEntries).Except(held.Scope.Split(' ')).Any())
            return OAuthReply.Error(context, 400, "invalid_scope", "A refresh cannot ask for more than was granted");
        if (ehr.Faults.Now.RejectRefresh) return OAuthReply.Error(context, 400, "invalid_grant", "The user has left (fault switch rejectRefresh)");
        if (ehr.Grants.TakeRefresh(form["refresh_token"].ToString(), client.Id) is not { } refresh)
            return OAuthReply.Error(context, 400, "invalid_grant", "The refresh token is unknown, used or expired");
        var answer = Answer(ehr, client.Id, refresh.Grant, asked.Length > 0 ? asked : refresh.Scope, refresh.Context, refresh.Scope);
        return OAuthReply.Ok(context, answer);
    }

    private static Task FromCredentials(HttpContext context, Ehr ehr, RegisteredClient client, IFormCollection form)
    {
        var scope = SmartScopes.Grant(form["scope"].ToString(), backend: true);
        if (scope.Length == 0) return OAuthReply.Error(context, 400, "invalid_scope", "A backend asks for system/ scopes");
        var life = LifeOf(ehr, BackendLife);
        return OAuthReply.Ok(context, new JsonObject
        {
            ["access_token"] = ehr.Grants.NewAccess(Secrets.New(), client.Id, scope, null, life),
            ["token_type"] = "Bearer",
            ["expires_in"] = (int)life.TotalSeconds,
            ["scope"] = scope,
        });
    }

    private static JsonObject Answer(Ehr ehr, string clientId, string grant, string scope, LaunchContext context, string? refreshScope = null)
    {
        var life = LifeOf(ehr, UserLife);
        var answer = new JsonObject
        {
            ["access_token"] = ehr.Grants.NewAccess(grant, clientId, scope, context, life),
            ["token_type"] = "Bearer",
            ["expires_in"] = (int)life.TotalSeconds,
            ["scope"] = scope,
        };
        var whole = new SmartScopes(refreshScope ?? scope);
        if (whole.Has("online_access") || whole.Has("offline_access"))
        {
            answer["refresh_token"] = ehr.Grants.NewRefresh(grant, clientId, whole.Text, context);
            // https://fhir.cerner.com/authorization/active-user-presence/
            if (ehr.Faults.Now.ActiveTtl is { } active) answer["active_ttl"] = active;
        }
        foreach (var (name, value) in LaunchAnswer.Of(ehr, context)) answer[name] = value?.DeepClone();
        return answer;
    }

    private static TimeSpan LifeOf(Ehr ehr, TimeSpan usual) =>
        ehr.Faults.Now.TokenExpiresIn is { } seconds ? TimeSpan.FromSeconds(seconds) : usual;
}
