using System.Text.Json;
using Dapper;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Due;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Platform.Live;

/// <summary>
/// Carries events to the pages of all hosts: one host takes the batch off the queue and rings one coalesced
/// NOTIFY with ids; every host hears it and tells its own connections. Whoever was not listening for a moment
/// tells everybody to look again: pages and rooms fetch, nothing is repeated.
/// </summary>
public sealed class LiveRelay(Db db, Wake wake, IEnumerable<LiveRoute> routes, IHubContext<LiveHub> hub, ILogger<LiveRelay> log) : BackgroundService
{
    public const string Consumer = "live";
    private const string Channel = "healthteams_live";
    private const int AtOnce = 200;
    private const int PayloadLimit = 7800; // PostgreSQL takes fewer than 8000 bytes
    private const int GroupsTold = 100; // of at most 60 bytes each: a team of thousands is told in several parts
    private readonly LiveRoute[] routes = [.. routes];

    /// <summary>Every host hears every change; rooms refresh themselves from it.</summary>
    public event Action<LiveChange, IReadOnlyList<string>>? Heard;

    /// <summary>Notifications may have been missed: whoever acts on <see cref="Heard"/> looks again at everything.</summary>
    public event Action? Relistened;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        Endless.Run("The live updates' queue", Take, log, stoppingToken), Endless.Run("Listening for live updates", Listen, log, stoppingToken));

    private async Task Take(CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        while (!stop.IsCancellationRequested)
        {
            var bell = wake.Bell;
            await using var transaction = await connection.BeginTransactionAsync(stop);
            var rows = (await connection.QueryAsync<Row>(new CommandDefinition("""
                with taken as (
                  delete from platform.delivery where seq in (
                    select seq from platform.delivery where consumer = 'live' order by seq limit @AtOnce for update skip locked)
                  returning tenant, event)
                select e.tenant, e.id, e.at, e.kind, e.subject, e.patient, e.data::text as data
                from taken join platform.event e on e.tenant = taken.tenant and e.id = taken.event
                """, new { AtOnce }, transaction, cancellationToken: stop))).AsList();
            foreach (var payload in Payloads(rows))
            {
                await connection.ExecuteAsync(new CommandDefinition(
                    "select pg_notify(@Channel, @payload)", new { Channel, payload }, transaction, cancellationToken: stop));
            }
            await transaction.CommitAsync(stop);
            if (rows.Count == 0) await wake.Wait(bell, TimeSpan.FromSeconds(1), stop);
            else if (rows.Count < AtOnce) await Task.Delay(Bell.Gather, stop); // the first is told at once, the next ones together
        }
    }

    private IEnumerable<string> Payloads(List<Row> rows)
    {
        var batch = new List<Told>();
        var size = 2;
        foreach (var row in rows)
        {
            var e = new Event(row.Id, row.Tenant, row.At, row.Kind, row.Subject, row.Patient, Actor.Product, row.Data);
            foreach (var groups in routes.SelectMany(r => Groups(r, e)).Distinct().Chunk(GroupsTold))
            {
                var told = new Told(groups, new LiveChange(e.Kind, e.Subject, e.Id));
                var length = JsonSerializer.SerializeToUtf8Bytes(told).Length + 1;
                if (size + length > PayloadLimit && batch.Count > 0)
                {
                    yield return JsonSerializer.Serialize(batch);
                    batch.Clear();
                    size = 2;
                }
                batch.Add(told);
                size += length;
            }
        }
        if (batch.Count > 0) yield return JsonSerializer.Serialize(batch);
    }

    /// <summary>An event that one slice cannot read must not hold back everybody's.</summary>
    private string[] Groups(LiveRoute route, Event e)
    {
        try
        {
            return [.. route.Groups(e)];
        }
#pragma warning disable CA1031 // The queue would meet the same event again for ever.
        catch (Exception x)
#pragma warning restore CA1031
        {
            log.LogError(x, "No pages were found for event {Event} of kind {Kind}", e.Id, e.Kind);
            return [];
        }
    }

    private async Task Listen(CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        connection.Notification += (_, note) => _ = Endless.Once("Telling live updates", _ => Tell(note.Payload), log, CancellationToken.None);
        await connection.ExecuteAsync(new CommandDefinition($"listen {Channel}", cancellationToken: stop));
        // PostgreSQL keeps nothing for those who were not listening.
        Relistened?.Invoke();
        await hub.Clients.All.SendAsync("changed", new LiveChange("live.reset", "", Guid.CreateVersion7(db.Clock.GetUtcNow())), stop);
        try
        {
            while (!stop.IsCancellationRequested) await connection.WaitAsync(stop);
        }
        finally
        {
            // Connections are not reset when they go back to the pool.
            if (connection.FullState == System.Data.ConnectionState.Open) await connection.ExecuteAsync("unlisten *");
        }
    }

    private async Task Tell(string payload)
    {
        foreach (var told in JsonSerializer.Deserialize<List<Told>>(payload) ?? [])
        {
            Heard?.Invoke(told.Change, told.Groups);
            await hub.Clients.Groups(told.Groups).SendAsync("changed", told.Change);
        }
    }

    private sealed record Told(string[] Groups, LiveChange Change);

    private sealed record Row
    {
        public int Tenant { get; init; }
        public Guid Id { get; init; }
        public DateTimeOffset At { get; init; }
        public string Kind { get; init; } = "";
        public string Subject { get; init; } = "";
        public string? Patient { get; init; }
        public string Data { get; init; } = "{}";
    }
}
