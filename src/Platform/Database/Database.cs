using System.Globalization;
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
        var result = await work(tx);
        if (tx.Abandoned)
        {
            await transaction.RollbackAsync(stop);
            return result;
        }
        await tx.Commit();
        if (tx.LeftDeliveries) Committed?.Invoke();
        return result;
    }

    /// <summary>For writers that bring their own transaction.</summary>
    public void SignalCommitted() => Committed?.Invoke();

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await worker.DisposeAsync();
    }
}

/// <summary>
/// One open transaction of one tenant: Dapper on it, events written with it. What needs no answer travels with the next
/// thing that does, or with the commit: a write of one resource is one round trip.
/// </summary>
public sealed class Tx
{
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;
    private readonly EventRouting routing;
    private readonly List<Event> events = [];
    private NpgsqlBatch waiting;

    internal Tx(NpgsqlConnection connection, NpgsqlTransaction transaction, int tenant, Actor actor, DateTimeOffset now, EventRouting routing, CancellationToken stop)
    {
        (this.connection, this.transaction, this.routing) = (connection, transaction, routing);
        (Tenant, Actor, Now, Stop) = (tenant, actor, now, stop);
        waiting = NewBatch();
        // Row-level security's tenant, of this transaction and never of the session. A number of ours: no parameter may stand here.
        Later(new NpgsqlBatchCommand($"set local app.tenant = '{tenant.ToString(CultureInfo.InvariantCulture)}'"));
    }

    public int Tenant { get; }
    public Actor Actor { get; }

    /// <summary>The time of this transaction, from the injected clock; PostgreSQL's own clock is never asked.</summary>
    public DateTimeOffset Now { get; }

    public CancellationToken Stop { get; }
    public bool LeftDeliveries { get; private set; }
    internal bool Abandoned { get; private set; }

    public async Task<IReadOnlyList<T>> Query<T>(string sql, object? args = null)
    {
        await using var batch = Batch();
        batch.BatchCommands.Add(Arguments.Command(sql, args));
        await using var reader = await batch.ExecuteReaderAsync(Stop);
        return await Rows<T>(reader);
    }

    /// <summary>Two questions in one round trip.</summary>
    public async Task<(IReadOnlyList<TFirst>, IReadOnlyList<TSecond>)> Query<TFirst, TSecond>((string Sql, object? Args) first, (string Sql, object? Args) second)
    {
        await using var batch = Batch();
        batch.BatchCommands.Add(Arguments.Command(first.Sql, first.Args));
        batch.BatchCommands.Add(Arguments.Command(second.Sql, second.Args));
        await using var reader = await batch.ExecuteReaderAsync(Stop);
        var rows = await Rows<TFirst>(reader);
        await reader.NextResultAsync(Stop);
        return (rows, await Rows<TSecond>(reader));
    }

    public async Task<T?> OneOrNone<T>(string sql, object? args = null) => (await Query<T>(sql, args)) switch
    {
        [] => default,
        [var one] => one,
        _ => throw new InvalidOperationException("More than one row."),
    };

    /// <summary>The first column of the first row; default when there is none, or it is null.</summary>
    public async Task<T?> Scalar<T>(string sql, object? args = null)
    {
        await using var batch = Batch();
        batch.BatchCommands.Add(Arguments.Command(sql, args));
        await using var reader = await batch.ExecuteReaderAsync(Stop);
        return await reader.ReadAsync(Stop) && !await reader.IsDBNullAsync(0, Stop) ? await reader.GetFieldValueAsync<T>(0, Stop) : default;
    }

    /// <param name="sql">One statement, or several with semicolons between them.</param>
    /// <returns>Rows changed by the last of them.</returns>
    public async Task<int> Execute(string sql, object? args = null)
    {
        await using var batch = Batch();
        foreach (var statement in sql.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) batch.BatchCommands.Add(Arguments.Command(statement, args));
        await batch.ExecuteNonQueryAsync(Stop);
        return (int)batch.BatchCommands[^1].RecordsAffected;
    }

    public Guid NewId() => Guid.CreateVersion7(Now);

    /// <summary>Runs with the next batch or query, or with the commit, in the order given. Must return no rows; what it breaks shows then.</summary>
    public void Later(NpgsqlBatchCommand command) => waiting.BatchCommands.Add(command);

    /// <summary>What waits, to be extended by commands that return rows and executed at once by the caller.</summary>
    public NpgsqlBatch Batch()
    {
        var batch = waiting;
        waiting = NewBatch();
        return batch;
    }

    /// <summary>Everything that waits is done now.</summary>
    public async Task Send()
    {
        if (waiting.BatchCommands.Count == 0) return;
        await using var batch = Batch();
        await batch.ExecuteNonQueryAsync(Stop);
    }

    /// <summary>Written when the work is done, in the same transaction as the state it tells of.</summary>
    public Event Publish(string kind, string subject, string? patient = null, object? data = null, TimeSpan delay = default)
    {
        var e = Event.Of(NewId(), Tenant, Now, kind, subject, patient, Actor, data) with { Delay = delay };
        events.Add(e);
        return e;
    }

    /// <summary>The work found a reason to say no: nothing of it is kept.</summary>
    public T Abandon<T>(T answer)
    {
        Abandoned = true;
        return answer;
    }

    /// <summary>The last writes, the events and the commit in one round trip. A batch that fails is not committed: what follows its error is not run.</summary>
    internal async Task Commit()
    {
        if (events.Count > 0) LeftDeliveries = EventSql.Append(waiting, events, routing);
        Later(new NpgsqlBatchCommand("commit"));
        await Send();
    }

    private async Task<List<T>> Rows<T>(NpgsqlDataReader reader)
    {
        var rows = new List<T>();
        if (!await reader.ReadAsync(Stop)) return rows;
        var parse = reader.GetRowParser(typeof(T));
        do rows.Add((T)parse(reader));
        while (await reader.ReadAsync(Stop));
        return rows;
    }

    private NpgsqlBatch NewBatch() => new(connection, transaction);
}
