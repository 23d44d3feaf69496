using System.Globalization;
using HealthTeams.SmartLauncher.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Consent;

/// <summary>The pages on the way to a code, for the authorization server (SMART-S2): never framed, and their form leads to us and to the app only.</summary>
internal static class AuthorizeViews
{
    public static Task Show(HttpContext http, AuthorizePage page)
    {
        if (page is AskConsent ask) Narrow(http, ask.Redirect);
        var data = new ViewDataDictionary(http.RequestServices.GetRequiredService<IModelMetadataProvider>(), new ModelStateDictionary()) { Model = page };
        var view = new ViewResult { ViewName = $"/Consent/{page.GetType().Name}.cshtml", ViewData = data, StatusCode = http.Response.StatusCode };
        return view.ExecuteResultAsync(new ActionContext(http, http.GetRouteData(), new ActionDescriptor()));
    }

    /// <summary>Chromium holds form-action against the redirect that follows, so the app's address is among them, and no other.</summary>
    private static void Narrow(HttpContext http, Uri redirect)
    {
        var target = redirect.Scheme is "http" or "https" ? redirect.GetLeftPart(UriPartial.Authority) : string.Create(CultureInfo.InvariantCulture, $"{redirect.Scheme}:");
        var policy = http.Response.Headers.ContentSecurityPolicy.ToString();
        http.Response.Headers.ContentSecurityPolicy = string.Join(';', policy.Split(';').Select(d => d.TrimStart().StartsWith("form-action ", StringComparison.Ordinal) ? $" form-action 'self' {target}" : d));
    }
}
