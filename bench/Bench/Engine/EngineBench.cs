using System.Diagnostics;
using System.Globalization;
using System.Text;
using HealthTeams.Collaboration.Messages;
using HealthTeams.Host;
using HealthTeams.Host.Postgres;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Events;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace HealthTeams.Bench.Engine;

/// <summary>./run bench engine [--open N] [--steps N] [--seconds S] [--workers 1,2,3] [--out FILE]: the engine of urgent messages, its C# side and PostgreSQL (fsync on) on one machine.</summary>
internal static class EngineBench
{
    private const int People = 200;

    public static async Task<int> Measure(string[] args)
    {
        string? Option(string name) => Array.IndexOf(args, $"--{name}") is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        int Number(string name, int otherwise) => Option(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        var (open, steps, seconds) = (Number("open", 1_000_000), Number("steps", 100_000), Number("seconds", 30));
        var workers = (Option("workers") ?? "1,2,3").Split(',').Select(w => int.Parse(w, CultureInfo.InvariantCulture)).ToArray();
        var folder = Path.Combine(Path.GetTempPath(), $"healthteams-engine-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        var postgres = await EmbeddedPostgres.Start(folder, _ => { }, default);
        try
        {
            var setup = new DatabaseSetup(postgres.ConnectionString(), folder);
            await setup.Migrate(NullLogger.Instance, default);
            await using var db = new Db(setup.App(), setup.Worker(), TimeProvider.System, new EventRouting([]));
            await using var owner = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(setup.Owner) { CommandTimeout = 0 });
            await Fill(owner, open);
            var text = new StringBuilder(Head(open));
            foreach (var many in workers) Line(text, $"| {many} | {await Throughput(db, owner, many, steps):N0} |");
            var (rate, p50, p99, worst, late) = await Lateness(db, owner, open, seconds);
            text.AppendLine().AppendLine("## Lateness, repeats spread evenly").AppendLine().AppendLine("| open deliveries | steps/s asked for | p50 | p99 (aim 1 s) | worst | left undone |").AppendLine("|---|---|---|---|---|---|");
            Line(text, $"| {open:N0} | {rate:N0} | {p50:N3} s | {p99:N3} s | {worst:N3} s | {late:N0} |");
            Console.WriteLine(text);
            if (Option("out") is not "-") await File.WriteAllTextAsync(Option("out") ?? Path.Combine(Environment.GetEnvironmentVariable("HEALTHTEAMS_HOME") ?? ".", "bench/ENGINE.md"), text.ToString(), Encoding.UTF8);
            return 0;
        }
        finally
        {
            await postgres.Stop();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Open deliveries of many messages to the same people, none of them due.</summary>
    private static async Task Fill(NpgsqlDataSource owner, int open)
    {
        await Run(owner, $"""
            insert into platform.tenant (id, slug, name) values (1, 'bench', 'Bench') on conflict do nothing;
            insert into collab.person (tenant, id, kind, updated_at) select 1, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Staff', now() from generate_series(1, {People}) n;
            insert into collab.message (tenant, id, priority, sender, text, sent_at) select 1, gen_random_uuid(), 'urgent', 'Bench', '', now() from generate_series(1, {Math.Max(1, open / People)});
            insert into collab.message_delivery (tenant, id, message, recipient, priority, next_at, sent_at)
            select 1, gen_random_uuid(), m.id, p.id, 'urgent', now() + interval '1 day', now() + interval '1 day' from collab.message m, collab.person p;
            """);
        await Run(owner, "vacuum analyze collab.message_delivery");
        await Run(owner, "checkpoint");
    }

    /// <summary>So many due at one moment, taken by so many workers.</summary>
    private static async Task<double> Throughput(Db db, NpgsqlDataSource owner, int workers, int steps)
    {
        await Run(owner, $"""
            update collab.message_delivery set next_at = now(), sent_at = now() where (tenant, id) in (select tenant, id from collab.message_delivery where next_at > now() + interval '1 hour' limit {steps})
            """);
        await Run(owner, "checkpoint");
        var engine = new NotifyDue(db);
        var done = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(async () =>
        {
            while (await engine.Sweep(TimeProvider.System.GetUtcNow(), default) is > 0 and var n) Interlocked.Add(ref done, n);
        })));
        var rate = done / watch.Elapsed.TotalSeconds;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{workers} workers: {done:N0} steps, {rate:N0}/s"));
        return rate;
    }

    /// <summary>All of them repeat every two minutes: what is due in each second is due at its own moment of it.</summary>
    private static async Task<(double Rate, double P50, double P99, double Worst, long Left)> Lateness(Db db, NpgsqlDataSource owner, int open, int seconds)
    {
        await Run(owner, "truncate collab.message_notification; truncate platform.delivery");
        var begins = TimeProvider.System.GetUtcNow().AddSeconds(10 + open / 10_000.0);
        await Run(owner, string.Create(CultureInfo.InvariantCulture, $"""
            update collab.message_delivery set step = 0, closed = null, notified_at = null, sent_at = t.at, next_at = t.at
            from (select tenant, id, '{begins:O}'::timestamptz + random() * interval '120 seconds' as at from collab.message_delivery) t
            where message_delivery.tenant = t.tenant and message_delivery.id = t.id
            """));
        await Run(owner, "vacuum analyze collab.message_delivery");
        await Run(owner, "checkpoint");
        if (begins > TimeProvider.System.GetUtcNow()) await Task.Delay(begins - TimeProvider.System.GetUtcNow());
        else Console.Error.WriteLine("The rows took longer to prepare than was thought: the first of them begin late.");
        var engine = new NotifyDue(db);
        var end = Stopwatch.StartNew();
        var limit = TimeSpan.FromSeconds(seconds + 5);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (end.Elapsed < limit) if (await engine.Sweep(TimeProvider.System.GetUtcNow(), default) == 0) await Task.Delay(50);
        })));
        await using var command = owner.CreateCommand("""
            select percentile_cont(0.5) within group (order by late), percentile_cont(0.99) within group (order by late), max(late),
              (select count(*) from collab.message_delivery where next_at < now() - interval '1 second')
            from (select extract(epoch from n.at - d.sent_at) as late from collab.message_notification n join collab.message_delivery d on d.tenant = n.tenant and d.id = n.delivery where n.step = 0) x
            """);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (open / 120.0, Seconds(reader, 0), Seconds(reader, 1), Seconds(reader, 2), reader.GetInt64(3));
    }

    private static double Seconds(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? double.NaN : Convert.ToDouble(reader.GetValue(column), CultureInfo.InvariantCulture);

    private static string Head(int open) => string.Create(CultureInfo.InvariantCulture, $"""
        # The engine of urgent messages, measured

        `./run bench engine` on {Environment.ProcessorCount} processors that PostgreSQL (fsync on) and the engine's C# side share. A step is: claimed, a notification row, the next due time, the event for the pages, committed; batches of {NotifyDue.BatchSize}. {open:N0} deliveries are open throughout.

        ## Steps a second, all due at one moment (aim 20,000)

        | workers | steps/s |
        |---|---|

        """);

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));

    private static async Task Run(NpgsqlDataSource owner, string sql)
    {
        await using var command = owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
