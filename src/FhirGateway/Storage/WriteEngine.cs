using System.Runtime.CompilerServices;
using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Outcomes;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Search.Own;
using HealthTeams.FhirGateway.Validation;
using Npgsql;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>
/// Every write goes this way, one resource or a bundle, in the caller's transaction: lock the identifiers, resolve the
/// conditions, lock the rows, check versions, apply the slices, write all rows and events with the commit.
/// Conditional writes are race-free by one advisory lock per identifier, taken in sorted order by every write that
/// carries that identifier; a loser finds the winner's resource and answers as matched (FHIR-33, FHIR-34).
/// </summary>
internal sealed class WriteEngine(Rids rids, IResourceValidator validator, FhirSettings settings, IEnumerable<IResourceSlice> slices, OwnParameters own)
{
    private const int MostLocks = 500;
    private readonly ConditionalWeakTable<Tx, List<WriteResult>> later = [];
    private readonly IResourceSlice[] slices = [.. slices.OrderBy(s => s.Order)];

    /// <param name="transaction">The entries may refer to each other, and must not write the same thing twice.</param>
    /// <param name="refused">Entries of requests that have nothing to do with each other: why one is refused is put at its place here, and the others are written.</param>
    public async Task<Outcome<IReadOnlyList<WriteResult>>> Run(Tx tx, IReadOnlyList<WriteEntry> entries, bool transaction = false, bool applySlices = true, Problem?[]? refused = null)
    {
        var references = new ReferenceMap(settings.Base);
        // A projection makes nothing new and changes no identifier: the row's own lock is enough, and no order of locks is crossed.
        if (applySlices) Lock(tx, entries);
        var conditional = entries.Where(e => e.Condition is not null).ToList();
        var matches = new Queue<Outcome<List<string>>>(conditional.Count == 0 ? [] : await Conditions.Find(tx, [.. conditional.Select(e => (e.Type, e.Condition!, e.By))], settings.Base));
        var plan = new Planned?[entries.Count];
        for (var i = 0; i < entries.Count; i++)
        {
            var resolved = Resolve(tx, entries[i], entries[i].Condition is null ? (Outcome<List<string>>?)null : matches.Dequeue(), transaction ? references : null);
            if (resolved.Ok) plan[i] = resolved.Value;
            else if (refused is null) return At(entries[i], resolved.Problem, entries.Count);
            else refused[i] = resolved.Problem;
        }
        if (transaction)
        {
            if (Twice(plan!) is { } twice) return twice;
            if (await Unresolved(tx, plan!, references) is { } missing) return missing;
        }

        var current = await Current(tx, plan);
        var batch = new WriteBatch(tx, await own.Of(tx));
        var updated = new DateTimeOffset(tx.Now.Ticks - tx.Now.Ticks % TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
        var results = new WriteResult[plan.Length];
        var written = new List<(WriteResult Result, JsonElement Body, bool Unheard)>();
        for (var i = 0; i < plan.Length; i++)
        {
            if (plan[i] is not { } p) continue;
            var now = current.GetValueOrDefault((p.Entry.Type, p.Id));
            var one = await Write(p, now, batch, updated, references, tx.Stop);
            if (!one.Ok)
            {
                if (refused is null) return At(p.Entry, one.Problem, entries.Count);
                refused[i] = one.Problem;
                continue;
            }
            var result = results[i] = one.Value.Result;
            if (!result.Changed) continue;
            written.Add((result, one.Value.Body, p.Entry.Kind == WriteKind.Create));
            tx.Publish(result.Body is null ? "fhir.delete" : result.Status == 201 ? "fhir.create" : "fhir.update",
                $"{result.Type}/{result.Id}", PatientOf.Resource(result.Type, result.Id, result.Body ?? now?.Body), new { version = result.Version });
        }
        if (written.Count > 0) batch.Later(updated);
        if (!applySlices)
        {
            later.GetOrCreateValue(tx).AddRange(results);
            return results;
        }
        if (await Apply(tx, written) is { } no) return no;
        // A projection may have written a later version in this transaction: that is the one to answer with.
        if (later.TryGetValue(tx, out var projected))
        {
            for (var i = 0; i < results.Length; i++)
            {
                if (results[i] is { } own && projected.FindLast(r => r.Type == own.Type && r.Id == own.Id) is { } last) results[i] = last with { Status = own.Status };
            }
        }
        return results;
    }

    /// <summary>
    /// One lock per identifier value, and one per id that a client may be making at this moment; all taken in one order.
    /// </summary>
    private void Lock(Tx tx, IReadOnlyList<WriteEntry> entries)
    {
        var keys = new SortedSet<string>(entries.SelectMany(Names), StringComparer.Ordinal);
        if (keys.Count == 0) return;
        // A lock each for as many as PostgreSQL's lock table bears; a larger load has the tenant's gate to itself instead.
        var alone = keys.Count > MostLocks;
        tx.Later(new NpgsqlBatchCommand("call fhir.take_locks($1, $2, $3)")
        {
            Parameters = { new() { Value = tx.Tenant }, new() { Value = alone }, new() { Value = alone ? [] : keys.ToArray() } },
        });
    }

    private IEnumerable<string> Names(WriteEntry e)
    {
        // A PUT may make what it names; what is mapped is locked by pages under the same name, before its row and its visit.
        if ((e.Kind == WriteKind.Update || Array.Exists(slices, s => s.Type == e.Type)) && e.Target is { } id) yield return $"{e.Type}/{id}";
        foreach (var value in e.Identifiers) yield return $"{e.Type}|{value}";
        if (e.Condition is { } condition && !Conditions.Identifiers(condition).Any()) yield return $"{e.Type}|*";
    }

    private static Outcome<Planned> Resolve(Tx tx, WriteEntry e, Outcome<List<string>>? match, ReferenceMap? references)
    {
        var id = e.Id;
        var matched = false;
        if (match is { } found)
        {
            if (!found.Ok) return found.Problem;
            if (found.Value.Count > 1) return Problem.Precondition($"{e.Type}?{e.Condition} matches more than one resource.", "multiple-matches");
            matched = found.Value.Count == 1;
            var bodyId = e.Body is { } b ? FhirJson.Text(b, "id") : null;
            if (matched)
            {
                if (e.Kind == WriteKind.Update && bodyId is not null && bodyId != found.Value[0]) return Problem.Invalid("The resource's id is not the id of the match.", $"{e.Type}.id");
                id = found.Value[0];
            }
            else if (e.Kind == WriteKind.Patch) return Problem.NotFound($"Nothing matches {e.Type}?{e.Condition}.");
            else if (e.Kind == WriteKind.Update) id = bodyId;
        }
        var skip = (e.Kind == WriteKind.Create && matched) || (e.Kind == WriteKind.Delete && e.Condition is not null && !matched);
        id ??= e.Kind == WriteKind.Delete ? "" : tx.NewId().ToString();
        if (references is not null && e.FullUrl is { Length: > 0 } fullUrl && e.Kind != WriteKind.Delete)
        {
            references.Add(fullUrl, $"{e.Type}/{id}");
            // Within a bundle a relative reference means the entry with that fullUrl: http://hl7.org/fhir/R4/bundle.html#references
            if (Relative(fullUrl, e.Type) is { } relative) references.Add(relative, $"{e.Type}/{id}");
        }
        return new Planned(e, id, skip, e.Condition is not null && !matched);
    }

    /// <summary>Two entries for one resource in a transaction SHALL fail (FHIR-60, FHIR-61).</summary>
    private static Problem? Twice(Planned[] plan)
    {
        // Entries under the same condition that nothing meets yet would each make the resource the condition asks for.
        var targets = plan.Where(p => !p.Skip).Select(p => (What: $"{p.Entry.Type}/{p.Id}", p.Entry.Position))
            .Concat(plan.Where(p => p.MakesTheMatch).Select(p => (What: $"{p.Entry.Type}?{p.Entry.Condition}", p.Entry.Position)));
        return targets.GroupBy(t => t.What).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? Problem.Invalid($"{twice.Key} is written by more than one entry of the transaction (entries {string.Join(", ", twice.Select(t => t.Position))}).", "Bundle.entry")
            : null;
    }

    private static string? Relative(string fullUrl, string type)
    {
        var parts = fullUrl.Split('/');
        return fullUrl.StartsWith("http", StringComparison.Ordinal) && parts.Length > 3 && parts[^2] == type ? $"{parts[^2]}/{parts[^1]}" : null;
    }

    /// <summary>Conditional references become what they match; a urn:uuid that no entry has is an error that names it (FHIR-62, FHIR-65).</summary>
    private async Task<Problem?> Unresolved(Tx tx, Planned[] plan, ReferenceMap references)
    {
        var conditional = new Dictionary<string, WriteEntry>(StringComparer.Ordinal);
        foreach (var p in plan)
        {
            // A Bundle that is stored has entries of its own to refer to.
            if (p.Entry.Body is not { } body || p.Skip || p.Entry.Type == "Bundle") continue;
            foreach (var written in Conditions.ReferencesIn(body))
            {
                var reference = references.Local(written);
                if (references.Knows(reference)) continue;
                if (reference.StartsWith("urn:uuid:", StringComparison.Ordinal) || reference.StartsWith("urn:oid:", StringComparison.Ordinal))
                {
                    return Problem.Invalid($"No entry has the fullUrl {reference}.", $"Bundle.entry[{p.Entry.Position}].resource", "not-found");
                }
                if (LogicalReference.Is(reference)) conditional.TryAdd(reference, p.Entry);
            }
        }
        if (conditional.Count == 0) return null;
        var found = await Conditions.Find(tx, [.. conditional.Select(c => (LogicalReference.Split(c.Key).Type, LogicalReference.Split(c.Key).Condition, c.Value.By))], settings.Base);
        foreach (var ((reference, entry), match) in conditional.Zip(found))
        {
            var at = $"Bundle.entry[{entry.Position}].resource";
            if (!match.Ok) return match.Problem with { Detail = $"The reference {reference}: {match.Problem.Detail}", Where = at };
            if (match.Value.Count != 1)
            {
                return Problem.Precondition($"The reference {reference} matches {(match.Value.Count == 0 ? "nothing" : "more than one resource")}.",
                    match.Value.Count == 0 ? "not-found" : "multiple-matches") with { Where = at };
            }
            references.Add(reference, $"{LogicalReference.Split(reference).Type}/{match.Value[0]}");
        }
        return null;
    }

    private static async Task<Dictionary<(string, string), Stored>> Current(Tx tx, IEnumerable<Planned?> plan)
    {
        var targets = plan.OfType<Planned>().Where(p => p.Entry.Kind != WriteKind.Create || p.Skip).ToList();
        if (targets.Count == 0) return [];
        var rows = await tx.Query<Stored>("""
            select r.type, r.id, r.rid, r.version, r.updated, r.deleted, r.method, r.body
            from fhir.resource r join (select type, id from unnest(@types, @ids) as x (type, id) group by type, id) x on x.type = r.type and x.id = r.id
            where r.tenant = @Tenant
            order by r.type, r.id
            for update of r
            """, new { tx.Tenant, types = targets.Select(t => ResourceTypes.Number(t.Entry.Type)).ToArray(), ids = targets.Select(t => t.Id).ToArray() });
        return rows.ToDictionary(r => (ResourceTypes.Name(r.Type), r.Id));
    }

    private async Task<Outcome<(WriteResult Result, JsonElement Body)>> Write(
        Planned p, Stored? now, WriteBatch batch, DateTimeOffset updated, ReferenceMap references, CancellationToken stop)
    {
        var e = p.Entry;
        var exists = now is { Deleted: false };
        if (p.Skip)
        {
            if (e.Kind == WriteKind.Delete) return Unchanged(204, p, now);
            return exists ? Unchanged(200, p, now!) : Problem.Conflict($"{e.Type}/{p.Id} was deleted at the same moment. Repeat the request.");
        }
        if (e.IfMatch is { } demanded && (!exists || now!.Version != demanded))
        {
            return exists || e.Kind != WriteKind.Patch
                ? Problem.Precondition(exists ? $"The current version is {now!.Version}, not {demanded}." : "There is no current version.")
                : Problem.NotFound($"{e.Type}/{p.Id} does not exist.");
        }
        if (e.IfNoneMatchAny && exists) return Problem.Precondition($"{e.Type}/{p.Id} exists.");
        var type = ResourceTypes.Number(e.Type);
        if (e.Kind == WriteKind.Delete)
        {
            if (!exists) return Unchanged(204, p, now);
            var before = Parse(now!.Body!);
            batch.Add(type, p.Id, now.Rid, now.Version + 1, "DELETE", null, isNew: false, IndexRows.Of(e.Type, before), null);
            return (new WriteResult(204, e.Type, p.Id, now.Version + 1, updated, null, true) { Before = now.Body }, before);
        }
        JsonElement body;
        if (e.Kind == WriteKind.Patch)
        {
            if (!exists) return now is null ? Problem.NotFound($"{e.Type}/{p.Id} does not exist.") : Problem.Gone($"{e.Type}/{p.Id} has been deleted.");
            var patched = e.Patch!(Parse(now!.Body!));
            if (!patched.Ok) return patched.Problem;
            // What was taken as it came (handling=lenient) does not stand in the way of a patch of something else.
            if (validator.Validate(patched.Value, e.Type) is { Count: > 0 } all && all.Except(validator.Validate(now.Body!, e.Type)).ToList() is { Count: > 0 } issues) return Problem.Unprocessable(issues[0].Diagnostics, issues[0].Expression, issues[0].Code);
            body = Parse(patched.Value);
        }
        else body = e.Body!.Value;

        var version = (now?.Version ?? 0) + 1;
        var stored = FhirJson.Stamp(body, p.Id, version, updated, references);
        if (exists && FhirJson.SameButForStamp(stored, now!.Body!)) return Unchanged(200, p, now);
        // What the indexes and slices see is what is stored: references of ours are relative there.
        var after = references.Changes(body) ? Parse(stored) : body;
        batch.Add(type, p.Id, now?.Rid ?? await rids.Next(stop), version, Method(e.Kind), stored, now is null,
            exists ? IndexRows.Of(e.Type, Parse(now!.Body!)) : null, IndexRows.Of(e.Type, after));
        return (new WriteResult(exists ? 200 : 201, e.Type, p.Id, version, updated, stored, true) { Before = now?.Body }, after);
    }

    private async Task<Problem?> Apply(Tx tx, List<(WriteResult Result, JsonElement Body, bool Unheard)> written)
    {
        var here = written.Where(w => w.Result.Body is not null).ToDictionary(w => $"{w.Result.Type}/{w.Result.Id}", w => w.Body);
        async Task<Dictionary<string, JsonElement>> Read(IEnumerable<string> references)
        {
            var asked = references.Distinct().ToList();
            var found = await ResourceReads.Bodies(tx, asked.Where(r => !here.ContainsKey(r)));
            foreach (var logical in asked.Where(LogicalReference.Is))
            {
                var (type, condition) = LogicalReference.Split(logical);
                if (await Conditions.Find(tx, type, condition, settings.Base) is { Ok: true, Value: [var id] } && await ResourceReads.Body(tx, $"{type}/{id}") is { } body) found[logical] = body;
            }
            foreach (var reference in asked.Where(here.ContainsKey)) found[reference] = here[reference];
            return found;
        }

        foreach (var slice in slices)
        {
            var own = written.Where(w => w.Result.Type == slice.Type).Select(w => new Written(w.Result.Id, w.Result.Body is null ? null : w.Body, w.Unheard) { Before = w.Result.Before, Version = w.Result.Version }).ToList();
            if (own.Count > 0 && await slice.Apply(tx, own, Read) is { } refused) return refused;
        }
        return null;
    }

    private static (WriteResult, JsonElement) Unchanged(int status, Planned p, Stored? now) =>
        (new WriteResult(status, p.Entry.Type, p.Id, now?.Version ?? 0, now?.Updated ?? default, now?.Body, false) { Before = now?.Body }, default);

    private static Outcome<IReadOnlyList<WriteResult>> At(WriteEntry e, Problem problem, int of) =>
        of == 1 ? problem : problem with { Detail = $"Entry {e.Position}: {problem.Detail}", Where = problem.Where ?? $"Bundle.entry[{e.Position}]" };

    private static JsonElement Parse(byte[] body) => JsonDocument.Parse(body).RootElement;
    private static string Method(WriteKind kind) => kind switch { WriteKind.Create => "POST", WriteKind.Update => "PUT", _ => "PATCH" };

    /// <param name="Skip">Nothing to write: a conditional create that matched, a conditional delete that did not.</param>
    private sealed record Planned(WriteEntry Entry, string Id, bool Skip, bool MakesTheMatch);
}
