namespace HealthTeams.Collaboration.Policies;

public sealed record Policy
{
    public Guid Id { get; init; }
    public string Area { get; init; } = "";
    public string Name { get; init; } = "";

    /// <summary>Of <see cref="PolicyPackages"/>; null for one of the hospital's own.</summary>
    public string? Package { get; init; }
    public string SettingsJson { get; init; } = "{}";
    public int Version { get; init; }
    public DateTimeOffset ChangedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }
    public int Assigned { get; init; }
    public IReadOnlyDictionary<string, string> Settings => PolicyDoor.Settings(SettingsJson);

    public string Value(PolicySwitch s) => Settings.GetValueOrDefault(s.Name, s.Default);
}

/// <summary>One line of who has a policy.</summary>
public sealed record PolicyAssignment
{
    public string Kind { get; init; } = "";
    public string Target { get; init; } = "";

    /// <summary>The person's or the team's name, or the role.</summary>
    public string Name { get; init; } = "";
    public DateTimeOffset AssignedAt { get; init; }
    public string? AssignedBy { get; init; }
}

/// <summary>To whom: one, many, groups or everyone (PP-04).</summary>
public sealed record PolicyTargets(IReadOnlyList<Guid> People, IReadOnlyList<Guid> Teams, IReadOnlyList<string> Roles, IReadOnlyList<string> Codes, bool Everyone)
{
    public const int Limit = 5000;

    public int Count => People.Count + Teams.Count + Roles.Count + Codes.Count + (Everyone ? 1 : 0);

    internal IEnumerable<(string Kind, string Target, Guid? Person, Guid? Team)> All() =>
        People.Distinct().Select(p => ("person", p.ToString(), (Guid?)p, (Guid?)null))
            .Concat(Teams.Distinct().Select(t => ("team", t.ToString(), (Guid?)null, (Guid?)t)))
            .Concat(Roles.Select(Key).Distinct().Select(r => ("role", r, (Guid?)null, (Guid?)null)))
            .Concat(Codes.Select(Key).Distinct().Select(c => ("code", c, (Guid?)null, (Guid?)null)))
            .Concat(Everyone ? [("everyone", "", null, null)] : []);

    private static string Key(string text) => text.Trim().ToLowerInvariant();
}
