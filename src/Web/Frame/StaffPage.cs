using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Frame;

/// <summary>A page for staff: who is reading, for which hospital.</summary>
[Authorize(Policy = "staff")]
public abstract class StaffPage : PageModel
{
    public Caller Me => Caller.Of(HttpContext)!;
    public Tenant Hospital { get; private set; } = null!;
    public string Zone => Hospital.TimeZone;
    public DateTimeOffset Now => HttpContext.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();

    protected CancellationToken Stop => HttpContext.RequestAborted;

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var (policy, hour) = await HttpContext.RequestServices.GetRequiredService<MyPolicy>().Get(Me, Stop);
        if (MyPolicy.Shut(policy, hour, Request.Path) is { } shut)
        {
            context.Result = Refuse(shut);
            return;
        }
        // Without it a form sent to a page that takes none is a view of a page that was never filled.
        if (context.HandlerMethod is null && HttpMethods.IsPost(Request.Method))
        {
            context.Result = new StatusCodeResult(StatusCodes.Status405MethodNotAllowed);
            return;
        }
        var tenants = HttpContext.RequestServices.GetRequiredService<TenantDirectory>();
        Hospital = await tenants.Find(Me.Tenant, Stop) ?? throw new InvalidOperationException($"No tenant {Me.Tenant}");
        await next();
    }

    /// <summary>303: what was posted is done, go and look (a reload repeats nothing).</summary>
    protected IActionResult SeeOther(string path) => Answers.SeeOther(Response, path);

    protected IActionResult Refuse(Problem problem) => Answers.Refuse(this, problem);
}

internal static class Answers
{
    public static IActionResult SeeOther(Microsoft.AspNetCore.Http.HttpResponse response, string path)
    {
        response.Headers.Location = path;
        return new StatusCodeResult(303);
    }

    /// <summary>An expected refusal as a page in plain words, with the code to quote.</summary>
    public static IActionResult Refuse(PageModel page, Problem problem) => new ViewResult
    {
        ViewName = "/Frame/_Refusal.cshtml",
        StatusCode = problem.Status,
        ViewData = new Microsoft.AspNetCore.Mvc.ViewFeatures.ViewDataDictionary<Problem>(page.ViewData, problem),
        TempData = page.TempData,
    };
}
