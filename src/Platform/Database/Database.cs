using System.Data.Common;
using Dapper;
using Npgsql;

namespace HealthTeams.Platform.Database;

/// <summary>
/// The one way to PostgreSQL. Every piece of work names its tenant; row-level security hides the others.
/// The application's role is neither owner nor BYPASSRLS.
/// </summary>
public sealed class Db(NpgsqlDataSource app, NpgsqlDataSource worker, TimeProvider clock, EventRouting routing) : IAsyncDisposable
{
    private const int Attempts = 6;

    /// <summary>The application's data source: row-level security applies.</summary>
    public NpgsqlDataSource App => app;

    /// <summary>The sweeping role: sees the queue tables of all tenants and nothing else.</summary>
    public NpgsqlDataSource Worker => worker;

    public TimeProvider Clock => clock;

    /// <summary>Raised after a commit that left something to deliver: wakes the workers of this host.</summary>
    public event Action? Committed;

    /// <summary>Runs <paramref name="work"/> in one transaction of <paramref name="tenant"/>; deadlocks and serialization failures run it again.</summary>
    public async Task<T> In<T>(int tenant, Actor actor, Func<Tx, Task<T>> work, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await Once(tenant, actor, work, stop);
            }
            catch (PostgresException e) when (attempt < Attempts && e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5 << attempt), stop);
            }
        }
    }

    public Task In(int tenant, Actor actor, Func<Tx, Task> work, CancellationToken stop) =>
        In(tenant, actor, async tx => { await work(tx); return true; }, stop);

    private async Task<T> Once<T>(int tenant, Actor actor, Func<Tx, Task<T>> work, CancellationToken stop)
    {
        await using var connection = await app.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var tx = new Tx(connection, transaction, tenant, actor, clock.GetUtcNow(), routing, stop);
        await connection.ExecuteAsync(new CommandDefinition(
            "select set_config('app.tenant', @tenant, true)",
            new { tenant = tenant.ToString(System.Globalization.CultureInfo.InvariantCulture) }, transaction, cancellationToken: stop));
        var result = await work(tx);
        if (tx.Abandoned)
        {
            await transaction.RollbackAsync(stop);
            return result;
        }
        await tx.Flush();
        await transaction.CommitAsync(stop);
        if (tx.LeftDeliveries) Committed?.Invoke();
        return result;
    }

    /// <summary>For writers that bring their own batch (the gateway's one-round-trip writes).</summary>
    public void SignalCommitted() => Committed?.Invoke();

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await worker.DisposeAsync();
    }
}

/// <summary>One open transaction of one tenant: Dapper on it, events written with it.</summary>
public sealed class Tx(
    NpgsqlConnection connection, NpgsqlTransaction transaction, int tenant, Actor actor, DateTimeOffset now, EventRouting routing, CancellationToken stop)
{
    private readonly List<Event> events = [];

    public NpgsqlConnection Connection => connection;
    public NpgsqlTransaction Transaction => transaction;
    public int Tenant => tenant;
    public Actor Actor => actor;

    /// <summary>The time of this transaction, from the injected clock; PostgreSQL's own clock is never asked.</summary>
    public DateTimeOffset Now => now;

    public CancellationToken Stop => stop;
    public bool LeftDeliveries { get; private set; }
    internal bool Abandoned { get; private set; }

    public Task<IEnumerable<T>> Query<T>(string sql, object? args = null) => connection.QueryAsync<T>(Command(sql, args));
    public Task<T?> OneOrNone<T>(string sql, object? args = null) => connection.QuerySingleOrDefaultAsync<T>(Command(sql, args));
    public Task<T?> Scalar<T>(string sql, object? args = null) => connection.ExecuteScalarAsync<T>(Command(sql, args));
    public Task<int> Execute(string sql, object? args = null) => connection.ExecuteAsync(Command(sql, args));
    public Task<DbDataReader> Read(string sql, object? args = null) => connection.ExecuteReaderAsync(Command(sql, args));
    public Guid NewId() => Guid.CreateVersion7(now);

    /// <summary>Written when the work is done, in the same transaction as the state it tells of.</summary>
    public Event Publish(string kind, string subject, string? patient = null, object? data = null, TimeSpan delay = default)
    {
        var e = Event.Of(NewId(), tenant, now, kind, subject, patient, actor, data) with { Delay = delay };
        events.Add(e);
        return e;
    }

    /// <summary>The work found a reason to say no: nothing of it is kept.</summary>
    public T Abandon<T>(T answer)
    {
        Abandoned = true;
        return answer;
    }

    internal async Task Flush()
    {
        if (events.Count == 0) return;
        await using var batch = new NpgsqlBatch(connection, transaction);
        LeftDeliveries = EventSql.Append(batch, events, routing);
        await batch.ExecuteNonQueryAsync(stop);
        events.Clear();
    }

    private CommandDefinition Command(string sql, object? args) => new(sql, args, transaction, cancellationToken: stop);
}
