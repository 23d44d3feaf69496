using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealthTeams.Platform.Database;

/// <summary>
/// Brings a database to this version: roles, then every embedded NNNN_name.sql once, each in its own transaction,
/// in the order of the assemblies given and of the numbers in each. Runs as the owner; forward only.
/// </summary>
public sealed class Migrator(string ownerConnection, IReadOnlyList<Assembly> assemblies, ILogger log)
{
    public const string AppRole = "healthteams_app";
    public const string WorkerRole = "healthteams_worker";
    private const long Lock = 0x4845414c5448; // one migrator at a time, whatever host it runs on

    public async Task Run(string appPassword, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(ownerConnection);
        await connection.OpenAsync(stop);
        var version = connection.PostgreSqlVersion.Major;
        if (version < 15) throw new InvalidOperationException($"PostgreSQL {version} is too old: 15 or newer is needed.");
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_lock(@Lock)", new { Lock }, cancellationToken: stop));
        await Roles(connection, appPassword, stop);
        await connection.ExecuteAsync(new CommandDefinition("""
            create schema if not exists platform;
            create table if not exists platform.migration (
              name text primary key,
              sha256 bytea not null,
              applied_at timestamptz not null default now()
            );
            """, cancellationToken: stop));
        var applied = (await connection.QueryAsync<string>(new CommandDefinition("select name from platform.migration", cancellationToken: stop))).ToHashSet();
        foreach (var (name, sql) in Scripts())
        {
            if (applied.Contains(name)) continue;
            log.LogInformation("Migrating {Name}", name);
            await using var transaction = await connection.BeginTransactionAsync(stop);
            await connection.ExecuteAsync(new CommandDefinition(sql, transaction: transaction, cancellationToken: stop));
            await connection.ExecuteAsync(new CommandDefinition(
                "insert into platform.migration (name, sha256) values (@name, @hash)",
                new { name, hash = SHA256.HashData(Encoding.UTF8.GetBytes(sql)) }, transaction, cancellationToken: stop));
            await transaction.CommitAsync(stop);
        }
        await connection.ExecuteAsync(new CommandDefinition("select platform.make_access_partitions((now() at time zone 'UTC')::date, 12)", cancellationToken: stop));
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_unlock(@Lock)", new { Lock }, cancellationToken: stop));
    }

    /// <summary>Roles belong to the server, not to the database: several databases share them.</summary>
    private async Task Roles(NpgsqlConnection connection, string password, CancellationToken stop)
    {
        foreach (var role in (string[])[AppRole, WorkerRole])
        {
            var quoted = password.Replace("'", "''", StringComparison.Ordinal);
            await connection.ExecuteAsync(new CommandDefinition($"""
                do $$
                begin
                  if not exists (select from pg_roles where rolname = '{role}') then
                    create role {role} login nosuperuser nobypassrls nocreatedb nocreaterole noinherit password '{quoted}';
                  end if;
                exception when duplicate_object or unique_violation then null;
                end $$
                """, cancellationToken: stop));
            try
            {
                await connection.ExecuteAsync(new CommandDefinition($"alter role {role} password '{quoted}'", cancellationToken: stop));
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                // Somebody else made the role; its password may be right all the same, and whoever connects will see.
                log.LogWarning("The password of {Role} stays as it is: {Reason}", role, e.MessageText);
            }
        }
    }

    private IEnumerable<(string Name, string Sql)> Scripts() =>
        from pair in assemblies.Select((assembly, index) => (assembly, index))
        from resource in pair.assembly.GetManifestResourceNames()
        where resource.EndsWith(".sql", StringComparison.Ordinal)
        let file = Path.GetFileNameWithoutExtension(resource.Replace('\\', '/'))
        orderby pair.index, file[..4], resource
        select ($"{pair.assembly.GetName().Name}/{file}", Read(pair.assembly, resource));

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
