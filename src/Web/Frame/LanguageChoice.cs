using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Filters;

namespace HealthTeams.Web.Frame;

/// <summary>Remembers a language chosen with ?lang=.</summary>
internal sealed class LanguageChoice : IResourceFilter
{
    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        if (Words.Choice(context.HttpContext.Request) is { } chosen)
        {
            context.HttpContext.Response.Cookies.Append(Words.Cookie, chosen,
                new CookieOptions { SameSite = SameSiteMode.Lax, MaxAge = TimeSpan.FromDays(365), Path = "/", HttpOnly = true, IsEssential = true });
        }
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }
}
