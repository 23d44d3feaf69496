using Npgsql;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>
/// Writes of one caller that arrive while others of his are being written share the next transaction: its statements and
/// its commit cost the same for one as for twenty. Nobody waits for company (a write that finds a free line starts at once),
/// each is answered for itself after the commit, and what cannot be written together is written alone.
/// </summary>
internal sealed class SharedWrites(Db db, WriteEngine engine)
{
    /// <summary>Transactions of one caller at a time: while the database writes one, the other is prepared.</summary>
    private const int Lines = 2;
    private const int Most = 32;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Queue> queues = new(StringComparer.Ordinal);

    public Task<Outcome<WriteResult>> Write(Caller caller, WriteEntry entry, CancellationToken stop)
    {
        var one = new Waiting(caller, entry, Names(entry), stop);
        var who = Who(caller);
        lock (gate)
        {
            if (!queues.TryGetValue(who, out var queue)) queue = queues[who] = new Queue();
            // What names the same thing as one under way, or as one that waits, waits its turn even where a line is free.
            if (queue.Running == Lines || queue.Held.Overlaps(one.Names) || queue.Waiting.Any(w => w.Names.Intersect(one.Names).Any()))
            {
                queue.Waiting.Add(one);
                return one.Answer.Task;
            }
            queue.Running++;
            queue.Held.UnionWith(one.Names);
        }
        _ = Drain(who, [one]);
        return one.Answer.Task;
    }

    private async Task Drain(string who, List<Waiting> batch)
    {
        while (batch.Count > 0)
        {
            await (batch.Count == 1 ? Alone(batch[0]) : Together(batch));
            lock (gate)
            {
                var queue = queues[who];
                queue.Held.ExceptWith(batch.SelectMany(one => one.Names));
                batch = Next(queue);
                if (batch.Count == 0 && --queue.Running == 0) queues.Remove(who);
            }
        }
    }

    /// <summary>Those that name the same thing go one after the other, in the order they came.</summary>
    private static List<Waiting> Next(Queue queue)
    {
        var names = new HashSet<string>(queue.Held, StringComparer.Ordinal);
        var batch = new List<Waiting>();
        foreach (var one in queue.Waiting)
        {
            if (one.Names.Aggregate(true, (free, name) => names.Add(name) && free)) batch.Add(one);
            if (batch.Count == Most) break;
        }
        queue.Waiting.RemoveAll(batch.Contains);
        queue.Held.UnionWith(batch.SelectMany(one => one.Names));
        return batch;
    }

    private async Task Together(List<Waiting> batch)
    {
        var here = batch.Where(one => !one.Stop.IsCancellationRequested).ToList();
        foreach (var gone in batch.Except(here)) gone.Answer.TrySetCanceled(gone.Stop);
        if (here.Count == 0) return;
        try
        {
            var refused = new Problem?[here.Count];
            // Whoever hangs up now has been heard: his write is as good as any other's.
            var written = await db.In<Outcome<IReadOnlyList<WriteResult>>>(here[0].Caller.Tenant, here[0].Caller.Actor, async tx =>
            {
                Array.Clear(refused);
                var results = await engine.Run(tx, [.. here.Select(one => one.Entry)], refused: refused);
                return results.Ok ? results : tx.Abandon(results);
            }, CancellationToken.None);
            if (written.Ok)
            {
                for (var i = 0; i < here.Count; i++) here[i].Answer.TrySetResult(refused[i] is { } no ? no : written.Value[i]);
                return;
            }
        }
        catch (Exception e) when (e is TimeoutException or NpgsqlException and not PostgresException)
        {
            // The database is away, for each of them.
            foreach (var one in here) one.Answer.TrySetException(e);
            return;
        }
#pragma warning disable CA1031 // Every one of them must have an answer, and nobody another one's.
        catch (Exception)
#pragma warning restore CA1031
        {
            // One of them breaks a rule of the database, or is more than we can bear; alone it is told so.
        }
        await Task.WhenAll(here.Select(Alone));
    }

    private async Task Alone(Waiting one)
    {
        try
        {
            one.Answer.TrySetResult(await db.In<Outcome<WriteResult>>(one.Caller.Tenant, one.Caller.Actor, async tx =>
            {
                var results = await engine.Run(tx, [one.Entry]);
                return results.Ok ? results.Value[0] : tx.Abandon<Outcome<WriteResult>>(results.Problem);
            }, one.Stop));
        }
        catch (OperationCanceledException) when (one.Stop.IsCancellationRequested)
        {
            one.Answer.TrySetCanceled(one.Stop);
        }
#pragma warning disable CA1031 // The request's own handling says what it means.
        catch (Exception e)
#pragma warning restore CA1031
        {
            one.Answer.TrySetException(e);
        }
    }

    /// <summary>Two that meet here must see what the other wrote.</summary>
    private static string[] Names(WriteEntry e)
    {
        var names = e.Identifiers.Select(value => $"{e.Type}|{value}").ToHashSet(StringComparer.Ordinal);
        if (e.Target is { } id) names.Add($"{e.Type}/{id}");
        if (e.Condition is not null && names.Count == 0) names.Add($"{e.Type}?");
        return [.. names];
    }

    /// <summary>All that the slices and the audit may look at.</summary>
    private static string Who(Caller c) =>
        string.Join('\n', [c.Tenant.ToString(System.Globalization.CultureInfo.InvariantCulture), c.Id, c.Kind.ToString(), c.Client, c.Source, c.Person?.ToString(), c.LaunchPatient, c.FhirUser, c.Seat?.ToString(), .. c.Scopes, "", .. c.Roles]);

    private sealed record Waiting(Caller Caller, WriteEntry Entry, string[] Names, CancellationToken Stop)
    {
        public TaskCompletionSource<Outcome<WriteResult>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Queue
    {
        public List<Waiting> Waiting { get; } = [];

        /// <summary>What is being written by either line.</summary>
        public HashSet<string> Held { get; } = new(StringComparer.Ordinal);
        public int Running { get; set; }
    }
}
