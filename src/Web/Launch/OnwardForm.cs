using System.Text.Encodings.Web;
using HealthTeams.SmartLauncher.Launch;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Launch;

/// <summary>
/// A launch whose request is too long for an address goes on by POST: a form that a script of ours sends, with a button
/// for whoever runs none (SMART-A9). Nothing else may run or load here.
/// </summary>
internal static class OnwardForm
{
    public static IResult Show(HttpContext http, Onward onward)
    {
        var words = http.RequestServices.GetRequiredService<Words>();
        var policy = http.Response.Headers.ContentSecurityPolicy.ToString();
        var ancestors = policy.IndexOf("frame-ancestors", StringComparison.Ordinal) is >= 0 and var at ? policy[at..] : "frame-ancestors 'none'";
        // Browsers hold form-action against every redirect that follows, and an EHR may sign its users in elsewhere.
        var targets = onward.To.Scheme == "https" ? "https:" : "https: http://127.0.0.1:* http://localhost:*";
        http.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action {targets}; {ancestors}";
        return Results.Text($"""
            <!doctype html>
            <html lang="{words.Language}">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta name="color-scheme" content="light dark">
              <meta name="robots" content="noindex">
              <title>{E(words["Opening the visit"])} · HealthTeams</title>
              <link rel="stylesheet" href="/dist/style.css">
              <script type="module" src="/dist/onward.js"></script>
            </head>
            <body class="plain">
              <main class="card-page" data-launch="onward">
                <h1>{E(words["Opening the visit"])}</h1>
                <p>{E(words["Your chart is asked who you are. If nothing happens, press the button."])}</p>
                <form method="post" action="{E(onward.To.AbsoluteUri)}">
                  {string.Concat(onward.Fields.Select(f => $"""<input type="hidden" name="{E(f.Key)}" value="{E(f.Value)}">"""))}
                  <button class="button primary wide">{E(words["Continue to the chart"])}</button>
                </form>
              </main>
            </body>
            </html>
            """, "text/html; charset=utf-8");
    }

    private static string E(string text) => HtmlEncoder.Default.Encode(text);
}
