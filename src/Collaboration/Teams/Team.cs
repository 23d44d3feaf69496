namespace HealthTeams.Collaboration.Teams;

/// <summary>TC-05: what a person is in a team. Who is less may less: compare with <c>&gt;=</c>.</summary>
public enum TeamRole { Guest, Member, Owner }

/// <summary>A team as its members see it in a list.</summary>
public sealed record Team
{
    public Guid Id { get; init; }
    public string Name { get; init; } = "";
    public string? Description { get; init; }
    public string Visibility { get; init; } = "private";
    public DateTimeOffset? ArchivedAt { get; init; }
    public TeamRole? Role { get; init; }
    public int Members { get; init; }
    public int Version { get; init; }
}

/// <param name="Name">"Dr Marie Curie".</param>
public sealed record TeamMember(Guid Person, string Name, TeamRole Role);

/// <summary>What somebody is in a team now.</summary>
public sealed record Standing(Guid Team, string Name, TeamRole Role, bool Archived);
