using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Tenants;

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
    public async Task<Problem?> Set(Tx tx, string appointment, IReadOnlyList<string> named, bool tentative, DateTimeOffset? until)
    {
        var slots = (await Lock(tx, named)).Where(s => !s.Overbookable).ToList();
        foreach (var (slot, other, expires) in await Others(tx, appointment, slots))
        {
            if (expires is not { } end || end > tx.Now) return Problem.Conflict($"Slot/{slot} is taken: an appointment has it, or one that overlaps it in its schedule.") with { Where = "Appointment.slot" };
            await Expire(tx, other);
        }
        var freed = await tx.Query<string>("delete from fhir.slot_claim where tenant = @Tenant and appointment = @appointment and slot <> all(@kept) returning slot",
            new { tx.Tenant, appointment, kept = slots.Select(s => s.Id).ToArray() });
        if (slots.Count > 0)
        {
            await tx.Execute("""
                insert into fhir.slot_claim (tenant, slot, appointment, schedule, during, tentative, until)
                select @Tenant, s.slot, @appointment, s.schedule, case when s.lo < s.hi then tstzrange(s.lo, s.hi) end, @tentative, @until
                from unnest(@ids, @schedules, @los, @his) as s (slot, schedule, lo, hi)
                on conflict (tenant, slot) do update set schedule = excluded.schedule, during = excluded.during, tentative = excluded.tentative, until = excluded.until
                where slot_claim.appointment = excluded.appointment
                """, new
            {
                tx.Tenant, appointment, tentative, until, ids = slots.Select(s => s.Id).ToArray(), schedules = slots.Select(s => s.HasSpan ? s.Schedule : null).ToArray(),
                los = slots.Select(s => s.Start?.UtcDateTime).ToArray(), his = slots.Select(s => s.End?.UtcDateTime).ToArray(),
            });
        }
        await Show(tx, [.. freed, .. slots.Select(s => s.Id)]);
        return null;
    }

    /// <summary>The appointment takes place no longer.</summary>
    public async Task Release(Tx tx, IReadOnlyCollection<string> appointments)
    {
        var freed = await tx.Query<string>("delete from fhir.slot_claim where tenant = @Tenant and appointment = any(@ids) returning slot", new { tx.Tenant, ids = appointments.ToArray() });
        await Show(tx, [.. freed]);
    }

    /// <summary>A hold whose time is over: the appointment is cancelled, which frees its slots.</summary>
    public async Task Expire(Tx tx, string appointment)
    {
        var held = await tx.Query<string>("select slot from fhir.slot_claim where tenant = @Tenant and appointment = @appointment", new { tx.Tenant, appointment });
        await Lock(tx, held);
        var over = await tx.Scalar<bool>("select exists (select from fhir.slot_claim where tenant = @Tenant and appointment = @appointment and until <= @Now)", new { tx.Tenant, appointment, tx.Now });
        if (!over) return;
        if (await ResourceReads.Body(tx, $"Appointment/{appointment}") is { } resource)
        {
            var cancelled = FhirJson.With(resource, new Dictionary<string, Action<Utf8JsonWriter>?> { ["status"] = w => w.WriteStringValue("cancelled"), ["extension"] = Booked.Extensions(resource, null) });
            await engine.Value.Run(tx, [new WriteEntry { Kind = WriteKind.Update, Type = "Appointment", Id = appointment, Body = JsonDocument.Parse(cancelled).RootElement }], applySlices: false);
        }
        await Release(tx, [appointment]);
    }

    /// <summary>Slot.status as the claims have it: busy, busy-tentative, or free again. What is busy-unavailable or an error stays so.</summary>
    public async Task Show(Tx tx, IReadOnlyCollection<string> slots)
    {
        if (slots.Count == 0) return;
        var ids = slots.Distinct().ToArray();
        var claims = (await tx.Query<(string Slot, bool Tentative)>("select slot, tentative from fhir.slot_claim where tenant = @Tenant and slot = any(@ids)", new { tx.Tenant, ids }))
            .ToDictionary(c => c.Slot, c => c.Tentative, StringComparer.Ordinal);
        var resources = await ResourceReads.Bodies(tx, ids.Select(id => $"Slot/{id}"));
        var entries = new List<WriteEntry>();
        foreach (var id in ids)
        {
            if (!resources.TryGetValue($"Slot/{id}", out var slot)) continue;
            var said = FhirJson.Text(slot, "status");
            if (said is not ("free" or "busy" or "busy-tentative")) continue;
            var status = claims.TryGetValue(id, out var tentative) ? tentative ? "busy-tentative" : "busy" : "free";
            if (said == status) continue;
            var next = FhirJson.With(slot, new Dictionary<string, Action<Utf8JsonWriter>?> { ["status"] = w => w.WriteStringValue(status) });
            entries.Add(new WriteEntry { Kind = WriteKind.Update, Type = "Slot", Id = id, Body = JsonDocument.Parse(next).RootElement });
        }
        if (entries.Count == 0) return;
        var written = await engine.Value.Run(tx, entries, applySlices: false);
        if (!written.Ok) throw new InvalidOperationException($"A projection was refused: {written.Problem.Detail}");
    }

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
