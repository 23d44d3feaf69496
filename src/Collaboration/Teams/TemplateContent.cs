using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealthTeams.Collaboration.Teams;

/// <summary>What a template carries (TPL-05), and membership by role, which the reference leaves behind (TPL-06).</summary>
/// <param name="Settings">TC-02 to TC-04 by name, e.g. "allowCreateUpdateChannels".</param>
public sealed record TemplateContent(
    string Name, string Description, string Visibility, IReadOnlyList<ChannelPlan> Channels, IReadOnlyList<string> Apps, IReadOnlyList<RolePlan> Roles,
    IReadOnlyDictionary<string, bool> Settings)
{
    public static readonly TemplateContent Empty = new("", "", "private", [new ChannelPlan("General", null, true, [])], [], [], new Dictionary<string, bool>());

    private static readonly JsonSerializerOptions Kept = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public string ToJson() => JsonSerializer.Serialize(this, Kept);

    public static TemplateContent Of(string json) => JsonSerializer.Deserialize<TemplateContent>(json, Kept)!;
}

/// <param name="Favourite">Shown to every member without their asking.</param>
public sealed record ChannelPlan(string Name, string? Description, bool Favourite, IReadOnlyList<TabPlan> Tabs);

/// <param name="App">A key of <see cref="TeamApps"/>; "website" brings its address.</param>
public sealed record TabPlan(string Name, string App, string? Target);

/// <summary>Who in a care team becomes what: "charge-nurse" → Owner.</summary>
public sealed record RolePlan(string Role, TeamRole Becomes);

/// <summary>The apps a team may name. Those without a page here are kept by name, so that a template stays what it says it is.</summary>
public static class TeamApps
{
    /// <summary>Key, English word, page with {0} for the team; null where the product has none.</summary>
    public static readonly IReadOnlyList<(string Key, string Name, string? Page)> All =
    [
        ("lists", "Lists", "/lists?team={0}"), ("tasks", "Tasks", "/tasks?team={0}"), ("approvals", "Approvals", "/approvals?team={0}"),
        ("shifts", "Shifts", "/shifts?team={0}"), ("visits", "Visits", "/visits"), ("website", "Website", null),
        ("wiki", "Wiki", null), ("bulletins", "Bulletins", null), ("inspection", "Inspection", null), ("ideas", "Ideas", null), ("milestones", "Milestones", null),
        ("issue-reporter", "Issue Reporter", null), ("excel", "Excel", null), ("onenote", "OneNote", null), ("sharepoint", "SharePoint", null), ("power-automate", "Power Automate", null),
    ];

    public static bool Known(string key) => All.Any(a => a.Key == key);

    public static string Name(string key) => All.FirstOrDefault(a => a.Key == key).Name ?? key;

    public static string? Page(string key, Guid team) => All.FirstOrDefault(a => a.Key == key).Page is { } page ? string.Format(System.Globalization.CultureInfo.InvariantCulture, page, team) : null;
}
