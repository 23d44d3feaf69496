using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace HealthTeams.SmartLauncher.Clients;

/// <summary>
/// POST /auth/register (RFC 7591, SMART-S11): an app registers itself, and can do nothing until an administrator of the
/// hospital approves. Nothing it names is fetched before that.
/// </summary>
internal static class ClientRegistration
{
    private const int LargestBody = 64 * 1024;
    private const int MaxDepth = 16;
    private const int MostWaiting = 50;
    private const int MostPerSource = 10;
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    public static void MapClientRegistration(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/auth/register", Register).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();

    private static async Task<IResult> Register(HttpContext http, ClientRegistry clients, TenantDirectory tenants, LauncherSettings settings, Db db, string? tenant, CancellationToken stop)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.Pragma = "no-cache";
        if (!await MayTry(db, http.Connection.RemoteIpAddress?.ToString(), stop))
        {
            http.Response.Headers.RetryAfter = "3600";
            return Refuse("temporarily_unavailable", $"More than {MostPerSource} registrations within an hour from one address.", StatusCodes.Status429TooManyRequests);
        }
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = LargestBody;
        JsonNode? body;
        try
        {
            using var bytes = new MemoryStream();
            await http.Request.Body.CopyToAsync(bytes, stop);
            // Two values of one name would be approved as one and used as the other.
            if (!JsonText.Readable(bytes.ToArray(), MaxDepth)) return Refuse("invalid_client_metadata", "A string holds something that is no text.");
            body = JsonNode.Parse(bytes.ToArray(), documentOptions: new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            return Refuse("invalid_client_metadata", $"The body is not JSON that can be read (at most {MaxDepth} deep, no property twice).");
        }
        if (body is not JsonObject said) return Refuse("invalid_client_metadata", "The body is not a JSON object.");
        if (await Hospital(tenants, tenant, settings, stop) is not { } hospital) return Refuse("invalid_client_metadata", "Which hospital? Add ?tenant=NAME to the address.");
        var read = Read(said, hospital.Slug);
        if (!read.Ok) return Refuse(read.Problem.Code, read.Problem.Detail);
        if ((await clients.All(hospital.Slug, stop)).Count(c => c.Pending) >= MostWaiting)
        {
            return Refuse("temporarily_unavailable", $"{MostWaiting} registrations wait for approval already. Ask the hospital.", StatusCodes.Status503ServiceUnavailable);
        }
        var added = await clients.Add(read.Value, new Actor("registration", CallerKind.System, read.Value.Id, http.Connection.RemoteIpAddress?.ToString()), stop);
        return added.Ok ? Results.Json(Answer(said, read.Value, added.Value, db.Clock.GetUtcNow()), statusCode: StatusCodes.Status201Created)
            : Refuse(added.Problem.Where == "redirect" ? "invalid_redirect_uri" : "invalid_client_metadata", added.Problem.Detail);
    }

    /// <summary>Counted on all hosts together, beside the failed sign-ins, which are forgotten by the same sweep.</summary>
    private static async Task<bool> MayTry(Db db, string? source, CancellationToken stop)
    {
        var now = db.Clock.GetUtcNow();
        await using var connection = await db.App.OpenConnectionAsync(stop);
        return await connection.ExecuteScalarAsync<int>(new CommandDefinition("""
            insert into auth.sign_in_failure as f (key, failures, last_at, open_at) values (@key, 1, @now, @now)
            on conflict (key) do update
            set failures = case when f.open_at > @since then f.failures + 1 else 1 end, last_at = @now, open_at = case when f.open_at > @since then f.open_at else @now end
            returning failures
            """, new { key = Secrets.Hash($"client-registration\n{source}"), now, since = now - Window }, cancellationToken: stop)) <= MostPerSource;
    }

    /// <summary>The named one; without a name the only one, or the demo.</summary>
    private static async Task<Tenant?> Hospital(TenantDirectory tenants, string? slug, LauncherSettings settings, CancellationToken stop)
    {
        if (slug is not null) return await tenants.Find(slug, stop);
        var all = await tenants.All(stop);
        return all.Count == 1 ? all[0] : settings.DemoMode ? all.FirstOrDefault(t => t.Slug == "demo") : null;
    }

    private static Outcome<ClientToAdd> Read(JsonObject said, string tenant)
    {
        var grants = Texts(said, "grant_types") ?? ["authorization_code"];
        var method = Text(said, "token_endpoint_auth_method") ?? "client_secret_basic";
        var backend = grants.Contains("client_credentials");
        if (grants.FirstOrDefault(g => g is not ("authorization_code" or "refresh_token" or "client_credentials")) is { } grant) return Metadata($"The grant type {Cut(grant)} is not offered.");
        if (backend && grants.Contains("authorization_code")) return Metadata("One client serves users (authorization_code) or itself (client_credentials). Register two.");
        if ((Texts(said, "response_types") ?? ["code"]).Any(r => r != "code")) return Metadata("The only response type is code.");
        if (said["redirect_uris"] is not null and not JsonArray) return Metadata("redirect_uris is a list.");
        if (said["jwks"] is not null && said["jwks_uri"] is not null) return Metadata("jwks or jwks_uri, not both (RFC 7591, 2).");
        if (said["jwks"] is not null and not JsonObject) return Metadata("jwks is a JSON Web Key Set.");
        var auth = method switch { "none" => "public", "client_secret_basic" or "client_secret_post" => "secret", "private_key_jwt" => "private_key_jwt", _ => null };
        if (auth is null) return Metadata($"The method {Cut(method)} is not offered: none, client_secret_basic, client_secret_post or private_key_jwt.");
        var toAdd = new ClientToAdd($"app-{Secrets.Random(16)}", auth, tenant, backend)
        {
            Name = Text(said, "client_name"), Scope = Text(said, "scope"), Redirects = backend ? [] : Texts(said, "redirect_uris") ?? [],
            Jwks = auth == "private_key_jwt" ? said["jwks"]?.ToJsonString() : null, JwksUrl = auth == "private_key_jwt" ? Text(said, "jwks_uri") : null,
            LaunchUrl = Text(said, "launch_url") ?? Text(said, "initiate_login_uri"), Pending = true,
        };
        return ClientRules.Wrong(toAdd) switch
        {
            null => toAdd,
            { Where: "redirect" } wrong => Problem.Invalid(wrong.Detail.Replace("--redirect", "redirect_uris", StringComparison.Ordinal), "redirect_uris", "invalid_redirect_uri"),
            var wrong => Metadata(wrong.Detail.Replace("--jwks-url", "jwks_uri", StringComparison.Ordinal).Replace("--jwks", "jwks", StringComparison.Ordinal)),
        };
    }

    /// <summary>What was registered, as it was understood; the secret is in this answer and nowhere else.</summary>
    private static JsonObject Answer(JsonObject said, ClientToAdd client, string? secret, DateTimeOffset now)
    {
        var answer = new JsonObject
        {
            ["client_id"] = client.Id,
            ["client_id_issued_at"] = now.ToUnixTimeSeconds(),
            ["client_name"] = client.Name ?? client.Id,
            ["token_endpoint_auth_method"] = Text(said, "token_endpoint_auth_method") ?? "client_secret_basic",
            ["grant_types"] = new JsonArray([.. client.Backend ? ["client_credentials"] : (string[])["authorization_code", "refresh_token"]]),
            ["scope"] = client.Scope ?? (client.Backend ? ClientRules.BackendScope : ScopeRules.UserScope),
            ["registration_status"] = "pending",
            ["registration_note"] = "An administrator of the hospital approves this client before it can be used.",
        };
        if (!client.Backend)
        {
            answer["response_types"] = new JsonArray("code");
            answer["redirect_uris"] = new JsonArray([.. client.Redirects]);
        }
        if (secret is not null) (answer["client_secret"], answer["client_secret_expires_at"]) = (secret, 0);
        if (client.JwksUrl is not null) answer["jwks_uri"] = client.JwksUrl;
        if (client.Jwks is not null) answer["jwks"] = JsonNode.Parse(client.Jwks);
        if (client.LaunchUrl is not null) answer["launch_url"] = client.LaunchUrl;
        return answer;
    }

    private static string? Text(JsonObject said, string name) => said[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static string[]? Texts(JsonObject said, string name) => said[name] is JsonArray list ? [.. list.Select(n => n is JsonValue v && v.TryGetValue<string>(out var text) ? text : "?")] : null;

    private static string Cut(string text) => text.Length > 60 ? text[..60] : text;

    private static Problem Metadata(string detail) => Problem.Invalid(detail, code: "invalid_client_metadata");

    private static IResult Refuse(string error, string description, int status = StatusCodes.Status400BadRequest) =>
        Results.Json(new { error, error_description = description }, statusCode: status);
}
