using HealthTeams.Host;
using HealthTeams.Host.Commands;
using Npgsql;

try
{
    return args switch
    {
        ["token", .. var rest] => await OperatorCommands.Token(Options.Parse(rest)),
        ["ehr", "add", .. var rest] => await OperatorCommands.AddEhr(Options.Parse(rest)),
        ["client", "add", .. var rest] => await OperatorCommands.AddClient(Options.Parse(rest)),
        ["host", "add", var url] => await OperatorCommands.AddHost(url),
        ["sim", "launch-url", .. var rest] => SimulatorCommands.LaunchUrl(Options.Parse(rest)),
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
