namespace HealthTeams.Web.Administration;

/// <summary>A page for a hospital's administrators. Everybody else is refused before anything is read.</summary>
[Authorize(Policy = "administrator")]
public abstract class AdminPage : StaffPage
{
    public override Task OnPageHandlerExecutionAsync(
        Microsoft.AspNetCore.Mvc.Filters.PageHandlerExecutingContext context, Microsoft.AspNetCore.Mvc.Filters.PageHandlerExecutionDelegate next)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        return base.OnPageHandlerExecutionAsync(context, next);
    }

    /// <summary>How the address of a page changes what is shown on top of it: said once, gone at the next step.</summary>
    [BindProperty(SupportsGet = true, Name = "done")] public string? Done { get; set; }
}

/// <summary>The front door of the administration leads to the EHRs.</summary>
public sealed class AdminStartPage : AdminPage
{
    public IActionResult OnGet() => SeeOther("/admin/ehrs");
}
