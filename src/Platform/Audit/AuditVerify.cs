using HealthTeams.Platform.Database;

namespace HealthTeams.Platform.Audit;

/// <summary>One chain, looked through.</summary>
/// <param name="Broken">The first batch that is not as it was written; null: all are.</param>
/// <param name="Head">The newest batch and its hash: kept elsewhere, it shows when the end of a chain was cut off.</param>
public sealed record ChainVerdict(string Chain, long Batches, long Rows, long? Broken, string? Why, string Head);

/// <summary>Reads every record again and computes its chain: what was changed, taken out or put in shows, and in which batch.</summary>
public static class AuditVerify
{
    /// <param name="head">"SEQ:HASH" as it was printed earlier: that batch must still be there, and the same.</param>
    public static async Task<ChainVerdict> Reads(Tx tx, string? head = null)
    {
        var batches = await tx.Query<(Guid Id, long Seq, int Rows, byte[] Previous, byte[] Hash)>("select id, seq, rows, previous, hash from platform.access_batch where tenant = @Tenant order by seq", new { tx.Tenant });
        var chain = new Chain("reads");
        foreach (var batch in batches)
        {
            var rows = await tx.Query<Row>("select id, at, actor, actor_kind as ActorKind, client, source, action, subject, patient, outcome from platform.access where tenant = @Tenant and batch = @Id order by id", new { tx.Tenant, batch.Id });
            if (!chain.Next(batch.Seq, batch.Rows, batch.Previous, batch.Hash, rows.Count, rows.Select(r => AuditLine.Read(r.Id, r.At, r.Actor, r.ActorKind, r.Client, r.Source, r.Action, r.Subject, r.Patient, r.Outcome)))) return chain.Verdict();
        }
        var stray = await tx.Scalar<long>("select count(*) from platform.access a where a.tenant = @Tenant and not exists (select from platform.access_batch b where b.tenant = a.tenant and b.id = a.batch)", new { tx.Tenant });
        return chain.Verdict(stray, head);
    }

    public static async Task<ChainVerdict> Changes(Tx tx, string? head = null)
    {
        var seals = await tx.Query<(long Seq, long Lower, long Upper, int Rows, byte[] Previous, byte[] Hash)>("select seq, lower, upper, rows, previous, hash from platform.event_seal where tenant = @Tenant order by seq", new { tx.Tenant });
        var chain = new Chain("changes");
        var from = 0L;
        foreach (var seal in seals)
        {
            var rows = await SealedEvent.Of(tx, seal.Lower, seal.Upper);
            if (seal.Lower != from) return chain.Break(seal.Seq, "the batch before it is missing");
            if (!chain.Next(seal.Seq, seal.Rows, seal.Previous, seal.Hash, rows.Count, rows.Select(AuditLine.Change))) return chain.Verdict();
            from = seal.Upper;
        }
        return chain.Verdict(0, head);
    }

    private sealed class Chain(string name)
    {
        private readonly Dictionary<long, string> heads = [];
        private byte[] last = new byte[32];
        private long seq, all;
        private (long Seq, string Why)? broken;

        public bool Next(long number, int rows, byte[] previous, byte[] hash, int found, IEnumerable<string> lines)
        {
            if (number != seq + 1) broken = (seq + 1, "the batch is missing");
            else if (!previous.AsSpan().SequenceEqual(last)) broken = (number, "it does not follow from the batch before it");
            else if (found < rows) broken = (number, $"{rows - found} of its {rows} records are missing");
            else if (found > rows) broken = (number, $"{found - rows} records were put in");
            else if (!EventSeals.Hash(previous, lines).AsSpan().SequenceEqual(hash)) broken = (number, "a record in it was changed");
            if (broken is not null) return false;
            (seq, last, all) = (number, hash, all + rows);
            heads[seq] = Convert.ToHexStringLower(hash);
            return true;
        }

        public ChainVerdict Break(long number, string why)
        {
            broken = (number, why);
            return Verdict();
        }

        public ChainVerdict Verdict(long stray = 0, string? head = null)
        {
            if (broken is null && stray > 0) broken = (seq + 1, $"{stray} records belong to no batch: the batch is missing, or they were put in");
            if (broken is null && head?.Split(':') is [var number, var hash] && long.TryParse(number, out var wanted) && heads.GetValueOrDefault(wanted) != hash) broken = (wanted, "it is not the batch that was there before");
            return new ChainVerdict(name, seq, all, broken?.Seq, broken?.Why, $"{seq}:{Convert.ToHexStringLower(last)}");
        }
    }

    private sealed record Row
    {
        public Guid Id { get; init; }
        public DateTimeOffset At { get; init; }
        public string Actor { get; init; } = "";
        public string ActorKind { get; init; } = "";
        public string? Client { get; init; }
        public string? Source { get; init; }
        public string Action { get; init; } = "";
        public string Subject { get; init; } = "";
        public string? Patient { get; init; }
        public short Outcome { get; init; }
    }
}
