using System.Net;
using HealthTeams.Collaboration.Tasks;
using Xunit;

namespace HealthTeams.Tests.Tasks;

/// <summary>What comes with time: reminders, recurrence, retention.</summary>
public sealed class TimeTests(TaskScene scene) : IClassFixture<TaskScene>
{
    [Fact, Trait("Row", "TK-01")]
    public async Task Reminders_come_before_at_and_after_the_time_once_each_and_not_for_what_is_done()
    {
        await scene.Fresh();
        var due = TimeZoneInfo.ConvertTime(scene.Clock.GetUtcNow().AddHours(2), TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris"));
        (string, string)[] when = [("dueDay", due.ToString("yyyy-MM-dd")), ("dueTime", due.ToString("HH:mm")), ("remind", "60"), ("assignees", $"{scene.Member}")];
        var (task, done) = (await scene.AddToBoard("Remind me", when), await scene.AddToBoard("Remind me not", when));
        await scene.Act(scene.Nurse, done, "completion");
        Task<string?> Told(Guid of) => scene.Ask<string>($"select string_agg(kind, ' ' order by at) from collab.notice where person = '{scene.Member}' and link = '/tasks/{of}' and kind <> 'task.assigned'");
        await scene.Sweep<RemindDue>();
        Assert.Null(await Told(task));
        foreach (var told in new[] { "task.before", "task.before task.due", "task.before task.due task.overdue" })
        {
            scene.Clock.Advance(TimeSpan.FromMinutes(61));
            await Task.WhenAll(scene.Sweep<RemindDue>(), scene.Sweep<RemindDue>());
            Assert.Equal(told, await Told(task));
        }
        Assert.Null(await Told(done));
    }

    [Fact, Trait("Row", "TK-05")]
    public async Task A_recurring_task_comes_by_the_calendar_though_nobody_did_the_last_one()
    {
        var (series, days) = await Series("Evening check", ("repeat", "Daily"), ("times", "4"), ("dueTime", "21:00"), ("ahead", "1"), ("checks", "Oxygen\nSuction"), ("assignees", $"{scene.Member}"));
        for (var day = 0; day < 6; day++)
        {
            // Several workers at once make each occurrence once.
            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => scene.Sweep<SeriesDue>()));
            Assert.Equal(Math.Min(day + 2, 4), await Made(series));
            scene.Clock.Advance(TimeSpan.FromDays(1));
        }
        Assert.Equal("1 2 3 4", await scene.Ask<string>($"select string_agg(occurrence::text, ' ' order by due_day) from collab.task where series = '{series}'"));
        Assert.Equal(days.AddDays(3).ToString("yyyy-MM-dd"), await scene.Ask<string>($"select max(due_day)::text from collab.task where series = '{series}'"));
        Assert.Equal(8L, await scene.Ask<long>($"select count(*) from collab.task_check c join collab.task t on t.id = c.task where t.series = '{series}'"));
        Assert.NotNull(await scene.Ask<DateTime?>($"select stopped_at from collab.task_series where id = '{series}'"));
    }

    [Fact, Trait("Row", "TK-05")]
    public async Task Skip_while_open_makes_none_until_the_last_one_is_done()
    {
        var (series, _) = await Series("Weekly order", ("repeat", "Daily"), ("skipOpen", "on"), ("ahead", "0"));
        await scene.Sweep<SeriesDue>();
        scene.Clock.Advance(TimeSpan.FromDays(2));
        await scene.Sweep<SeriesDue>();
        Assert.Equal(1, await Made(series));
        await scene.Fresh();
        await scene.Act(scene.Nurse, await scene.Ask<Guid>($"select id from collab.task where series = '{series}'"), "completion");
        scene.Clock.Advance(TimeSpan.FromDays(1));
        await scene.Sweep<SeriesDue>();
        Assert.Equal(2, await Made(series));
        Assert.Equal("1 4", await scene.Ask<string>($"select string_agg(occurrence::text, ' ' order by occurrence) from collab.task where series = '{series}'"));
    }

    [Fact, Trait("Row", "TK-05")]
    public async Task A_series_is_stopped_or_changed_from_a_day_on_and_a_stale_change_is_refused()
    {
        var (series, first) = await Series("Round", ("repeat", "Weekly"), ("ahead", "14"));
        await scene.Sweep<SeriesDue>();
        Assert.Equal(3, await Made(series));
        var page = TaskScene.Text(await scene.Nurse.GetStringAsync($"/tasks/series/{series}"));
        Assert.Contains("every week on", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await scene.Outside.GetAsync($"/tasks/series/{series}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(scene.Outside, $"/tasks/series/{series}?handler=end&version=1")).StatusCode);
        var changed = await TestProduct.Post(scene.Nurse, $"/tasks/series/{series}/edit", ("version", "1"), ("title", "Round, with the pharmacist"), ("repeat", "Daily"), ("priority", "5"), ("dueDay", first.AddDays(7).ToString("yyyy-MM-dd")), ("ahead", "10"));
        Assert.Equal(HttpStatusCode.SeeOther, changed.StatusCode);
        var next = Guid.Parse(changed.Headers.Location!.ToString().Split('/')[^1]);
        await scene.Sweep<SeriesDue>();
        // The first stays; those from the day on made way for the new rule.
        Assert.Equal(1L, await scene.Ask<long>($"select count(*) from collab.task where series = '{series}' and deleted_at is null"));
        Assert.Equal(4, await Made(next));
        await TaskScene.Refused(await TestProduct.Post(scene.Nurse, $"/tasks/series/{series}?handler=end&version=1"), HttpStatusCode.Conflict);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(scene.Nurse, $"/tasks/series/{next}?handler=end&version=1")).StatusCode);
        scene.Clock.Advance(TimeSpan.FromDays(30));
        await scene.Sweep<SeriesDue>();
        Assert.Equal(4, await Made(next));
    }

    [Fact, Trait("Row", "TK-11")]
    public async Task What_was_deleted_a_month_ago_is_gone()
    {
        await scene.Fresh();
        var task = await scene.AddToBoard("Delete me for good");
        await scene.Act(scene.Nurse, task, "deletion");
        await scene.Sql($"update collab.task set deleted_at = deleted_at - interval '31 days' where id = '{task}'");
        Assert.Equal(HttpStatusCode.Gone, (await TestProduct.Post(scene.Nurse, $"/tasks/{task}/restoration")).StatusCode);
        scene.Clock.Advance(TimeSpan.FromHours(2));
        await scene.Sweep<TaskRetention>();
        await TestProduct.Until(async () => await scene.Ask<long>($"select count(*) from collab.task where id = '{task}'") == 0, "the task is gone");
    }

    [Fact, Trait("Row", "TK-05")]
    public async Task A_series_that_cannot_be_made_or_is_not_due_in_another_time_zone_neither_spins_nor_stops_the_others()
    {
        var (broken, _) = await Series("Broken", ("repeat", "Daily"), ("ahead", "0"));
        var (early, _) = await Series("Early", ("repeat", "Daily"), ("ahead", "0"));
        var (sound, _) = await Series("Sound", ("repeat", "Daily"), ("ahead", "0"));
        await scene.Sweep<SeriesDue>();
        await scene.Sql($"update collab.task_series set template = '[]' where id = '{broken}'");
        // Before the clock moves: the product sweeps by itself, too.
        await scene.Sql($"update collab.task_series set next_day = next_day + 3 where id = '{early}'");
        scene.Clock.Advance(TimeSpan.FromDays(1));
        await scene.Sweep<SeriesDue>();
        Assert.Equal((1, 1, 2), (await Made(broken), await Made(early), await Made(sound)));
        Assert.True(await scene.Ask<bool>($"select bool_and(make_at > '{scene.Clock.GetUtcNow():O}') from collab.task_series where id in ('{broken}', '{early}')"));
        await scene.Sql($"update collab.task_series set next_day = null, make_at = null, stopped_at = now() where id in ('{broken}', '{early}')");
    }

    [Fact, Trait("Row", "TK-05")]
    public async Task A_pattern_that_is_none_makes_no_series()
    {
        await scene.Fresh();
        var made = await TestProduct.Post(scene.Chief, "/tasks/new", ("title", "Pattern 99"), ("board", $"{scene.Board}"), ("dueDay", "2026-12-01"), ("repeat", "99"));
        Assert.True((int)made.StatusCode < 500, $"{made.StatusCode}");
        Assert.Equal(0L, await scene.Ask<long>("select count(*) from collab.task_series where pattern not in ('daily', 'weekly', 'monthlyDay', 'monthlyWeekday', 'yearly')"));
    }

    private async Task<(Guid, DateOnly)> Series(string title, params (string, string)[] more)
    {
        await scene.Fresh();
        var first = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(scene.Clock.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris")).DateTime);
        var made = await TestProduct.Post(scene.Chief, "/tasks/new", [("title", title), ("board", $"{scene.Board}"), ("priority", "5"), ("dueDay", first.ToString("yyyy-MM-dd")), .. more]);
        Assert.True(made.StatusCode == HttpStatusCode.SeeOther, TaskScene.Text(await made.Content.ReadAsStringAsync()));
        return (Guid.Parse(made.Headers.Location!.ToString().Split('/')[^1]), first);
    }

    private Task<int> Made(Guid series) => scene.Ask<int>($"select count(*)::int from collab.task where series = '{series}'");
}
