namespace HealthTeams.Collaboration.Policies;

public sealed record RoomDevice
{
    public Guid Id { get; init; }
    public string Name { get; init; } = "";
    public Guid Team { get; init; }
    public string TeamName { get; init; } = "";
    public Guid? Patient { get; init; }
    public string? PatientName { get; init; }
    public bool CodeWaits { get; init; }
    public DateTimeOffset RegisteredAt { get; init; }
    public DateTimeOffset? SignedInAt { get; init; }
    public DateTimeOffset? LastSeenAt { get; init; }
    public string? LastSource { get; init; }
    public DateTimeOffset? CalledAt { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }

    public string State => RevokedAt is not null ? "revoked" : SignedInAt is not null ? "signed-in" : CodeWaits ? "code" : "expired";
}

/// <summary>A device that is signed in, as its requests show.</summary>
public sealed record SignedInDevice(int Tenant, Guid Id, string Name);

/// <summary>Who comes into a room's visit at once. Pure.</summary>
public static class RoomRules
{
    /// <summary>A code works so long, and once.</summary>
    public static readonly TimeSpan CodeLasts = TimeSpan.FromMinutes(15);

    /// <summary>One call in so long: a button that is pressed again and again rings once.</summary>
    public static readonly TimeSpan CallEvery = TimeSpan.FromMinutes(1);

    /// <summary>A visit can be joined from so long before its time.</summary>
    public static readonly TimeSpan Early = TimeSpan.FromMinutes(30);

    private static readonly HashSet<string> Clinical = new(StringComparer.OrdinalIgnoreCase)
    {
        "physician", "doctor", "nurse", "charge-nurse", "charge nurse", "midwife", "pharmacist", "therapist", "physiotherapist", "social-worker", "social worker",
    };

    public static bool IsClinical(IEnumerable<string> roles) => roles.Any(Clinical.Contains);
}
