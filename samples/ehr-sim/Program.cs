using EhrSim;
using Microsoft.AspNetCore.Connections;

EhrSimOptions options;
try { options = EhrSimOptions.FromEnvironment(Environment.GetEnvironmentVariable); }
catch (FormatException e) { return Refuse($"EHR_SIM_PORT must be a number and EHR_SIM_SEED_AT an ISO instant: {e.Message}"); }
if (PortCheck.IsTaken(options.Port)) return Refuse($"Port {options.Port} is already in use; set EHR_SIM_PORT to a free one.");
try
{
    await using var app = EhrSimApp.Build(options);
    await app.StartAsync();
    Console.WriteLine($"ehr simulator ready {EhrSimApp.BaseUrl(app)}");
    if (Environment.GetEnvironmentVariable("EHR_SIM_EXIT_WITH_STDIN") == "1") _ = StopWithInput(app);
    await app.WaitForShutdownAsync();
    return 0;
}
catch (IOException e) when (e.InnerException is AddressInUseException)
{
    return Refuse($"Port {options.Port} is already in use; set EHR_SIM_PORT to a free one.");
}
catch (IOException e) when (options.StateFolder is not null)
{
    return Refuse($"The state folder {options.StateFolder} cannot be used: {e.Message}");
}

static int Refuse(string why)
{
    Console.Error.WriteLine(why);
    return 1;
}

static async Task StopWithInput(WebApplication app)
{
    var buffer = new byte[256];
    using var input = Console.OpenStandardInput();
    while (await input.ReadAsync(buffer) > 0) { }
    app.Lifetime.StopApplication();
}
