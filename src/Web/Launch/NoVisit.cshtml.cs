namespace HealthTeams.Web.Launch;

[AllowAnonymous]
public sealed class NoVisitPage : PageModel;
