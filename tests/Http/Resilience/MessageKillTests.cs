using HealthTeams.Host.Postgres;
using Npgsql;
using Xunit;

namespace HealthTeams.Tests.Resilience;

/// <summary>Repeats and escalations cut off in the middle by kill -9 of the host and of PostgreSQL: no step is lost, none doubled.</summary>
public sealed class MessageKillTests
{
    private const string Ward = "0199b000-0000-7000-8000-000000000001";
    private const int Messages = 6_000, Escalated = 150;

    [Fact, Trait("Row", "MSG-02"), Trait("Row", "15.1")]
    public async Task Killed_amid_repeats_and_escalations_every_step_happens_once()
    {
        var data = Path.Combine(Path.GetTempPath(), $"healthteams-message-kill-{Environment.ProcessId}");
        var port = KillTests.Port();
        try
        {
            using (var first = await KillTests.Run(data, port))
            {
                await using var sql = Connection(data);
                await sql.OpenAsync();
                await Prepare(sql);
                await TestProduct.Until(async () => await One(sql, "select count(*) from collab.message_escalation e join collab.message m on m.id = e.message where m.text = 'Kill' and e.outcome is not null") >= 10
                    && await One(sql, "select count(*) from collab.message_notification n join collab.message_delivery d on d.id = n.delivery join collab.message m on m.id = d.message where m.text = 'Kill'") >= 500, "some are done", 60);
                KillTests.Kill(first.Id, data);
                await first.WaitForExitAsync();
            }
            using var second = await KillTests.Run(data, port);
            await using var after = Connection(data);
            await after.OpenAsync();
            await TestProduct.Until(async () => await One(after, "select count(*) from collab.message_delivery where next_at <= now()") == 0, "every repeat is rung", 60);
            await TestProduct.Until(async () => await One(after, "select count(*) from collab.message_escalation where due_at <= now()") == 0, "every step is taken", 60);
            const string Of = "from collab.message_delivery d join collab.message m on m.tenant = d.tenant and m.id = d.message and m.text = 'Kill'";
            Assert.Equal(0L, await One(after, $"select count(*) {Of} where d.step <> (select count(*) from collab.message_notification n where n.tenant = d.tenant and n.delivery = d.id)"));
            Assert.Equal(0L, await One(after, $"select count(*) {Of} where d.step = 0"));
            // What was rung was told, each step in one event.
            Assert.Equal(await One(after, "select count(*) from collab.message_notification"), await One(after, "select sum(jsonb_array_length(data->'deliveries')) from platform.event where kind = 'message.notified'"));
            Assert.Equal(await One(after, "select count(*) from collab.message_notification"), await One(after, "select count(distinct (x.d, x.s)) from platform.event e cross join lateral (select * from rows from (jsonb_array_elements(e.data->'deliveries'), jsonb_array_elements(e.data->'steps')) as r (d, s)) x where e.kind = 'message.notified'"));
            Assert.Equal(Escalated, await One(after, $"select count(*) {Of} where d.escalated = 1"));
            Assert.Equal(Escalated, await One(after, "select count(*) from collab.message_escalation e join collab.message m on m.id = e.message where m.text = 'Kill' and e.outcome = 'asked' and cardinality(e.asked) = 1"));
            Assert.Equal(Escalated, await One(after, "select count(*) from platform.event e join collab.message m on e.subject = 'message/' || m.id where m.text = 'Kill' and e.kind = 'message.escalated'"));
            KillTests.Kill(second.Id, data);
            await second.WaitForExitAsync();
        }
        finally
        {
            if (Directory.Exists(data)) System.Diagnostics.Process.Start("rm", ["-rf", data]).WaitForExit();
        }
    }

    /// <summary>Rows as sending makes them, many at once: some whose first step of escalation has come.</summary>
    private static async Task Prepare(NpgsqlConnection sql)
    {
        await using var all = new NpgsqlCommand($$"""
            create temporary table kill as select gen_random_uuid() as id, n from generate_series(1, {{Messages}}) n;
            insert into collab.message (tenant, id, priority, sender, text, sent_at) select 1, id, 'urgent', 'The EHR', 'Kill', now() from kill;
            insert into collab.message_raised (tenant, message, team, receipt) select 1, id, '{{Ward}}', true from kill;
            insert into collab.message_escalation (tenant, message, step, id, kind, people, planned_at, due_at)
            select 1, k.id, 1, gen_random_uuid(), 'people', array[(select person from collab.team_member where team = '{{Ward}}' and role = 'Owner' order by person limit 1)], now(), now() from kill k where n <= {{Escalated}};
            insert into collab.message_delivery (tenant, id, message, recipient, priority, next_at, sent_at)
            select 1, gen_random_uuid(), k.id, m.person, 'urgent', now(), now() from kill k, (select person from collab.team_member where team = '{{Ward}}' and role = 'Member' order by person limit 1) m;
            """, sql);
        await all.ExecuteNonQueryAsync();
    }

    /// <summary>Of its own: one that was pooled before the kill is broken after it.</summary>
    private static NpgsqlConnection Connection(string data) => new(EmbeddedPostgres.RunningConnectionString(data) + ";Pooling=false");

    private static async Task<long> One(NpgsqlConnection sql, string query)
    {
        await using var command = new NpgsqlCommand(query, sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
