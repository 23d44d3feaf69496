namespace HealthTeams.Web.Launch;

[AllowAnonymous]
public sealed class NoVisitPage(Launches launches, LaunchFailures failures, Ending ending) : LaunchErrorPage(launches, failures, ending);
