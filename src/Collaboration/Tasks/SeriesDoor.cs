using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>The public door of recurring tasks (TK-05): for the gateway, in the transaction of its write.</summary>
public sealed class SeriesDoor(TaskSeries series, TaskDesk desk)
{
    /// <summary>A team's series, by its logical id: came by FHIR, or made on a page.</summary>
    public static Task<SeriesView?> Known(Tx tx, string fhirId) => tx.OneOrNone<SeriesView>($"""
        select {SeriesView.Columns} from collab.task_series where tenant = @Tenant and team is not null and (fhir_id = @fhirId or (fhir_id is null and id = @id)) for update
        """, new { tx.Tenant, fhirId, id = Guid.TryParse(fhirId, out var id) ? id : Guid.Empty });

    public static Task<SeriesView?> Find(Tx tx, Guid id) => TaskSeries.Find(tx, id);

    public Task<TimeZoneInfo> Zone(Tx tx) => desk.Zone(tx.Tenant, tx.Stop);

    public async Task<Problem?> Begin(Tx tx, string fhirId, Guid team, SeriesSaid said)
    {
        if (await May(tx, team) is { } refused) return refused;
        var board = await HearTask.Board(tx, team);
        var begun = await series.Insert(tx, said with { Template = said.Template with { Board = board } }, team, null, tx.Actor.Caller?.Person, await Zone(tx), null, fhirId);
        return begun.Ok ? null : begun.Problem;
    }

    /// <summary>No further occurrence; those made stay.</summary>
    /// <param name="gone">Its definition is deleted: nothing is written of it again.</param>
    public async Task<Problem?> End(Tx tx, SeriesView known, bool gone = false)
    {
        if (known.StoppedAt is not null) return null;
        if (await May(tx, known.Team!.Value) is { } refused) return refused;
        await series.End(tx, known, publish: !gone);
        return null;
    }

    /// <summary>A person's own app may no more than the person; a system's token is the hospital's. Archived stays archived for all.</summary>
    private async Task<Problem?> May(Tx tx, Guid team)
    {
        if (tx.Actor.Caller is { Kind: not CallerKind.System } caller) return (await desk.Teams.May(tx, caller, team, TeamRole.Member, change: true)).Problem;
        return await tx.Scalar<string>("select name from collab.team where tenant = @Tenant and id = @team and archived_at is not null", new { tx.Tenant, team }) is { } archived
            ? Problem.Conflict($"{archived} is archived: it can be read, not changed.", "team-archived") : null;
    }
}
