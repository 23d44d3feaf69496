using System.Net.Mime;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.SmartLauncher.Callers;

/// <summary>
/// How somebody we do not know is answered: always 401, never a redirect, so that a route's protection shows in its
/// status. A browser that navigates gets a page that leads on to the sign-in page.
/// </summary>
internal static class Stranger
{
    public static Task Answer(HttpContext http, bool toSignIn)
    {
        // A policy of several schemes challenges with each of them; the first has answered.
        if (http.Response.HasStarted) return Task.CompletedTask;
        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        http.Response.Headers.CacheControl = "no-store";
        return Navigates(http.Request)
            ? http.Response.WriteAsync(toSignIn ? SignInFirst(http.Request) : NoSeat)
            : Problem.Unauthorized(toSignIn ? "Sign in first." : "This place in the visit is not held by this browser, or the visit is over.")
                .ToResult().ExecuteAsync(http);
    }

    /// <summary>A browser that navigates gets the error page of that status, others the problem.</summary>
    public static Task Forbid(HttpContext http)
    {
        if (http.Response.HasStarted) return Task.CompletedTask;
        http.Response.StatusCode = StatusCodes.Status403Forbidden;
        http.Response.Headers.CacheControl = "no-store";
        if (!Navigates(http.Request)) return Problem.Forbidden("This is not open to your role.").ToResult().ExecuteAsync(http);
        http.Response.ContentType = null;
        return Task.CompletedTask;
    }

    private static bool Navigates(HttpRequest request)
    {
        var html = HttpMethods.IsGet(request.Method)
            && request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase)
            && (!request.Headers.TryGetValue("Sec-Fetch-Mode", out var mode) || mode == "navigate");
        if (html) request.HttpContext.Response.ContentType = "text/html; charset=utf-8";
        return html;
    }

    private static string SignInFirst(HttpRequest request)
    {
        var target = "/auth/sign-in?returnUrl=" + Uri.EscapeDataString(request.Path + request.QueryString);
        var encoded = HtmlEncoder.Default.Encode(target);
        return $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Sign in</title><meta http-equiv="refresh" content="0;url={encoded}"></head>
            <body><p><a href="{encoded}">Sign in</a></p></body></html>
            """;
    }

    private const string NoSeat = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Not your place</title></head>
        <body data-launch="error"><h1>This place in the visit is not held by this browser</h1>
        <p>Start again from your link or from the patient's record.</p></body></html>
        """;
}
