namespace HealthTeams.Web.Frame;

/// <summary>The front door leads to the queue.</summary>
public sealed class StartPage : StaffPage
{
    public IActionResult OnGet() => SeeOther("/visits");
}
