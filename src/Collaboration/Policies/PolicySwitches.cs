namespace HealthTeams.Collaboration.Policies;

public enum SwitchKind { Switch, Choice, Apps, Time }

/// <summary>One setting of a policy: its area, what it may be, and what holds for whom nothing says otherwise (today's behaviour).</summary>
public sealed record PolicySwitch(string Area, string Name, SwitchKind Kind, string Default)
{
    public IReadOnlyList<string> Choices { get; init; } = [];
}

/// <summary>Every setting we enforce (MSG-10 as far as there is a feature, FS-01..FS-03). The words for them are the pages' business.</summary>
public static class PolicySwitches
{
    public static readonly IReadOnlyList<string> Areas = ["messaging", "meetings", "calling", "apps", "hours", "device"];

    /// <summary>What stands in the navigation, by the first segment of its address.</summary>
    public static readonly IReadOnlyList<string> Apps = ["visits", "messages", "lists", "tasks", "approvals", "shifts", "handovers", "teams", "files", "activity"];

    public static readonly IReadOnlyList<PolicySwitch> All =
    [
        On("messaging", "AllowUserChat"), On("messaging", "AllowChatWithGroup"), On("messaging", "AllowUserEditMessage"), On("messaging", "AllowUserDeleteMessage"),
        On("messaging", "AllowUserDeleteChat"), On("messaging", "AllowOwnerDeleteMessage"), On("messaging", "AllowRemoveUser"), On("messaging", "AllowPriorityMessages"),
        Choice("messaging", "ReadReceipts", "UserPreference", "Everyone", "None"), On("messaging", "AllowUrlPreviews"), Choice("messaging", "ChatPermissionRole", "Full", "Limited", "Restricted"),
        On("messaging", "AllowCreatePrivateChannels"), On("messaging", "AllowFiles"),
        On("meetings", "AllowRecording"), On("meetings", "AllowGuestLinks"), On("meetings", "AllowEndVisit"),
        On("calling", "AllowPrivateCalling"),
        new("apps", "PinnedApps", SwitchKind.Apps, "visits,messages,lists,tasks"), new("apps", "BlockedApps", SwitchKind.Apps, ""),
        Choice("hours", "OffShift", "Allow", "Warn", "Block"), new("hours", "QuietFrom", SwitchKind.Time, ""), new("hours", "QuietTo", SwitchKind.Time, ""),
        On("device", "AllowVisit"), On("device", "AllowCallTeam"), On("device", "AutoAdmitClinicalRoles"), new("device", "ShowPatientName", SwitchKind.Switch, "false"),
    ];

    public static PolicySwitch? Find(string name) => All.FirstOrDefault(s => s.Name == name);

    public static IEnumerable<PolicySwitch> Of(string area) => All.Where(s => s.Area == area);

    /// <summary>Every broken rule of what somebody filled in; null when there is none. Pure.</summary>
    public static Problem? Check(string area, IReadOnlyDictionary<string, string> settings)
    {
        List<Problem> wrong = [];
        foreach (var (name, value) in settings)
        {
            if (Find(name) is not { } known || known.Area != area) wrong.Add(Problem.Unprocessable($"{name} is not a setting of this area.", name, "policy-setting"));
            else if (!Fits(known, value)) wrong.Add(Problem.Unprocessable($"{value} is no value of {name}.", name, "policy-setting"));
        }
        if (area == "hours" && (settings.GetValueOrDefault("QuietFrom", "").Length == 0) != (settings.GetValueOrDefault("QuietTo", "").Length == 0))
            wrong.Add(Problem.Unprocessable("Quiet time has a beginning and an end, or neither.", "QuietFrom", "policy-setting"));
        return wrong.Count == 0 ? null : Problem.All(wrong);
    }

    internal static bool Fits(PolicySwitch known, string value) => known.Kind switch
    {
        SwitchKind.Switch => value is "true" or "false",
        SwitchKind.Choice => known.Choices.Contains(value),
        SwitchKind.Time => value.Length == 0 || TimeOnly.TryParseExact(value, "HH:mm", System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out _),
        _ => List(value) is var apps && apps.All(Apps.Contains) && apps.Distinct().Count() == apps.Count,
    };

    public static IReadOnlyList<string> List(string value) => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static PolicySwitch On(string area, string name) => new(area, name, SwitchKind.Switch, "true");
    private static PolicySwitch Choice(string area, string name, params string[] choices) => new(area, name, SwitchKind.Choice, choices[0]) { Choices = choices };
}
