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
/// <param name="dataDir">Where this installation's secrets are.</param>
public sealed class DatabaseSetup(string owner, string dataDir)
{
    private static readonly Assembly[] Assemblies =
        [typeof(PlatformServices).Assembly, typeof(CollaborationServices).Assembly, typeof(FhirGatewayServices).Assembly, typeof(SmartLauncherServices).Assembly];

    public string Owner => owner;

    public async Task Migrate(ILogger log, CancellationToken stop)
    {
        var name = new NpgsqlConnectionStringBuilder(owner).Username;
        try
        {
            await new Migrator(owner, Assemblies, log).Run(RolePassword, stop);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new StartupException($"{name} may not bring the database up to date ({e.MessageText}): it must own the database and have CREATEROLE. As a superuser: alter role {name} createrole; alter database ... owner to {name};");
        }
        foreach (var role in (string[])[Migrator.AppRole, Migrator.WorkerRole])
        {
            try
            {
                await using var source = Source(role, 1);
                await using var connection = await source.OpenConnectionAsync(stop);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
            {
                throw new StartupException($"The database refuses {role} ({e.MessageText}), and {name} may not set that role's password. As a superuser: grant {Migrator.AppRole}, {Migrator.WorkerRole} to {name} with admin option; (PostgreSQL 15: alter role {name} createrole;), and let pg_hba.conf admit both roles. Then start again.");
            }
        }
    }

    // Statements are planned once, not for each value: planning costs several times what running them does.
    private const string Once = "-c plan_cache_mode=force_generic_plan -c jit=off";

    // Those of requests touch few rows of tables that grow: a plan made while a table was small must still be the right one.
    private const string ByIndex = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

    public NpgsqlDataSource App() => Source(Migrator.AppRole, 40);
    public NpgsqlDataSource Worker() => Source(Migrator.WorkerRole, 12);

    /// <summary>The roles' password follows from the owner's, or from this installation's secret, so that every host of one database computes the same.</summary>
    private string RolePassword => Convert.ToHexString(HMACSHA256.HashData(
        Encoding.UTF8.GetBytes(new NpgsqlConnectionStringBuilder(owner).Password ?? SecretFile.GetOrMake(dataDir, "database-roles")), "healthteams roles"u8));

    private NpgsqlDataSource Source(string role, int pool)
    {
        var connection = new NpgsqlConnectionStringBuilder(owner)
        {
            Username = role, Password = RolePassword, MaxPoolSize = pool, MaxAutoPrepare = 250, AutoPrepareMinUsages = 2, ApplicationName = role,
            // Nothing outlives its transaction (set local, transaction locks), and who listens stops listening: nothing need be reset between two uses.
            KeepAlive = 30, NoResetOnClose = true,
            Options = role == Migrator.AppRole ? $"{Once} {ByIndex}" : Once,
        };
        return new NpgsqlDataSourceBuilder(connection.ConnectionString).Build();
    }
}
