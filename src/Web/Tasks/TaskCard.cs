using HealthTeams.Collaboration.Tasks;

namespace HealthTeams.Web.Tasks;

/// <summary>One task in a list or a column.</summary>
/// <param name="Place">The group or column it stands in, said to who cannot see it.</param>
public sealed record TaskCard(CareTask Task, TasksBase Page, string Place, bool ShowBoard, BoardPage? Board = null);
