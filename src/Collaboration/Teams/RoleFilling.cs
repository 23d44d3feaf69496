namespace HealthTeams.Collaboration.Teams;

/// <summary>Who in a care team becomes what in a team made from a template. Pure.</summary>
public static class RoleFilling
{
    /// <summary>The greatest of the roles that fit; "*" is everybody else; without any plan they are members.</summary>
    /// <param name="said">Codes and words of the participant's roles: "Charge nurse" fits the plan's "charge-nurse".</param>
    public static TeamRole Becomes(IReadOnlyList<RolePlan> plan, IReadOnlyList<string> said)
    {
        var words = said.Select(Key).ToHashSet(StringComparer.Ordinal);
        var fitting = plan.Where(p => words.Contains(Key(p.Role))).Select(p => (TeamRole?)p.Becomes).Max();
        return fitting ?? plan.FirstOrDefault(p => p.Role == "*")?.Becomes ?? TeamRole.Member;
    }

    private static string Key(string role) => string.Concat(role.ToLowerInvariant().Where(char.IsLetterOrDigit));
}
