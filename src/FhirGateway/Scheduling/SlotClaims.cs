using System.Text;
using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Tenants;
using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.FhirGateway.Scheduling;

/// <summary>
/// Who has which slot, and Slot.status after it, in the transaction of whatever books or frees it (FHIR-99). Locks by
/// schedule and slot make of twenty at once one winner and nineteen clear answers; the constraints stand behind them.
/// </summary>
internal sealed class SlotClaims(Lazy<WriteEngine> engine, TenantDirectory tenants)
{
    public static void NameConstraints()
    {
        ProblemMapping.Name("slot_claim_one", Problem.Conflict("Another appointment has this slot."));
        ProblemMapping.Name("slot_claim_overlap", Problem.Conflict("Another appointment overlaps this slot in its schedule."));
    }

    /// <summary>Waits for whoever books the same slots or in the same schedules, and reads them as they are then.</summary>
    public async Task<List<SlotFacts>> Lock(Tx tx, IEnumerable<string> ids)
    {
        var asked = ids.Distinct().ToList();
        var zone = (await tenants.Find(tx.Tenant, tx.Stop))!.Zone;
        var slots = await ResourceReads.Bodies(tx, asked.Select(id => $"Slot/{id}"));
        var facts = asked.Select(id => SlotFacts.Of(id, slots.TryGetValue($"Slot/{id}", out var slot) ? slot : null, zone)).ToList();
        Locks.Take(tx, [.. facts.Select(f => $"slot|{f.Id}").Concat(facts.Where(f => f.Schedule is not null).Select(f => $"schedule|{f.Schedule}"))]);
        return facts;
    }

    /// <summary>The appointment has these slots and no others from now on; a hold that ran out gives way.</summary>
    /// <param name="isNew">It had none before.</param>
    public async Task<Problem?> Set(Tx tx, string appointment, IReadOnlyList<string> named, bool tentative, DateTimeOffset? until, bool isNew)
    {
        var slots = (await Lock(tx, named)).Where(s => !s.Overbookable).ToList();
        foreach (var (slot, other, expires) in await Others(tx, appointment, slots))
        {
            if (expires is not { } end || end > tx.Now) return Problem.Conflict($"Slot/{slot} is taken: an appointment has it, or one that overlaps it in its schedule.") with { Where = "Appointment.slot" };
            await Expire(tx, other);
        }
        var freed = isNew ? [] : await tx.Query<string>("delete from fhir.slot_claim where tenant = @Tenant and appointment = @appointment and slot <> all(@kept) returning slot",
            new { tx.Tenant, appointment, kept = slots.Select(s => s.Id).ToArray() });
        if (slots.Count > 0) tx.Later(Claim(tx, appointment, slots, tentative, until));
        await Show(tx, [.. await Freed(tx, freed), .. slots.Where(s => s.Here).Select(s => (s.Id, tentative ? "busy-tentative" : "busy"))]);
        return null;
    }

    /// <summary>The appointments take place no longer.</summary>
    public async Task Release(Tx tx, IReadOnlyCollection<string> appointments)
    {
        var freed = await tx.Query<string>("delete from fhir.slot_claim where tenant = @Tenant and appointment = any(@ids) returning slot", new { tx.Tenant, ids = appointments.ToArray() });
        await Show(tx, await Freed(tx, freed));
    }

    /// <summary>Those that are still there.</summary>
    private static async Task<List<(string Id, string Status)>> Freed(Tx tx, IEnumerable<string> slots)
    {
        var ids = slots.ToList();
        if (ids.Count == 0) return [];
        var here = await ResourceReads.Bodies(tx, ids.Select(id => $"Slot/{id}"));
        return [.. ids.Where(id => here.ContainsKey($"Slot/{id}")).Select(id => (id, "free"))];
    }

    /// <summary>A hold whose time is over: the appointment is cancelled, which frees its slots.</summary>
    public async Task Expire(Tx tx, string appointment)
    {
        await Lock(tx, await tx.Query<string>("select slot from fhir.slot_claim where tenant = @Tenant and appointment = @appointment", new { tx.Tenant, appointment }));
        var over = await tx.Scalar<bool>("select exists (select from fhir.slot_claim where tenant = @Tenant and appointment = @appointment and until <= @Now)", new { tx.Tenant, appointment, tx.Now });
        if (!over) return;
        await Release(tx, [appointment]);
        if (await ResourceReads.Body(tx, $"Appointment/{appointment}") is null) return;
        await Project(tx, [Change("Appointment", appointment, a => FhirJson.Text(a, "status") != "pending" ? null : new()
        {
            ["status"] = w => w.WriteStringValue("cancelled"), ["extension"] = Booked.Extensions(a, null),
        })]);
    }

    /// <summary>Slots that were written: what is taken does not become free by being called so.</summary>
    public async Task Moved(Tx tx, IReadOnlyList<string> written)
    {
        var claimed = (await tx.Query<(string Slot, bool Tentative)>("select slot, tentative from fhir.slot_claim where tenant = @Tenant and slot = any(@ids)", new { tx.Tenant, ids = written.ToArray() })).ToList();
        if (claimed.Count == 0) return;
        var slots = await Lock(tx, claimed.Select(c => c.Slot));
        tx.Later(Command("""
            update fhir.slot_claim c set schedule = s.schedule, during = case when s.lo < s.hi then tstzrange(s.lo, s.hi) end
            from unnest($2, $3, $4, $5) as s (slot, schedule, lo, hi) where c.tenant = $1 and c.slot = s.slot
            """, [new() { Value = tx.Tenant }, .. Columns(slots)]));
        await Show(tx, [.. claimed.Select(c => (c.Slot, c.Tentative ? "busy-tentative" : "busy"))]);
    }

    /// <summary>Slot.status as the claims have it. What is busy-unavailable or an error stays so.</summary>
    private Task Show(Tx tx, IReadOnlyList<(string Id, string Status)> slots) => Project(tx, [.. slots.DistinctBy(s => s.Id).Select(s =>
        Change("Slot", s.Id, slot => FhirJson.Text(slot, "status") is "free" or "busy" or "busy-tentative" ? new() { ["status"] = w => w.WriteStringValue(s.Status) } : null))]);

    private async Task Project(Tx tx, IReadOnlyList<WriteEntry> entries)
    {
        if (entries.Count == 0) return;
        var written = await engine.Value.Run(tx, entries, applySlices: false);
        if (!written.Ok && written.Problem.Status is not (404 or 410)) throw new InvalidOperationException($"A projection was refused: {written.Problem.Detail}");
    }

    /// <summary>On the row as it is when it is locked: nobody's change of the same moment is lost.</summary>
    private static WriteEntry Change(string type, string id, Func<JsonElement, Dictionary<string, Action<Utf8JsonWriter>?>?> change) => new()
    {
        Kind = WriteKind.Patch, Type = type, Id = id,
        Patch = resource => change(resource) is { } changes ? FhirJson.With(resource, changes) : Encoding.UTF8.GetBytes(resource.GetRawText()),
    };

    private static NpgsqlBatchCommand Claim(Tx tx, string appointment, List<SlotFacts> slots, bool tentative, DateTimeOffset? until) => Command("""
        insert into fhir.slot_claim (tenant, slot, schedule, during, appointment, tentative, until)
        select $1, s.slot, s.schedule, case when s.lo < s.hi then tstzrange(s.lo, s.hi) end, $6, $7, $8
        from unnest($2, $3, $4, $5) as s (slot, schedule, lo, hi)
        on conflict (tenant, slot) do update set schedule = excluded.schedule, during = excluded.during, tentative = excluded.tentative, until = excluded.until
        where slot_claim.appointment = excluded.appointment
        """,
        [new() { Value = tx.Tenant }, .. Columns(slots), new() { Value = appointment }, new() { Value = tentative }, new() { Value = (object?)until ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz }]);

    private static NpgsqlBatchCommand Command(string sql, NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var p in parameters) command.Parameters.Add(p);
        return command;
    }

    private static NpgsqlParameter[] Columns(List<SlotFacts> slots) =>
    [
        new() { Value = slots.Select(s => s.Id).ToArray() },
        new() { Value = slots.Select(s => s.HasSpan ? s.Schedule : null).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        new() { Value = slots.Select(s => s.Start?.UtcDateTime).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
        new() { Value = slots.Select(s => s.End?.UtcDateTime).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
    ];

    private static async Task<List<(string Slot, string Appointment, DateTimeOffset? Until)>> Others(Tx tx, string appointment, List<SlotFacts> slots)
    {
        if (slots.Count == 0) return [];
        var spans = slots.Where(s => s.HasSpan).ToList();
        return [.. await tx.Query<(string, string, DateTimeOffset?)>("""
            select c.slot, c.appointment, c.until from fhir.slot_claim c
            where c.tenant = @Tenant and c.appointment <> @appointment and (c.slot = any(@ids) or exists (
              select from unnest(@schedules, @los, @his) as s (schedule, lo, hi) where s.schedule = c.schedule and c.during && tstzrange(s.lo, s.hi)))
            """, new
        {
            tx.Tenant, appointment, ids = slots.Select(s => s.Id).ToArray(), schedules = spans.Select(s => s.Schedule).ToArray(),
            los = spans.Select(s => s.Start!.Value.UtcDateTime).ToArray(), his = spans.Select(s => s.End!.Value.UtcDateTime).ToArray(),
        })];
    }
}
