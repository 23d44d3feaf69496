using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using HealthTeams.Collaboration;
using HealthTeams.FhirGateway;
using HealthTeams.Platform;
using HealthTeams.Platform.Database;
using HealthTeams.SmartLauncher;
using Npgsql;

namespace HealthTeams.Host;

/// <summary>From the owner's connection string to a migrated database and the two roles' data sources.</summary>
public sealed class DatabaseSetup(string owner)
{
    private static readonly Assembly[] Assemblies =
        [typeof(PlatformServices).Assembly, typeof(CollaborationServices).Assembly, typeof(FhirGatewayServices).Assembly, typeof(SmartLauncherServices).Assembly];

    public string Owner => owner;

    public Task Migrate(ILogger log, CancellationToken stop) => new Migrator(owner, Assemblies, log).Run(RolePassword, stop);

    public NpgsqlDataSource App() => Source("healthteams_app", 40);
    public NpgsqlDataSource Worker() => Source("healthteams_worker", 12);

    /// <summary>The roles' password follows from the owner's, so that every host of one database computes the same.</summary>
    private string RolePassword => Convert.ToHexString(HMACSHA256.HashData(
        Encoding.UTF8.GetBytes(new NpgsqlConnectionStringBuilder(owner).Password ?? "no password: trusted by the server"), "healthteams roles"u8));

    private NpgsqlDataSource Source(string role, int pool)
    {
        var connection = new NpgsqlConnectionStringBuilder(owner)
        {
            Username = role, Password = RolePassword, MaxPoolSize = pool, MaxAutoPrepare = 100, AutoPrepareMinUsages = 2, ApplicationName = role,
            KeepAlive = 30, NoResetOnClose = false,
        };
        return new NpgsqlDataSourceBuilder(connection.ConnectionString).Build();
    }
}
