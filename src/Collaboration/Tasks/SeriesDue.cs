using HealthTeams.Platform.Due;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>
/// Makes occurrences as their time comes (TK-05): one transaction per occurrence locks the series, makes the task and moves
/// to the next day. Killed in between nothing is half made; unique (series, occurrence) makes each once however many workers
/// run. After an outage what was missed is made, one after the other.
/// </summary>
public sealed class SeriesDue(Db db, TaskDesk desk, ILogger<SeriesDue> log) : IDueSweep
{
    private static readonly DueRows Rows = new("collab.task_series", "make_at", "The task series");

    public Task<int> Sweep(DateTimeOffset now, CancellationToken stop) => Rows.Each(db, log, now, async (tx, id) => await Make(tx, id, await desk.Zone(tx.Tenant, stop)), stop);

    private async Task Make(Tx tx, Guid id, TimeZoneInfo zone)
    {
        if (await TaskSeries.Find(tx, id, "for update skip locked") is not { NextDay: { } day, StoppedAt: null } series) return;
        if (MakeAt(day, series.AheadDays, zone) is var makes && makes > tx.Now)
        {
            // Another worker made it; or the hospital moved to another time zone, and it is not yet its day.
            await tx.Execute("update collab.task_series set make_at = @makes where tenant = @Tenant and id = @id and make_at <> @makes", new { tx.Tenant, id, makes });
            return;
        }
        if (!series.SkipOpen || !await StillOpen(tx, id))
        {
            var template = series.Said;
            // Who left the team since is not given its work; a bucket that is gone leaves the task on the board.
            var assignees = await Present(tx, template.Assignees, series.Team, series.Owner);
            var bucket = template.Bucket is { } b && await TaskBoards.BucketName(tx, b) is not null ? template.Bucket : null;
            var made = await TaskRow.Insert(tx, template with { Bucket = bucket, Assignees = assignees, DueDay = day, DueMinute = series.DueMinute },
                series.Team, series.Owner, zone, new RowOrigin { Series = id, Occurrence = series.NextOccurrence });
            await desk.Publish(tx, new CareTask { Id = made }, "created");
        }
        var next = series.Rule.Occurrences().Skip(series.NextOccurrence).FirstOrDefault();
        DateOnly? nextDay = next.Occurrence == 0 ? null : next.Day;
        await tx.Execute("""
            update collab.task_series set next_occurrence = next_occurrence + 1, next_day = @nextDay, make_at = @makeAt, stopped_at = case when @nextDay is null then @Now end
            where tenant = @Tenant and id = @id
            """, new { tx.Tenant, tx.Now, id, nextDay, makeAt = nextDay is { } on ? MakeAt(on, series.AheadDays, zone) : (DateTimeOffset?)null });
        if (nextDay is null) await desk.PublishSeries(tx, id, series.Team);
    }

    /// <summary>At the beginning of the hospital's day, so many days before.</summary>
    public static DateTimeOffset MakeAt(DateOnly day, int ahead, TimeZoneInfo zone) => TaskTime.At(day.AddDays(-ahead), 0, zone);

    private static Task<bool> StillOpen(Tx tx, Guid series) => tx.Scalar<bool>("""
        select exists (select from collab.task where tenant = @Tenant and series = @series and deleted_at is null
          and status not in ('rejected', 'failed', 'completed', 'cancelled', 'entered-in-error'))
        """, new { tx.Tenant, series });

    private static async Task<IReadOnlyList<Guid>> Present(Tx tx, IReadOnlyList<Guid> people, Guid? team, Guid? owner) => people.Count == 0 || team is null ? [.. people.Where(p => p == owner)]
        : await tx.Query<Guid>("select person from collab.team_member where tenant = @Tenant and team = @team and person = any(@people)", new { tx.Tenant, team, people = people.ToArray() });
}
