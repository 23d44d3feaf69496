namespace HealthTeams.Collaboration.Teams;

/// <summary>The templates that come with the product (TPL-01 to TPL-04): names, channels and apps as published by the reference.</summary>
internal static class Prebuilt
{
    private static readonly RolePlan[] Care =
    [
        new("charge-nurse", TeamRole.Owner), new("physician", TeamRole.Member), new("nurse", TeamRole.Member), new("social-worker", TeamRole.Member), new("*", TeamRole.Guest),
    ];

    public static readonly IReadOnlyList<(string Key, TemplateContent Content)> All =
    [
        ("healthcareWard", Make("Patient care", "The team of a ward: huddles, rounds, staffing and training in one place.",
            ["General*", "Announcements*", "Huddles*", "Rounds*", "Staffing*", "Training*"], ["wiki", "lists", "approvals", "bulletins", "inspection"],
            ("Rounds", "lists", "Patients"), ("Huddles", "lists", "Wall list"), ("Staffing", "shifts", "Shifts"))),
        ("healthcareHospital", Make("Hospital", "A hospital's departments: announcements, compliance, pharmacy, people.",
            ["General*", "Announcements*", "Compliance*", "Custodial", "Human resources", "Pharmacy"],
            ["wiki", "lists", "tasks", "approvals", "shifts", "bulletins", "inspection", "ideas"], ("Custodial", "tasks", "Tasks"), ("Compliance", "approvals", "Approvals"))),
        ("coordinateIncidentResponse", Make("Incident response", "One incident from the first call to recovery.",
            ["General*", "Announcements*", "Logistics", "Planning", "Recovery", "Urgent*"],
            ["wiki", "excel", "onenote", "sharepoint", "tasks", "approvals", "inspection", "power-automate", "bulletins", "milestones"], ("Planning", "tasks", "Tasks"))),
        ("collaborateOnAGlobalCrisisOrEvent", Make("Crisis communication", "One voice inside and outside while a crisis lasts.",
            ["General*", "Announcements*", "World news", "Internal comms", "External comms", "Approvals request", "Customer escalations", "Executive update", "Planning", "Logistics"],
            ["website", "tasks", "issue-reporter", "approvals", "bulletins", "onenote", "power-automate", "sharepoint"], ("Approvals request", "approvals", "Approvals"), ("Planning", "tasks", "Tasks"))),
    ];

    /// <param name="channels">A star marks those every member sees without asking.</param>
    private static TemplateContent Make(string name, string description, string[] channels, string[] apps, params (string Channel, string App, string Tab)[] tabs) =>
        new(name, description, "private",
            [.. channels.Select(c => (Name: c.TrimEnd('*'), Favourite: c.EndsWith('*'))).Select(c =>
                new ChannelPlan(c.Name, null, c.Favourite, [.. tabs.Where(t => t.Channel == c.Name).Select(t => new TabPlan(t.Tab, t.App, null))]))],
            apps, Care, new Dictionary<string, bool>());
}
