namespace HealthTeams.Web.Launch;

[AllowAnonymous]
public sealed class SignedOutPage : PageModel;
