namespace HealthTeams.Web.Launch;

[AllowAnonymous]
public sealed class NoVisitPage(Launches launches, LaunchFailures failures) : LaunchErrorPage(launches, failures);
