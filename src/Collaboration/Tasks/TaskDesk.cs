using HealthTeams.Collaboration.Approvals;
using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>
/// How every change of a task goes: its lock, who may, the version that was seen (TK-11), the change, its history, event
/// and FHIR version in one transaction. Outsiders are told that there is no such task.
/// </summary>
public sealed class TaskDesk(Db db, TeamDoor teams, TenantDirectory tenants, ProjectFhir project, Lazy<ApprovalDoor> approvals)
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such task for you.", "task-unknown");

    public Db Db => db;
    public TeamDoor Teams => teams;

    public async Task<TimeZoneInfo> Zone(int tenant, CancellationToken stop) => (await tenants.Find(tenant, stop))!.Zone;

    /// <param name="seen">The version the change was made from; null for what only adds (ticks, comments, photos).</param>
    /// <param name="act">Changes rows; says what happened, or null when nothing did.</param>
    public Task<Outcome<CareTask>> Change(Caller caller, Guid id, int? seen, TeamRole atLeast, Func<Tx, CareTask, Task<Outcome<string?>>> act, CancellationToken stop) =>
        db.In<Outcome<CareTask>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await TaskSql.Lock(tx, id) is not { } task) return Unknown;
            if (await May(tx, caller, task, atLeast, change: true) is { } refused) return refused;
            if (seen is { } version && version != task.Version) return Stale(task);
            var done = await act(tx, task);
            if (!done.Ok) return tx.Abandon<Outcome<CareTask>>(done.Problem);
            if (done.Value is not { } what) return task;
            return await Publish(tx, task, what);
        }, stop);

    /// <summary>Its event and its FHIR version. A private task is nobody else's business and has none.</summary>
    internal async Task<CareTask> Publish(Tx tx, CareTask before, string what)
    {
        var after = (await TaskSql.Find(tx, before.Id, tx.Actor.Caller?.Person))!;
        TaskSql.Tell(tx, after, what, before.Board, before.Assignees);
        // Lists count what is open about a patient.
        if (Open(before) != Open(after)) await ListDoor.LookAgain(tx, [.. new[] { before.Patient, after.Patient }.OfType<Guid>().Distinct()]);
        // Taken back, cancelled or deleted while several were asked: nobody is asked further.
        if (before is { Progress: Progress.AwaitingApproval, Approval: { } asked } && (after.Progress != Progress.AwaitingApproval || after.DeletedAt is not null)) await approvals.Value.Withdraw(tx, asked);
        if (after.Owner is null) await project(tx, "task", after.Id);
        return after;
    }

    private static Guid? Open(CareTask task) => task.DeletedAt is null && TaskRules.IsOpen(task.Status) ? task.Patient : null;

    /// <summary>A team's series in FHIR; one of one's own is nobody else's business.</summary>
    internal Task PublishSeries(Tx tx, Guid series, Guid? team) => team is null ? Task.CompletedTask : project(tx, "task-series", series);

    /// <summary>Guests of a team reach what is assigned to them; a task without a team is its owner's or its assignees'.</summary>
    public async Task<Problem?> May(Tx tx, Caller caller, CareTask task, TeamRole atLeast, bool change = false)
    {
        if (task.Team is not { } team) return caller.Person is { } me && (task.Owner == me || task.Assignees.Contains(me)) ? null : Unknown;
        var standing = await teams.May(tx, caller, team, TeamRole.Guest, change);
        if (!standing.Ok) return standing.Problem.Status == 404 ? Unknown : standing.Problem;
        if (standing.Value.Role == TeamRole.Guest && !task.Assignees.Contains(caller.Person ?? Guid.Empty)) return Unknown;
        if (standing.Value.Role >= atLeast) return null;
        var enough = await teams.May(tx, caller, team, atLeast, change);
        return enough.Ok ? null : enough.Problem;
    }

    public static Problem Stale(CareTask now) => Problem.Conflict(
        $"This task was changed at the same moment: it is now version {now.Version}. Look at it again and repeat what is still wanted.", "task-stale");
}
