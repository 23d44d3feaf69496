using System.Security.Cryptography;
using System.Text.Encodings.Web;
using HealthTeams.SmartLauncher.Clients;
using HealthTeams.SmartLauncher.Keys;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using OpenIddict.Abstractions;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>Asks whether an app may act for the signed-in user.</summary>
internal sealed class ConsentPage(KeyRing keys)
{
    private static readonly TimeSpan Answerable = TimeSpan.FromMinutes(15);
    private readonly ITimeLimitedDataProtector protector = keys.Protection.CreateProtector("consent").ToTimeLimitedDataProtector();

    public IResult Show(HttpContext http, OpenIddictRequest request, Client client, Caller caller, IReadOnlyList<string> scopes)
    {
        http.Response.Headers.CacheControl = "no-store";
        // A consent that can be framed can be clicked by trickery.
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        var fields = request.GetParameters().Where(p => p.Key is not ("decision" or "genuine"))
            .Select(p => Hidden(p.Key, p.Value.ToString() ?? ""))
            .Append(Hidden("genuine", protector.Protect(Bound(caller, client), Answerable)));
        return Results.Content($"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Allow access</title>
            <style>body{"{"}font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem{"}"}button{"{"}font:inherit;padding:.6rem 1.4rem;margin-right:1rem{"}"}</style></head>
            <body><main>
            <h1>Allow {Encode(client.Id)} to act for you?</h1>
            <p>You are signed in as {Encode(caller.Display)}. The app asks for:</p>
            <ul>{string.Concat(scopes.Select(s => $"<li><code>{Encode(s)}</code></li>"))}</ul>
            <form method="post" action="/auth/authorize">{string.Concat(fields)}
            <button name="decision" value="approve">Allow</button>
            <button name="decision" value="deny">Do not allow</button>
            </form></main></body></html>
            """, "text/html; charset=utf-8");
    }

    /// <summary>The answer comes from our page, shown to this user for this app.</summary>
    public bool Genuine(HttpContext http, Caller caller, Client client)
    {
        try
        {
            return protector.Unprotect(http.Request.Form["genuine"].ToString()) == Bound(caller, client);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static string Bound(Caller caller, Client client) => $"{caller.Tenant}\n{caller.Id}\n{client.Id}";

    private static string Hidden(string name, string value) => $"""<input type="hidden" name="{Encode(name)}" value="{Encode(value)}">""";

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
