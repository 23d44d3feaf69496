namespace HealthTeams.Collaboration.Policies;

/// <param name="Policy">The name each of its policies takes (PP-02).</param>
/// <param name="Settings">By area: what differs from the product's defaults.</param>
public sealed record PolicyPackage(string Id, string Policy, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Settings);

/// <summary>
/// The three healthcare packages and the frontline set-up policy (PP-01, FS-01). Microsoft's values are not published (PP-07):
/// these are ours, each said with its reason in docs/guides/policies.md.
/// </summary>
public static class PolicyPackages
{
    public static readonly IReadOnlyList<PolicyPackage> All =
    [
        new("clinical-worker", "Healthcare_ClinicalWorker", Areas(
            ("messaging", [("AllowPriorityMessages", "true"), ("ReadReceipts", "Everyone"), ("AllowUserDeleteMessage", "false"), ("AllowUserDeleteChat", "false")]),
            ("meetings", [("AllowRecording", "false")]),
            ("calling", []),
            ("apps", [("PinnedApps", "visits,messages,lists,tasks,shifts,approvals")]))),
        new("information-worker", "Healthcare_InformationWorker", Areas(
            ("messaging", [("AllowPriorityMessages", "false")]),
            ("meetings", [("AllowRecording", "false")]),
            ("calling", []),
            ("apps", [("PinnedApps", "messages,teams,tasks,approvals"), ("BlockedApps", "shifts,handovers")]))),
        new("patient-room", "Healthcare_PatientRoom", Areas(
            ("messaging", [("AllowUserChat", "false"), ("AllowChatWithGroup", "false"), ("AllowPriorityMessages", "false"), ("AllowFiles", "false"), ("ReadReceipts", "None"), ("ChatPermissionRole", "Restricted")]),
            ("meetings", [("AllowRecording", "false"), ("AllowGuestLinks", "false"), ("AllowEndVisit", "false")]),
            ("calling", []),
            ("apps", [("PinnedApps", ""), ("BlockedApps", string.Join(',', PolicySwitches.Apps))]),
            ("device", [("AllowVisit", "true"), ("AllowCallTeam", "true"), ("AutoAdmitClinicalRoles", "true"), ("ShowPatientName", "false")]))),
        new("frontline", "FirstlineWorker", Areas(
            // "Calling" is Visits here: calls begin there. The order is the policy's, not the person's (FS-02).
            ("apps", [("PinnedApps", "activity,shifts,messages,visits")]))),
    ];

    public static PolicyPackage? Find(string id) => All.FirstOrDefault(p => p.Id == id);

    private static Dictionary<string, IReadOnlyDictionary<string, string>> Areas(params (string Area, (string Name, string Value)[] Settings)[] areas) =>
        areas.ToDictionary(a => a.Area, a => (IReadOnlyDictionary<string, string>)a.Settings.ToDictionary(s => s.Name, s => s.Value));
}
