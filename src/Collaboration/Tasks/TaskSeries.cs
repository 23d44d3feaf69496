using System.Text.Json;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>A recurring task as it is asked for.</summary>
/// <param name="AheadDays">How many days before its day an occurrence is made.</param>
/// <param name="SkipOpen">While the last one is still open, no further one is made.</param>
public sealed record SeriesSaid(Recurrence Rule, short? DueMinute, int AheadDays, bool SkipOpen, TaskSaid Template);

public sealed record SeriesView
{
    public Guid Id { get; init; }
    public string? FhirId { get; init; }
    public Guid? Team { get; init; }
    public Guid? Board { get; init; }
    public Guid? Owner { get; init; }
    public string Pattern { get; init; } = "";
    public int Every { get; init; }
    public int[] Weekdays { get; init; } = [];
    public int? MonthDay { get; init; }
    public int? Nth { get; init; }
    public int? Month { get; init; }
    public DateOnly FirstDay { get; init; }
    public short? DueMinute { get; init; }
    public DateOnly? UntilDay { get; init; }
    public int? Times { get; init; }
    public int AheadDays { get; init; }
    public bool SkipOpen { get; init; }
    public string Template { get; init; } = "{}";
    public int NextOccurrence { get; init; }
    public DateOnly? NextDay { get; init; }
    public DateTimeOffset? StoppedAt { get; init; }
    public Guid? CreatedBy { get; init; }
    public int Version { get; init; }

    public TaskSaid Said => JsonSerializer.Deserialize<TaskSaid>(Template, JsonSerializerOptions.Web)!;
    public Recurrence Rule => new(Enum.Parse<Pattern>(Pattern, ignoreCase: true), Every, FirstDay, Weekdays, MonthDay, Nth, Month, UntilDay, Times);

    internal const string Columns = """
        id, fhir_id as FhirId, team, board, owner, pattern, every, weekdays, month_day as MonthDay, nth, month, first_day as FirstDay, due_minute as DueMinute, until_day as UntilDay, times,
        ahead_days as AheadDays, skip_open as SkipOpen, template::text as Template, next_occurrence as NextOccurrence, next_day as NextDay, stopped_at as StoppedAt, created_by as CreatedBy, version
        """;
}

/// <summary>TK-05: recurring tasks, made by the calendar whether or not the last one was done. Stop, or change all that follow.</summary>
public sealed class TaskSeries(TaskDesk desk)
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such series for you.", "series-unknown");

    public async Task<Outcome<Guid>> Start(Caller caller, SeriesSaid said, CancellationToken stop)
    {
        var zone = await desk.Zone(caller.Tenant, stop);
        return await desk.Db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
        {
            Guid? team = null;
            if (said.Template.Board is { } board)
            {
                team = await tx.Scalar<Guid?>("select team from collab.task_board where tenant = @Tenant and id = @board", new { tx.Tenant, board });
                if (team is null) return TaskBoards.Unknown;
                var may = await desk.Teams.May(tx, caller, team.Value, TeamRole.Member, change: true);
                if (!may.Ok) return may.Problem.Status == 404 ? TaskBoards.Unknown : may.Problem;
            }
            return await Insert(tx, said, team, team is null ? caller.Person : null, caller.Person, zone, null);
        }, stop);
    }

    /// <summary>No further occurrence; those made stay.</summary>
    public Task<Outcome<Guid>> Stop(Caller caller, Guid id, int seen, CancellationToken stop) => Change(caller, id, seen, async (tx, series) =>
    {
        await End(tx, series);
        return series.Id;
    }, stop);

    /// <summary>From a day on it goes by other words or another rule: the old series ends, a new one follows, open occurrences from then on make way.</summary>
    public async Task<Outcome<Guid>> Follow(Caller caller, Guid id, int seen, SeriesSaid said, CancellationToken stop)
    {
        var zone = await desk.Zone(caller.Tenant, stop);
        return await Change(caller, id, seen, async (tx, series) =>
        {
            var next = await Insert(tx, said with { Template = said.Template with { Board = series.Board } }, series.Team, series.Owner, caller.Person, zone, id);
            if (!next.Ok) return next;
            await End(tx, series);
            foreach (var task in await tx.Query<Guid>("""
                select id from collab.task where tenant = @Tenant and series = @id and due_day >= @First and deleted_at is null and status in ('requested', 'received', 'accepted', 'ready') order by id
                """, new { tx.Tenant, id, said.Rule.First }))
            {
                if (await TaskSql.Lock(tx, task) is not { DeletedAt: null, Progress: Progress.NotStarted } untouched) continue;
                await tx.Execute("update collab.task set deleted_at = @Now, deleted_by = @by, version = version + 1 where tenant = @Tenant and id = @task", new { tx.Tenant, tx.Now, task, by = caller.Person });
                await TaskSql.Happened(tx, task, "deleted", null, "series");
                await desk.Publish(tx, untouched, "deleted");
            }
            return next;
        }, stop);
    }

    public Task<Outcome<SeriesView>> One(Caller caller, Guid id, CancellationToken stop) => desk.Db.In<Outcome<SeriesView>>(caller.Tenant, caller.Actor, async tx =>
        await Find(tx, id) is { } series && await May(tx, caller, series, TeamRole.Member, false) is null ? series : Unknown, stop);

    private Task<Outcome<Guid>> Change(Caller caller, Guid id, int seen, Func<Tx, SeriesView, Task<Outcome<Guid>>> act, CancellationToken stop) =>
        desk.Db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await Find(tx, id, "for update") is not { } series || await May(tx, caller, series, TeamRole.Guest, false) is not null) return Unknown;
            if (await May(tx, caller, series, TeamRole.Member, true) is { } refused) return refused;
            if (series.Version != seen) return Problem.Conflict($"This series was changed at the same moment: it is now version {series.Version}.", "series-stale");
            if (series.StoppedAt is not null) return Problem.Conflict("This series has ended.", "series-ended");
            var done = await act(tx, series);
            return done.Ok ? done : tx.Abandon(done);
        }, stop);

    private async Task<Problem?> May(Tx tx, Caller caller, SeriesView series, TeamRole atLeast, bool change)
    {
        if (series.Team is not { } team) return series.Owner == caller.Person ? null : Unknown;
        var may = await desk.Teams.May(tx, caller, team, atLeast, change);
        return may.Ok ? null : may.Problem.Status == 404 ? Unknown : may.Problem;
    }

    internal static Task<SeriesView?> Find(Tx tx, Guid id, string locked = "") =>
        tx.OneOrNone<SeriesView>($"select {SeriesView.Columns} from collab.task_series where tenant = @Tenant and id = @id {locked}", new { tx.Tenant, id });

    internal async Task End(Tx tx, SeriesView series, bool publish = true)
    {
        await tx.Execute("update collab.task_series set stopped_at = @Now, next_day = null, make_at = null, version = version + 1 where tenant = @Tenant and id = @Id", new { tx.Tenant, tx.Now, series.Id });
        if (publish) await desk.PublishSeries(tx, series.Id, series.Team);
    }

    internal async Task<Outcome<Guid>> Insert(Tx tx, SeriesSaid said, Guid? team, Guid? owner, Guid? by, TimeZoneInfo zone, Guid? follows, string? fhirId = null)
    {
        var template = said.Template with { StartDay = null, StartMinute = null, DueDay = null, DueMinute = null };
        var wrong = said.Rule.Wrong();
        if (wrong.Count > 0) return Problem.All(wrong) with { Status = 422 };
        if (said.AheadDays is < 0 or > 60) return Problem.Unprocessable("Occurrences are made 0 to 60 days ahead.", "ahead");
        if (await TaskRow.Wrong(tx, template, team, owner ?? by, zone) is { } problem) return problem;
        // From today on: of a rule that began years ago nobody wants every day since. Its occurrences keep their numbers.
        var today = TaskTime.Day(tx.Now, zone);
        if (said.Rule.Occurrences().FirstOrDefault(o => o.Day >= today) is not { Occurrence: > 0 } first) return Problem.Unprocessable("No day from today on meets this rule.", "until", "series-empty");
        var (id, rule) = (tx.NewId(), said.Rule);
        await tx.Execute("""
            insert into collab.task_series (tenant, id, team, board, owner, pattern, every, weekdays, month_day, nth, month, first_day, due_minute, until_day, times, ahead_days, skip_open,
              template, next_occurrence, next_day, make_at, follows, fhir_id, created_at, created_by)
            values (@Tenant, @id, @team, @Board, @owner, @pattern, @Every, @weekdays, @MonthDay, @Nth, @Month, @First, @DueMinute, @Until, @Times, @AheadDays, @SkipOpen,
              @template::jsonb, @occurrence, @day, @makeAt, @follows, @fhirId, @Now, @by)
            """, new
        {
            tx.Tenant, tx.Now, id, team, template.Board, owner, pattern = Name(rule.Pattern), rule.Every, weekdays = rule.Weekdays.Distinct().Order().ToArray(), rule.MonthDay, rule.Nth, rule.Month, rule.First,
            said.DueMinute, rule.Until, rule.Times, said.AheadDays, said.SkipOpen, template = JsonSerializer.Serialize(template, JsonSerializerOptions.Web), day = first.Day, occurrence = first.Occurrence, fhirId,
            makeAt = SeriesDue.MakeAt(first.Day, said.AheadDays, zone), follows, by,
        });
        await desk.PublishSeries(tx, id, team);
        return id;
    }

    private static string Name(Pattern pattern) => char.ToLowerInvariant(pattern.ToString()[0]) + pattern.ToString()[1..];
}
