using HealthTeams.Collaboration.Policies;

namespace HealthTeams.Web.Frame;

/// <summary>One place of the navigation.</summary>
public sealed record AppPlace(string App, string Icon, string Word, string? Count = null, string? CountWord = null)
{
    public string Href => "/" + App;
}

/// <summary>The navigation as a policy orders it: what it pins first, in its order; the product's own below; what it blocks not at all (FS-01, FS-02). Pure.</summary>
public static class AppPlaces
{
    /// <summary>So many stand in the bar of a phone; the rest is under More.</summary>
    public const int InBar = 4;

    public static IReadOnlyList<AppPlace> Of(EffectivePolicy policy, Words words) =>
        [.. policy.PinnedApps.Concat(PolicySwitches.Apps).Distinct().Except(policy.BlockedApps).Select(app => Place(app, words))];

    private static AppPlace Place(string app, Words words) => app switch
    {
        "visits" => new(app, "visits", words["Visits"], "waiting", words["waiting"]),
        "messages" => new(app, "messages", words["Messages"], "unread", words["unread"]),
        "activity" => new(app, "bell", words["Activity"], "unseen", words["unseen"]),
        "handovers" => new(app, "swap", Name(words, app)),
        "files" => new(app, "file", Name(words, app)),
        _ => new(app, app, Name(words, app)),
    };

    public static string Name(Words words, string app) => app switch
    {
        "visits" => words["Visits"],
        "messages" => words["Messages"],
        "lists" => words["Lists"],
        "tasks" => words["Tasks"],
        "approvals" => words["Approvals"],
        "shifts" => words["Shifts"],
        "handovers" => words["Handovers"],
        "teams" => words["Teams"],
        "files" => words["Files"],
        _ => words["Activity"],
    };
}
