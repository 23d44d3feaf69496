using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Teams;

internal static class TeamWords
{
    public static string Role(Words words, TeamRole role) => role switch
    {
        TeamRole.Owner => words["Owner"],
        TeamRole.Member => words["Member"],
        _ => words["Guest"],
    };

    /// <summary>The roles of staff, as a template policy and a template's roles name them.</summary>
    public static readonly IReadOnlyList<string> StaffRoles = ["physician", "nurse", "charge-nurse", "social-worker", "pharmacist", "administrator"];

    public static string Staff(Words words, string role) => role switch
    {
        "physician" => words["Physicians"],
        "nurse" => words["Nurses"],
        "charge-nurse" => words["Charge nurses"],
        "social-worker" => words["Social workers"],
        "pharmacist" => words["Pharmacists"],
        "administrator" => words["Administrators"],
        "*" => words["Everybody else"],
        _ => role,
    };

    public static string App(Words words, string key) => key switch
    {
        "lists" => words["Lists"],
        "tasks" => words["Tasks"],
        "approvals" => words["Approvals"],
        "shifts" => words["Shifts"],
        "visits" => words["Visits"],
        "website" => words["Website"],
        _ => TeamApps.Name(key),
    };

    public static string Wrong(Words words, Problem problem) => problem.Code switch
    {
        "team-owner" => words["A team has an owner. Make somebody else owner first."],
        "team-name" => words["Another team has this name. Choose another."],
        "channel-name" => words["The team has a channel of this name."],
        "team-role" => words["Only an owner of the team can do this."],
        "team-archived" => words["The team is archived: it can be read, not changed."],
        "person-missing" => words["Choose at least one person."],
        _ => ProblemWords.Say(words, problem),
    };
}
