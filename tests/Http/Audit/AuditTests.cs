using System.Net;
using System.Text.RegularExpressions;
using HealthTeams.Collaboration.Audit;
using HealthTeams.Platform.Audit;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace HealthTeams.Tests.Audit;

/// <summary>The record that nobody changes, and what an auditor does with it.</summary>
public sealed class AuditTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static int count;

    private async Task<HttpClient> Admin(string tenant = "demo")
    {
        var name = $"auditor{Interlocked.Increment(ref count)}";
        await product.Staff(name, "Dix", tenant, "administrator");
        return await product.SignedIn(name);
    }

    private Task<(ChainVerdict Reads, ChainVerdict Changes)> Verify(string? head = null) => product.Db.In(1, Actor.Product, async tx => (await AuditVerify.Reads(tx, head), await AuditVerify.Changes(tx, head)), default);

    private Task<int> Seal() => product.Db.In(1, Actor.Product, EventSeals.Seal, default);

    /// <summary>As somebody would who owns the database: the application's role may not.</summary>
    private Task Forge(string sql) => product.Sql(sql);

    [Fact, Trait("Row", "AU-01")]
    public async Task Whatever_is_changed_taken_out_or_put_in_breaks_the_chain_at_the_batch_it_was_in()
    {
        var admin = await Admin();
        var booked = await product.Book("audit-1", mrn: "MRN-A1");
        for (var i = 0; i < 3; i++)
        {
            await admin.GetStringAsync($"/visits/{booked.Visit}/invite");
            await TestProduct.Until(async () => await product.Ask<long>($"select count(*) from platform.access where subject = 'visit/{booked.Visit}'") > i, "the read is kept");
            await TestProduct.Post(admin, "/admin/policies", ("area", "calling"), ("name", $"Audit {i}"));
            await Seal();
        }
        var (reads, changes) = await Verify();
        Assert.True(reads is { Broken: null, Batches: >= 3 } && changes is { Broken: null, Batches: >= 3 }, $"{reads} {changes}");
        var seq = await product.Ask<long>($"select b.seq from platform.access_batch b join platform.access a on a.batch = b.id where a.subject = 'visit/{booked.Visit}' order by b.seq limit 1");
        var id = await product.Ask<Guid>($"select id from platform.access where subject = 'visit/{booked.Visit}' order by at limit 1");

        foreach (var (forge, mend, why) in new[]
        {
            ($"update platform.access set actor = 'nobody' where id = '{id}'", $"update platform.access set actor = (select actor from platform.access where subject = 'visit/{booked.Visit}' and id <> '{id}' limit 1) where id = '{id}'", "changed"),
            ($"create table forged as select * from platform.access where id = '{id}'; delete from platform.access where id = '{id}'", "insert into platform.access select * from forged", "missing"),
            ($"insert into platform.access select tenant, at, gen_random_uuid(), batch, 'ghost', actor_kind, client, source, action, subject, patient, outcome from platform.access where id = '{id}'", "delete from platform.access where actor = 'ghost'", "put in"),
        })
        {
            await Forge(forge);
            var broken = (await Verify()).Reads;
            Assert.True(broken.Broken == seq && broken.Why!.Contains(why, StringComparison.Ordinal), $"{forge}: {broken}");
            await Forge(mend);
            Assert.Null((await Verify()).Reads.Broken);
        }

        // A change: its words, then the batch itself, then the end of the chain.
        var head = (await Verify()).Changes.Head;
        var change = await product.Ask<Guid>("select e.id from platform.event e join collab.policy p on e.subject = 'policy/' || p.id where e.kind = 'policy.created' and p.name = 'Audit 0'");
        await Forge($"update platform.event set subject = 'policy/forged' where id = '{change}'");
        Assert.NotNull((await Verify()).Changes.Broken);
        await Forge($"update platform.event set subject = 'policy/' || (select p.id from collab.policy p where p.name = 'Audit 0') where id = '{change}'");
        Assert.Null((await Verify()).Changes.Broken);
        await Forge("create table cut as select * from platform.event_seal where seq = (select max(seq) from platform.event_seal where tenant = 1) and tenant = 1; delete from platform.event_seal s using cut c where s.tenant = c.tenant and s.seq = c.seq");
        Assert.NotNull((await Verify(head)).Changes.Broken);
        await Forge("insert into platform.event_seal select * from cut");
        Assert.Null((await Verify(head)).Changes.Broken);
    }

    [Fact, Trait("Row", "AU-01")]
    public async Task The_applications_role_can_neither_change_nor_remove_a_record()
    {
        await Admin();
        foreach (var table in new[] { "platform.event", "platform.access", "platform.access_batch", "platform.event_seal" })
        {
            foreach (var sql in new[] { $"update {table} set tenant = tenant", $"delete from {table}", $"truncate {table}" })
            {
                var refused = await Assert.ThrowsAsync<PostgresException>(() => product.Db.In(1, Actor.Product, tx => tx.Execute(sql), default));
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
            }
        }
    }

    [Fact, Trait("Row", "AU-01")]
    public async Task Changes_that_run_while_the_batch_is_closed_come_into_the_next_and_none_is_left_out()
    {
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++) await product.Db.In(1, Actor.Product, async tx => { tx.Publish("test.written", $"test/{w}-{i}"); await tx.Execute("select pg_sleep(0.002)"); }, default);
        })).ToList();
        while (!Task.WhenAll(writers).IsCompleted) await Seal();
        await Task.WhenAll(writers);
        await Seal();
        var (_, changes) = await Verify();
        Assert.Null(changes.Broken);
        Assert.Equal(await product.Ask<long>("select count(*) from platform.event where tenant = 1"), changes.Rows);
    }

    [Fact, Trait("Row", "AU-02"), Trait("Row", "AU-03"), Trait("Row", "AU-04"), Trait("Row", "AU-05")]
    public async Task The_trail_is_searched_by_who_what_whom_and_when_and_shows_nothing_of_another_hospital()
    {
        var nurse = await product.Staff("audit-nurse", "Seacole");
        var staff = await product.SignedIn("audit-nurse");
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(staff, "/teams/new", ("Name", "Audited"), ("Visibility", "private"))).StatusCode);
        var team = await product.Ask<Guid>("select id from collab.team where name = 'Audited'");
        await TestProduct.Post(staff, $"/teams/{team}/settings", ("Name", "Audited"), ("Description", "x"), ("Visibility", "public"), ("Version", "1"));
        var booked = await product.Book("audit-2", mrn: "MRN-A2", family: "Traced");
        await staff.GetStringAsync($"/visits/{booked.Visit}/invite");
        var patient = await product.Ask<Guid>($"select patient from collab.visit where id = '{booked.Visit}'");
        var admin = await Admin();
        await TestProduct.Until(async () => (await admin.GetStringAsync($"/admin/audit?person={nurse}&patient={patient}")).Contains($"visit/{booked.Visit}", StringComparison.Ordinal), "the read shows");
        var changes = await admin.GetStringAsync($"/admin/audit?person={nurse}&what=team.");
        Assert.Contains("team.created", changes, StringComparison.Ordinal);
        Assert.Contains("team.setting-changed", changes, StringComparison.Ordinal);
        Assert.DoesNotContain("staff.signed-in", changes, StringComparison.Ordinal);
        Assert.Contains("team.created", await admin.GetStringAsync($"/admin/audit?team={team}"), StringComparison.Ordinal);
        Assert.DoesNotContain("team.created", await admin.GetStringAsync($"/admin/audit?person={nurse}&from=2030-01-01"), StringComparison.Ordinal);
        var north = await Admin("north");
        Assert.DoesNotContain($"{nurse}", Regex.Match(await north.GetStringAsync($"/admin/audit?person={nurse}"), "<tbody.*</tbody>", RegexOptions.Singleline).Value, StringComparison.Ordinal);
        foreach (var path in new[] { "/admin/audit", "/admin/audit/exports", "/admin/audit/holds", "/admin/audit/urgent" }) Assert.Equal(HttpStatusCode.Forbidden, (await staff.GetAsync(path)).StatusCode);
        // Looking is on record.
        await TestProduct.Until(async () => await product.Ask<long>($"select count(*) from platform.access where action = 'search' and subject = 'audit' and patient = 'person/{patient}'") > 0, "the search is kept");
    }

    [Fact, Trait("Row", "AU-06")]
    public async Task Times_to_read_and_to_acknowledge_are_shown_per_team_as_chart_table_and_csv()
    {
        var (a, b) = (await product.Staff("times-a", "Barton"), await product.Staff("times-b", "Osler"));
        var team = await product.Team("Ward times", (a, "Owner"), (b, "Member"));
        var now = product.Clock.GetUtcNow();
        foreach (var (person, read, taken) in new[] { (a, 60, 120), (b, 180, 0) })
        {
            var id = Guid.NewGuid();
            await product.Sql($"""
                insert into collab.message (tenant, id, priority, sender, text, sent_at) values (1, '{id}', 'urgent', 'Lab', 'K 6.9', '{now.AddHours(-1):O}');
                insert into collab.message_delivery (tenant, id, message, recipient, priority, sent_at, read_at, acknowledged_at, closed) values (1, gen_random_uuid(), '{id}', '{person}', 'urgent', '{now.AddHours(-1):O}', '{now.AddHours(-1).AddSeconds(read):O}', {(taken == 0 ? "null" : $"'{now.AddHours(-1).AddSeconds(taken):O}'")}, 'read');
                """);
        }
        var admin = await Admin();
        var csv = await admin.GetStringAsync("/admin/audit/urgent?csv=true&days=1");
        Assert.Contains("\"Ward times\",2,2,1,120,168,120,120", csv, StringComparison.Ordinal);
        var page = await admin.GetStringAsync("/admin/audit/urgent?days=1");
        Assert.Contains("<svg class=\"times\" role=\"img\"", page, StringComparison.Ordinal);
        Assert.Contains("2 min 00 s", page, StringComparison.Ordinal);
        Assert.DoesNotContain("K 6.9", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Ward times", await (await Admin("north")).GetStringAsync("/admin/audit/urgent?days=1"), StringComparison.Ordinal);
        Assert.NotEqual(Guid.Empty, team);
    }

    [Fact, Trait("Row", "AU-06")]
    public async Task An_export_holds_the_trail_and_the_messages_in_both_forms_and_is_itself_on_record()
    {
        var person = await product.Staff("export-me", "Codman");
        var staff = await product.SignedIn("export-me");
        await staff.GetStringAsync("/visits");
        await product.Sql($"insert into collab.message (tenant, id, priority, sender, sender_person, text, sent_at) values (1, gen_random_uuid(), 'normal', '=cmd|calc', '{person}', 'said, \"so\"', now())");
        await TestProduct.Until(async () => await product.Ask<long>($"select count(*) from platform.access where actor = '{person}'") > 0, "the read is kept");
        var admin = await Admin();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TestProduct.Post(admin, "/admin/audit/exports")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(admin, "/admin/audit/exports", ("person", $"{person}"))).StatusCode);
        var id = await product.Ask<Guid>("select id from platform.audit_export order by asked_at desc limit 1");
        Assert.Equal(HttpStatusCode.NotFound, (await (await Admin("north")).GetAsync($"/admin/audit/exports?handler=file&id={id}")).StatusCode);
        var due = product.App.Services.GetServices<IDueSweep>().OfType<DiscoveryDue>().Single();
        await TestProduct.Until(async () =>
        {
            await due.Sweep(product.Clock.GetUtcNow(), default);
            return await product.Ask<bool>($"select finished_at is not null from platform.audit_export where id = '{id}'");
        }, "the export is written");
        var lines = await admin.GetStringAsync($"/admin/audit/exports?handler=file&id={id}");
        Assert.Contains("\"record\":\"read\"", lines, StringComparison.Ordinal);
        Assert.Contains("staff.signed-in", lines, StringComparison.Ordinal);
        var csv = await admin.GetStringAsync($"/admin/audit/exports?handler=file&id={id}&csv=true");
        Assert.Contains("'=cmd|calc", csv, StringComparison.Ordinal);
        Assert.Contains("\"said, \"\"so\"\"\"", csv, StringComparison.Ordinal);
        Assert.Equal(2L, await product.Ask<long>($"select count(*) from platform.event where kind = 'audit.export-opened' and subject = 'export/{id}'"));
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from platform.event where kind = 'audit.export-finished' and subject = 'export/{id}'"));
    }

    [Fact, Trait("Row", "AU-01")]
    public async Task A_hold_is_set_once_with_a_reason_and_ended_on_record()
    {
        var admin = await Admin();
        var team = await product.Team("Held team");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TestProduct.Post(admin, "/admin/audit/holds", ("team", $"{team}"), ("reason", ""))).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TestProduct.Post(admin, "/admin/audit/holds", ("team", $"{team}"), ("person", $"{Guid.NewGuid()}"), ("reason", "x"))).StatusCode);
        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(admin, "/admin/audit/holds", ("team", $"{team}"), ("reason", "Case 12"))).StatusCode);
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from platform.legal_hold where target = '{team}'"));
        Assert.True(await product.Ask<bool>($"select platform.held(1, '{team}')"));
        Assert.False(await product.Ask<bool>($"select platform.held(2, '{team}')"));
        var id = await product.Ask<Guid>($"select id from platform.legal_hold where target = '{team}'");
        Assert.Contains("Held team", await admin.GetStringAsync("/admin/audit/holds"), StringComparison.Ordinal);
        await TestProduct.Post(admin, "/admin/audit/holds?handler=end", ("id", $"{id}"));
        Assert.False(await product.Ask<bool>($"select platform.held(1, '{team}')"));
        Assert.Equal(2L, await product.Ask<long>($"select count(*) from platform.event where subject = 'hold/{id}'"));
    }
}
