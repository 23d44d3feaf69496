namespace HealthTeams.Host.Commands;

/// <summary>--name value, --name value again, --flag. A name the command does not know is refused, never ignored.</summary>
internal sealed class Options
{
    private static readonly HashSet<string> Flags = ["test", "backend", "frame", "production", "private-network", "trusted", "in-frame", "strict", "no-check"];
    private readonly Dictionary<string, List<string>> values = new(StringComparer.Ordinal);

    public static Options Parse(string[] args, params string[] known)
    {
        var options = new Options();
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal)) throw new StartupException($"'{args[i]}' is not an option; see ./run help.");
            var name = args[i][2..];
            if (!known.Contains(name)) throw new StartupException($"There is no option --{name} here; see ./run help.");
            if (Flags.Contains(name)) options.Of(name).Add("");
            else if (i + 1 < args.Length) options.Of(name).Add(args[++i]);
            else throw new StartupException($"--{name} needs a value.");
        }
        return options;
    }

    public string? One(string name) => values.TryGetValue(name, out var all) ? all[^1] : null;
    public string Must(string name) => One(name) ?? throw new StartupException($"--{name} is needed; see ./run help.");
    public bool Has(string name) => values.ContainsKey(name);
    public IReadOnlyList<string> All(string name) => values.TryGetValue(name, out var all) ? all : [];

    private List<string> Of(string name) => values.TryGetValue(name, out var all) ? all : values[name] = [];
}
