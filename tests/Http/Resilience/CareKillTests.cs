using System.Net;
using HealthTeams.Host.Postgres;
using Npgsql;
using Xunit;

namespace HealthTeams.Tests.Resilience;

/// <summary>Series, reminders and the sharing of a roster cut off in the middle: after the next start nothing is half, lost or doubled.</summary>
public sealed class CareKillTests
{
    private const string Ward = "0199b000-0000-7000-8000-000000000001";
    private const int Series = 80, Reminders = 150, Shifts = 200;

    [Fact, Trait("Row", "TK-05"), Trait("Row", "TK-06"), Trait("Row", "SH-20")]
    public async Task Killed_in_the_middle_of_series_reminders_and_sharing_all_goes_on_and_nothing_twice()
    {
        var data = Path.Combine(Path.GetTempPath(), $"healthteams-care-kill-{Environment.ProcessId}");
        var port = KillTests.Port();
        try
        {
            bool? acknowledged;
            using (var first = await KillTests.Run(data, port))
            {
                await using var sql = Connection(data);
                await sql.OpenAsync();
                using var boss = await SignedIn(port, "nightingale");
                await Prepare(sql);
                var sharing = Share(boss);
                // In the middle: some occurrences and reminders are made, by far not all.
                await TestProduct.Until(async () => await One(sql, "select count(*) from collab.task where title = 'Kill round'") >= 20 && await One(sql, "select count(*) from collab.notice where kind = 'task.due' and data::text like '%Kill reminder%'") >= 20, "some are made", 60);
                KillTests.Kill(first.Id, data);
                acknowledged = await sharing;
                await first.WaitForExitAsync();
            }
            using var second = await KillTests.Run(data, port);
            await using var after = Connection(data);
            await after.OpenAsync();
            await TestProduct.Until(async () => await One(after, "select count(*) from collab.task_series where make_at <= now()") == 0, "every occurrence is made", 60);
            await TestProduct.Until(async () => await One(after, "select count(*) from collab.task_reminder where told_at is null and at <= now()") == 0, "every reminder is told", 60);

            // Today's and tomorrow's of each series, each with its one event and its one Task.
            Assert.Equal(Series, await One(after, "select count(*) from (select series from collab.task where title = 'Kill round' group by series having count(*) = 2 and count(distinct occurrence) = 2) x"));
            Assert.Equal(2 * Series, await One(after, "select count(*) from collab.task t join platform.event e on e.tenant = t.tenant and e.subject = 'task/' || t.id and e.kind = 'task.created' where t.title = 'Kill round'"));
            Assert.Equal(2 * Series, await One(after, "select count(*) from collab.task t join fhir.resource r on r.tenant = t.tenant and r.id = t.id::text and not r.deleted where t.title = 'Kill round'"));
            Assert.Equal(Reminders, await One(after, "select count(*) from collab.notice where kind = 'task.due' and data::text like '%Kill reminder%'"));
            Assert.Equal(Reminders, await One(after, "select count(distinct link) from collab.notice where kind = 'task.due' and data::text like '%Kill reminder%'"));

            // The roster is shared whole or not at all; if it was said to be shared, it is, and in FHIR too.
            var shared = await One(after, "select count(*) from collab.shift where label = 'Kill shift' and not draft");
            Assert.True(shared is 0 or Shifts, $"{shared} of {Shifts} are shared");
            if (acknowledged == true) Assert.Equal(Shifts, shared);
            Assert.Equal(shared, await One(after, "select count(*) from collab.shift s join fhir.resource r on r.tenant = s.tenant and r.id = s.id::text and not r.deleted where s.label = 'Kill shift' and not s.draft"));
            if (shared == 0)
            {
                using var boss = await SignedIn(port, "nightingale");
                Assert.True(await Share(boss));
                Assert.Equal(Shifts, await One(after, "select count(*) from collab.shift where label = 'Kill shift' and not draft"));
            }
            KillTests.Kill(second.Id, data);
            await second.WaitForExitAsync();
        }
        finally
        {
            if (Directory.Exists(data)) System.Diagnostics.Process.Start("rm", ["-rf", data]).WaitForExit();
        }
    }

    /// <summary>Rows as pages make them, many at once.</summary>
    private static async Task Prepare(NpgsqlConnection sql)
    {
        await using var all = new NpgsqlCommand($$"""
            insert into collab.shift (tenant, id, draft, team, kind, person, starts_at, ends_at, label, theme, changed_at)
            select 1, gen_random_uuid(), true, '{{Ward}}', 'shift', m.person, d, d + interval '4 hours', 'Kill shift', 'white', now()
            from (select person from collab.team_member where team = '{{Ward}}' and role = 'Member' order by person limit 4) m,
              generate_series(date_trunc('day', now()) + interval '400 days', date_trunc('day', now()) + interval '449 days', interval '1 day') d;
            insert into collab.task (tenant, id, team, board, title, place, due_day, due_at, created_at, updated_at)
            select 1, gen_random_uuid(), '{{Ward}}', b.id, 'Kill reminder', n, current_date, now(), now(), now() from (select id from collab.task_board where team = '{{Ward}}' and not published limit 1) b, generate_series(1, {{Reminders}}) n;
            insert into collab.task_assignee (tenant, task, person, at) select 1, t.id, m.person, now() from collab.task t, (select person from collab.team_member where team = '{{Ward}}' and role = 'Member' order by person limit 1) m where t.title = 'Kill reminder';
            insert into collab.task_reminder (tenant, task, kind, at) select 1, id, 'due', now() from collab.task where title = 'Kill reminder';
            insert into collab.task_series (tenant, id, team, board, pattern, every, first_day, ahead_days, template, next_day, make_at, created_at)
            select 1, gen_random_uuid(), '{{Ward}}', b.id, 'daily', 1, t.day, 1, jsonb_build_object('title', 'Kill round', 'board', b.id), t.day, now(), now()
            from (select id from collab.task_board where team = '{{Ward}}' and not published limit 1) b, (select (now() at time zone 'Europe/Paris')::date as day) t, generate_series(1, {{Series}}); -- the hospital's day, whatever the hour
            """, sql);
        await all.ExecuteNonQueryAsync();
    }

    /// <summary>Of its own: one that was pooled before the kill is broken after it.</summary>
    private static NpgsqlConnection Connection(string data) => new(EmbeddedPostgres.RunningConnectionString(data) + ";Pooling=false");

    /// <returns>Whether it was acknowledged; null when the connection broke.</returns>
    private static async Task<bool?> Share(HttpClient boss)
    {
        try
        {
            var (from, to) = (DateTime.Today.AddDays(399), DateTime.Today.AddDays(500));
            return (await TestProduct.Post(boss, $"/shifts/{Ward}/share", ("from", $"{from:yyyy-MM-dd}"), ("to", $"{to:yyyy-MM-dd}"))).StatusCode == HttpStatusCode.SeeOther;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static async Task<HttpClient> SignedIn(int port, string username)
    {
        var client = new HttpClient(new SecureCookies()) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var page = await client.GetStringAsync("/auth/sign-in");
        var answer = await client.PostAsync("/auth/sign-in", new FormUrlEncodedContent(new Dictionary<string, string> { ["username"] = username, ["password"] = "healthteams", ["__RequestVerificationToken"] = Form.Token(page) }));
        Assert.True((int)answer.StatusCode < 400, $"{answer.StatusCode}");
        return client;
    }

    private static async Task<long> One(NpgsqlConnection sql, string query)
    {
        await using var command = new NpgsqlCommand(query, sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
