using System.Diagnostics;

namespace HealthTeams.Host.Postgres;

/// <summary>PostgreSQL refuses to run as root; started as root, it runs as "postgres" where there is one, else as "nobody".</summary>
internal sealed record Unprivileged(string Name, int User, int Group)
{
    /// <summary>Whether another user than ours runs the server.</summary>
    public bool Dropped => User != 0;

    public static Unprivileged Current()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess) return new Unprivileged(Environment.UserName, 0, 0);
        var known = File.ReadLines("/etc/passwd").Select(l => l.Split(':')).Where(f => f.Length > 3).ToDictionary(f => f[0], f => (int.Parse(f[2], null), int.Parse(f[3], null)));
        return known.TryGetValue("postgres", out var p) ? new Unprivileged("postgres", p.Item1, p.Item2)
            : known.TryGetValue("nobody", out var n) ? new Unprivileged("nobody", n.Item1, n.Item2)
            : throw new StartupException("Started as root, and there is no user 'postgres' or 'nobody' to run PostgreSQL as. Start as an ordinary user, or set HEALTHTEAMS_DB.");
    }

    public ProcessStartInfo Command(string program, string[] arguments)
    {
        if (!Dropped) return new ProcessStartInfo(program, arguments);
        return new ProcessStartInfo("setpriv", [$"--reuid={User}", $"--regid={Group}", "--clear-groups", program, .. arguments]);
    }

    public bool CanReach(string path)
    {
        if (!Dropped) return true;
        Directory.CreateDirectory(path);
        using var test = Process.Start(Command("test", ["-x", path]))!;
        test.WaitForExit();
        return test.ExitCode == 0;
    }

    public void Own(string path)
    {
        if (!Dropped) return;
        using var chown = Process.Start("chown", ["-R", $"{User}:{Group}", path]);
        chown.WaitForExit();
    }
}
