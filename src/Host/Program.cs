using HealthTeams.Host;
using HealthTeams.Host.Commands;
using Npgsql;

try
{
    return args switch
    {
        ["token", .. var rest] => await OperatorCommands.Token(Options.Parse(rest, "scope", "tenant", "patient", "ttl", "production")),
        ["tenant", "add", .. var rest] => await HospitalCommands.AddTenant(Options.Parse(rest, "slug", "name", "time-zone")),
        ["staff", "add", .. var rest] => await HospitalCommands.AddStaff(Options.Parse(rest, "tenant", "username", "family", "given", "title", "role", "identifier")),
        ["ehr", "add", .. var rest] => await EhrCommands.Add(Options.Parse(rest,
            "iss", "client-id", "auth", "secret", "tenant", "issuer", "frame-origin", "backend-client-id", "test", "private-network",
            "environment", "write-back", "join-link", "strict", "no-check")),
        ["ehr", "list", .. var rest] => await EhrCommands.List(Options.Parse(rest, "tenant")),
        ["ehr", "test", var iss] => await EhrCommands.Test(iss),
        ["ehr", "remove", var iss] => await EhrCommands.Remove(iss),
        ["client", "add", .. var rest] => await ClientCommands.Add(Options.Parse(rest,
            "id", "name", "auth", "secret", "jwks", "jwks-url", "redirect", "scope", "launch-url", "in-frame", "trusted", "tenant", "backend", "private-network")),
        ["client", "list", .. var rest] => await ClientCommands.List(Options.Parse(rest, "tenant")),
        ["client", "approve", .. var rest] => await ClientCommands.Approve(Options.Parse(rest, "id", "tenant", "scope", "private-network")),
        ["client", "refuse", .. var rest] => await ClientCommands.Refuse(Options.Parse(rest, "id", "tenant")),
        ["client", "remove", .. var rest] => await ClientCommands.Remove(Options.Parse(rest, "id", "tenant")),
        ["client", "secret", .. var rest] => await ClientCommands.NewSecret(Options.Parse(rest, "id", "tenant")),
        ["client", "revoke", .. var rest] => await ClientCommands.Revoke(Options.Parse(rest, "id", "tenant")),
        ["launch-context", .. var rest] => await ClientCommands.LaunchContext(Options.Parse(rest, "client", "patient", "encounter", "appointment", "intent", "tenant", "production")),
        ["brand", "set", .. var rest] => await HospitalCommands.SetBrand(Options.Parse(rest,
            "tenant", "name", "website", "logo", "portal", "portal-name", "city", "postal-code", "country")),
        ["provider", "add", .. var rest] => await ProviderCommands.Add(Options.Parse(rest,
            "tenant", "name", "issuer", "client-id", "auth", "secret", "username-claim", "username-domain", "private-network")),
        ["provider", "list", .. var rest] => await ProviderCommands.List(Options.Parse(rest, "tenant")),
        ["provider", "remove", .. var rest] => await ProviderCommands.Remove(Options.Parse(rest, "tenant", "issuer")),
        ["host", "add", var url, .. var rest] => await HostCommands.Add(url, Options.Parse(rest, "private-network")),
        ["host", "list"] => await HostCommands.List(),
        ["host", "remove", var url] => await HostCommands.Remove(url),
        ["keys", "rotate"] => await KeyCommands.Rotate(),
        ["audit", "verify", .. var rest] => await AuditCommands.Verify(Options.Parse(rest, "head")),
        ["deliveries"] => await DeliveryCommands.List(),
        ["deliveries", "retry"] => await DeliveryCommands.Retry(),
        ["sim", "launch-url", .. var rest] => SimulatorCommands.LaunchUrl(Options.Parse(rest, "as", "appointment", "frame")),
        ["sim", "stop"] => SimulatorCommands.Stop(),
        ["sim", "start"] => await SimulatorCommands.Start(),
        ["help" or "--help" or "-h"] => Usage.Print(0),
        [] => await Serve.Run([]),
        _ when args.All(a => a is "--no-sim" or "--no-demo") => await Serve.Run(args),
        _ => Usage.Print(2),
    };
}
catch (StartupException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
catch (NpgsqlException e)
{
    await Console.Error.WriteLineAsync($"The database does not answer: {e.Message}");
    return 1;
}
