using System.Globalization;

namespace HealthTeams.Collaboration.Policies;

/// <summary>A policy that reaches somebody: how, since when, by whom.</summary>
/// <param name="Kind">"person", "team", "role", "code" or "everyone".</param>
/// <param name="Target">The team's name, the role; empty for the person and for everyone.</param>
public sealed record PolicyReach(string Area, Guid Policy, string Name, string Kind, string Target, DateTimeOffset AssignedAt, string? AssignedBy, IReadOnlyDictionary<string, string> Settings)
{
    internal long Seq { get; init; }
}

/// <summary>
/// What somebody may, and why: one property per setting that is enforced somewhere. For whom nothing is assigned everything is as
/// the product does it without policies.
/// </summary>
public sealed class EffectivePolicy
{
    private readonly Dictionary<string, IReadOnlyList<PolicyReach>> reaches;

    /// <param name="all">Everything that reaches the person, in any order.</param>
    public EffectivePolicy(IEnumerable<PolicyReach> all) => reaches = all.GroupBy(r => r.Area).ToDictionary(g => g.Key, g => (IReadOnlyList<PolicyReach>)[.. g.OrderBy(Rank).ThenByDescending(r => r.AssignedAt).ThenByDescending(r => r.Seq)]);

    public bool AllowUserChat => Is(nameof(AllowUserChat));
    public bool AllowChatWithGroup => Is(nameof(AllowChatWithGroup));
    public bool AllowUserEditMessage => Is(nameof(AllowUserEditMessage));
    public bool AllowUserDeleteMessage => Is(nameof(AllowUserDeleteMessage));
    public bool AllowUserDeleteChat => Is(nameof(AllowUserDeleteChat));
    public bool AllowOwnerDeleteMessage => Is(nameof(AllowOwnerDeleteMessage));
    public bool AllowRemoveUser => Is(nameof(AllowRemoveUser));
    public bool AllowPriorityMessages => Is(nameof(AllowPriorityMessages));

    /// <summary>"UserPreference", "Everyone" or "None" (MSG-06).</summary>
    public string ReadReceipts => Value(nameof(ReadReceipts));
    public bool AllowUrlPreviews => Is(nameof(AllowUrlPreviews));

    /// <summary>"Full", "Limited" or "Restricted".</summary>
    public string ChatPermissionRole => Value(nameof(ChatPermissionRole));
    public bool AllowCreatePrivateChannels => Is(nameof(AllowCreatePrivateChannels));
    public bool AllowFiles => Is(nameof(AllowFiles));
    public bool AllowRecording => Is(nameof(AllowRecording));
    public bool AllowGuestLinks => Is(nameof(AllowGuestLinks));
    public bool AllowEndVisit => Is(nameof(AllowEndVisit));
    public bool AllowPrivateCalling => Is(nameof(AllowPrivateCalling));

    /// <summary>In the order of the policy; a blocked app is not among them.</summary>
    public IReadOnlyList<string> PinnedApps => [.. PolicySwitches.List(Value(nameof(PinnedApps))).Except(BlockedApps)];
    public IReadOnlyList<string> BlockedApps => PolicySwitches.List(Value(nameof(BlockedApps)));

    /// <summary>"Allow", "Warn" or "Block" outside one's shift (FS-03).</summary>
    public string OffShift => Value(nameof(OffShift));
    public (TimeOnly From, TimeOnly To)? Quiet => Time("QuietFrom") is { } from && Time("QuietTo") is { } to ? (from, to) : null;
    public bool AllowVisit => Is(nameof(AllowVisit));
    public bool AllowCallTeam => Is(nameof(AllowCallTeam));
    public bool AutoAdmitClinicalRoles => Is(nameof(AutoAdmitClinicalRoles));
    public bool ShowPatientName => Is(nameof(ShowPatientName));

    /// <summary>What holds now, as text.</summary>
    public string Value(string name)
    {
        var known = PolicySwitches.Find(name) ?? throw new ArgumentException($"There is no setting {name}.", nameof(name));
        return Winner(known.Area)?.Settings.TryGetValue(name, out var said) == true && PolicySwitches.Fits(known, said) ? said : known.Default;
    }

    /// <summary>Which policy decides an area; null: the product's defaults.</summary>
    public PolicyReach? Winner(string area) => reaches.TryGetValue(area, out var all) ? all[0] : null;

    /// <summary>What the winner beat, in order.</summary>
    public IReadOnlyList<PolicyReach> Beaten(string area) => reaches.TryGetValue(area, out var all) ? [.. all.Skip(1)] : [];

    public bool Blocks(string app) => BlockedApps.Contains(app);

    /// <summary>Null when the switch is on; else a refusal that names the policy.</summary>
    public Problem? Refuse(string name) => Is(name) ? null : Refused(name);

    /// <summary>The words of a refusal by a setting that is no plain switch.</summary>
    public Problem Refused(string name) => Winner(PolicySwitches.Find(name)!.Area) is { } winner
        ? Problem.Forbidden($"The policy {winner.Name} does not allow this ({name}). Ask an administrator, or look under Me, “What may I?”.", "policy")
        : Problem.Forbidden($"The product's defaults do not allow this ({name}). Ask an administrator for a policy.", "policy");

    private bool Is(string name) => Value(name) == "true";

    private TimeOnly? Time(string name) => TimeOnly.TryParseExact(Value(name), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;

    /// <summary>Direct beats group beats everyone; within one of them the most recent wins (PP-05).</summary>
    private static int Rank(PolicyReach reach) => reach.Kind switch { "person" => 0, "everyone" => 2, _ => 1 };
}
