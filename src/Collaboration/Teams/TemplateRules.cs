using System.Text.RegularExpressions;

namespace HealthTeams.Collaboration.Teams;

/// <summary>What a team or a template may consist of. Pure; every fault is named at once.</summary>
public static partial class TemplateRules
{
    /// <summary>Ours; the reference's 15 channels, 20 tabs and 50 apps (TPL-07) are less.</summary>
    public const int Channels = 100, Tabs = 30, Apps = 100, Roles = 50;

    private static readonly string[] Reserved = ["con", "prn", "aux", "nul", "com1", "lpt1", "desktop.ini", "forms"];

    public static Problem? Check(TemplateContent content)
    {
        var faults = new List<string>();
        if (content.Name.Trim().Length is 0 or > 256) faults.Add("The name has 1 to 256 characters.");
        if (content.Description.Length > 1024) faults.Add("The description has at most 1024 characters.");
        if (content.Visibility is not ("public" or "private")) faults.Add("The visibility is public or private.");
        if (content.Channels.Count is 0 or > Channels) faults.Add($"A team has 1 to {Channels} channels.");
        if (content.Apps.Count > Apps) faults.Add($"A team has at most {Apps} apps.");
        if (content.Roles.Count > Roles) faults.Add($"A template names at most {Roles} roles.");
        faults.AddRange(content.Channels.Select(c => ChannelName(c.Name)).OfType<string>());
        faults.AddRange(content.Channels.GroupBy(c => c.Name.Trim(), StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1).Select(g => $"Two channels are called {g.Key}."));
        faults.AddRange(content.Channels.Where(c => c.Tabs.Count > Tabs).Select(c => $"{c.Name} has more than {Tabs} tabs."));
        faults.AddRange(content.Channels.SelectMany(c => c.Tabs).Select(Tab).OfType<string>());
        faults.AddRange(content.Apps.Where(a => !TeamApps.Known(a)).Select(a => $"There is no app {a}."));
        return faults.Count == 0 ? null : Problem.Unprocessable(string.Join(' ', faults.Distinct()), "channels", "template-broken");
    }

    /// <summary>TC-09; null when the name may stand.</summary>
    public static string? ChannelName(string name)
    {
        var trimmed = name.Trim();
        if (trimmed.Length is 0 or > 50) return "A channel's name has 1 to 50 characters.";
        if (Forbidden().IsMatch(trimmed) || trimmed.Contains("..", StringComparison.Ordinal)) return $"{trimmed}: a channel's name holds none of ~ # % & * {{ }} + / \\ : < > ? | ' \" , and no two dots in a row.";
        if (trimmed[0] is '_' or '.' || trimmed[^1] == '.') return $"{trimmed}: a channel's name does not begin with _ or a dot, nor end with a dot.";
        return Reserved.Contains(trimmed.ToLowerInvariant()) ? $"{trimmed} is a reserved word." : null;
    }

    private static string? Tab(TabPlan tab) =>
        tab.Name.Trim().Length is 0 or > 128 ? "A tab's name has 1 to 128 characters."
        : !TeamApps.Known(tab.App) ? $"There is no app {tab.App}."
        : tab.App == "website" && !(Uri.TryCreate(tab.Target, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http") ? $"{tab.Name}: a website tab has an address that begins with https://."
        : null;

    [GeneratedRegex("""[~#%&*{}+/\\:<>?|'",\p{Cc}]""")]
    private static partial Regex Forbidden();
}
