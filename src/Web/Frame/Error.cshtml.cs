using System.Diagnostics;

namespace HealthTeams.Web.Frame;

[AllowAnonymous, IgnoreAntiforgeryToken, ResponseCache(NoStore = true)]
public sealed class ErrorPage : PageModel
{
    private int status;

    /// <summary>The trace's id, which the logs carry too.</summary>
    public string Reference => System.Diagnostics.Activity.Current?.TraceId.ToString() ?? HttpContext.TraceIdentifier;

    public void OnGet(int? status) => Show(status);
    public void OnPost(int? status) => Show(status);

    private void Show(int? asked)
    {
        status = asked is >= 400 and < 600 ? asked.Value : 404;
        Response.StatusCode = status;
    }

    public string Title(Words words) => status switch
    {
        404 or 410 => words["This page is not here"],
        401 or 403 => words["You may not open this page"],
        < 500 => words["We could not read that request"],
        _ => words["Something broke on our side"],
    };

    public string What(Words words) => status switch
    {
        404 or 410 => words["The address may be mistyped, or what it showed has been removed. Check the address, or go back to the start."],
        401 or 403 => words["You are not signed in here, or your role does not include it. Sign in again, or start again from your chart."],
        < 500 => words["The form may have been open for too long. Go back, reload the page and try again."],
        _ => words["Nothing you did caused it, and it has been recorded. Try again in a minute; if it stays, quote the reference below."],
    };
}
