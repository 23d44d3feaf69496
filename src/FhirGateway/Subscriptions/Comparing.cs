using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Search.Own;
using HealthTeams.FhirGateway.Storage;
using Npgsql;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>A change that waits to be compared.</summary>
internal sealed record Fed
{
    public long Seq { get; init; }
    public Guid Event { get; init; }
    public DateTimeOffset At { get; init; }
    public string Kind { get; init; } = "";
    public string Type { get; init; } = "";
    public string Id { get; init; } = "";
    public int Version { get; init; }
}

/// <summary>
/// Which changes a subscription wants: its criteria are the search they look like, asked for the changed rows only, all
/// subscriptions in one round trip. The version that the change made is what is compared, not what the resource has become
/// since: versions already replaced, and what a delete took away, are indexed again under rows of their own for as long as
/// the question takes, in a transaction that is rolled back. Access is part of the question.
/// </summary>
internal sealed class Comparing(Db db, FhirSettings settings, Rids rids, OwnParameters own)
{
    /// <returns>Per subscription the changes that match, in their order; and what cannot be compared any more.</returns>
    public async Task<(List<(Subscribed To, List<Fed> Changes)> Matches, List<(Subscribed Of, Problem Why)> Broken)> Match(
        int tenant, IReadOnlyList<Fed> fed, IReadOnlyList<Subscribed> subscriptions, CancellationToken stop)
    {
        return await db.In(tenant, Actor.Product, async tx =>
        {
            // One snapshot: a version found current is compared as current.
            tx.Later(new NpgsqlBatchCommand("set transaction isolation level repeatable read"));
            return tx.Abandon(await Compare(tx, fed, subscriptions));
        }, stop);
    }

    private async Task<(List<(Subscribed, List<Fed>)>, List<(Subscribed, Problem)>)> Compare(Tx tx, IReadOnlyList<Fed> fed, IReadOnlyList<Subscribed> subscriptions)
    {
        var interesting = fed.Where(f => subscriptions.Any(s => Wants(s, f))).ToList();
        var asked = subscriptions.Where(s => interesting.Exists(f => Wants(s, f))).ToList();
        var rows = asked.Exists(NeedsQuery) ? await Rows(tx, [.. interesting.Where(f => asked.Exists(s => NeedsQuery(s) && Wants(s, f)))]) : [];
        var (found, broken) = await Ask(tx, asked, rows);
        var matches = asked.Except(broken.Select(b => b.Of))
            .Select(s => (s, interesting.Where(f => Wants(s, f) && (!NeedsQuery(s) || found.Contains((s.Id, f.Seq)))).OrderBy(f => f.Seq).ToList()))
            .Where(m => m.Item2.Count > 0).ToList();
        return (matches, broken);
    }

    private static bool Wants(Subscribed s, Fed f) => f.Seq > s.Since && (s.Type is null || s.Type == f.Type);
    private static bool NeedsQuery(Subscribed s) => s.Criteria.Length > 0 || s.Rights.Patient is not null;

    /// <summary>The row to ask for of each change: the current one, or one made for the purpose.</summary>
    private async Task<List<Row>> Rows(Tx tx, List<Fed> fed)
    {
        var wanted = fed.Select(f => f.Kind == "fhir.delete" ? f.Version - 1 : f.Version).ToArray();
        var args = new { tx.Tenant, seqs = fed.Select(f => f.Seq).ToArray(), types = fed.Select(f => ResourceTypes.Number(f.Type)).ToArray(), ids = fed.Select(f => f.Id).ToArray(), wanted };
        var current = (await tx.Query<(long Seq, long Rid)>("""
            select f.seq, r.rid from unnest(@seqs, @types, @ids, @wanted) as f (seq, type, id, version)
            join fhir.resource r on r.tenant = @Tenant and r.type = f.type and r.id = f.id and r.version = f.version and not r.deleted
            """, args)).ToDictionary(r => r.Seq, r => r.Rid);
        var rows = fed.Where(f => current.ContainsKey(f.Seq)).Select(f => new Row(f, current[f.Seq], null)).ToList();
        if (rows.Count == fed.Count) return rows;

        var old = (await tx.Query<(long Seq, byte[] Body)>("""
            select f.seq, h.body from unnest(@seqs, @types, @ids, @wanted) as f (seq, type, id, version)
            join fhir.history h on h.tenant = @Tenant and h.type = f.type and h.id = f.id and h.version = f.version and h.body is not null
            """, args)).ToDictionary(r => r.Seq, r => r.Body);
        var batch = new WriteBatch(tx, await own.Of(tx));
        foreach (var f in fed.Where(f => !current.ContainsKey(f.Seq) && old.ContainsKey(f.Seq)))
        {
            var rid = await rids.Next(tx.Stop);
            using var parsed = JsonDocument.Parse(old[f.Seq]);
            batch.Add(ResourceTypes.Number(f.Type), $"past-{rid}", rid, f.Version, "PUT", old[f.Seq], isNew: true, null, IndexRows.Of(f.Type, parsed.RootElement));
            rows.Add(new Row(f, rid, f.Id));
        }
        if (rows.Exists(r => r.PastId is not null)) batch.Later(tx.Now);
        return rows;
    }

    private async Task<(HashSet<(string, long)> Found, List<(Subscribed Of, Problem Why)> Broken)> Ask(Tx tx, List<Subscribed> subscriptions, List<Row> rows)
    {
        var parameters = await own.Of(tx);
        var (found, broken) = (new HashSet<(string, long)>(), new List<(Subscribed Of, Problem Why)>());
        var seqs = rows.ToDictionary(r => r.Rid, r => r.Of.Seq);
        var order = new List<string>();
        await tx.Send();
        await using var batch = tx.Batch();
        foreach (var s in subscriptions.Where(NeedsQuery))
        {
            foreach (var past in (bool[])[false, true])
            {
                foreach (var ofType in rows.Where(r => (r.PastId is not null) == past && Wants(s, r.Of)).GroupBy(r => r.Of.Type))
                {
                    var command = Command(tx, s, parameters, ofType.Key, [.. ofType], past);
                    if (!command.Ok)
                    {
                        if (!broken.Exists(b => b.Of == s)) broken.Add((s, command.Problem));
                        continue;
                    }
                    if (command.Value is not { } ask) continue;
                    batch.BatchCommands.Add(ask);
                    order.Add(s.Id);
                }
            }
        }
        if (order.Count == 0) return (found, broken);
        await using var reader = await batch.ExecuteReaderAsync(tx.Stop);
        foreach (var id in order)
        {
            while (await reader.ReadAsync(tx.Stop)) found.Add((id, seqs[reader.GetInt64(0)]));
            await reader.NextResultAsync(tx.Stop);
        }
        return (found, broken);
    }

    private Outcome<NpgsqlBatchCommand?> Command(Tx tx, Subscribed s, ParameterSet parameters, string type, List<Row> rows, bool past)
    {
        // Rights that are gone from the row mean nothing is told.
        var reach = s.Rights.On(type, s.Content == "empty" ? "s" : "rs");
        if (!reach.Ok) return (NpgsqlBatchCommand?)null;
        var built = SearchQuery.Build(new SearchOf(tx.Tenant, settings.Base, s.Rights.Within(reach.Value, tx.Tenant, type), [type]) { Parameters = parameters }, Conditions.Parse(s.Criteria), strict: true);
        if (!built.Ok) return built.Problem;
        var query = built.Value;
        var rid = query.Args.Add(rows.Select(r => r.Rid).ToArray());
        var from = past ? $"""
            (select p.tenant, p.type, m.id, p.rid, p.version, p.seq, p.updated, p.deleted, p.method, p.body
             from unnest({rid}, {query.Args.Add(rows.Select(r => r.PastId!).ToArray())}) as m (rid, id) join fhir.resource p on p.tenant = $1 and p.rid = m.rid)
            """ : "fhir.resource";
        return query.Args.Command($"select r.rid from {from} r where r.rid = any({rid}) and {query.Where}");
    }

    /// <param name="PastId">The id under which a row made for the purpose stands for a version of the past.</param>
    private sealed record Row(Fed Of, long Rid, string? PastId);
}
