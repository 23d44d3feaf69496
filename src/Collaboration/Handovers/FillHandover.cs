using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.Collaboration.Visits;

namespace HealthTeams.Collaboration.Handovers;

/// <summary>What the system knows of a patient when somebody hands over.</summary>
public sealed record Known(Guid Patient, string? Bed, string Severity, string Summary, string Contingency, IReadOnlyList<HandoverItem> Items);

/// <summary>
/// Writes a draft from what is there: list, tasks, urgent messages, visits, flags; a handful of statements for all patients.
/// A refresh replaces what the system wrote and keeps what a person wrote.
/// </summary>
public sealed class FillHandover(ListDoor lists, TaskDoor tasks, MessageDoor messages, VisitDoor visits)
{
    private static readonly TimeSpan VisitsAhead = TimeSpan.FromHours(24);

    /// <summary>The patients of a list, or of the giver's own work: rows that name them, and whom their open tasks are about.</summary>
    /// <returns>Null: the giver has no such list.</returns>
    internal async Task<IReadOnlyList<ListedPatient>?> Whom(Tx tx, Caller caller, Guid team, Guid? list, bool mine)
    {
        var listed = await lists.Patients(tx, caller, team, list, mine || list is null);
        if (listed is null || list is not null || caller.Person is not { } me) return listed;
        var others = (await tasks.PatientsOf(tx, team, me)).Except(listed.Select(l => l.Patient)).ToList();
        return [.. listed, .. others.Select(p => new ListedPatient(p, null, null, null, null, null, null))];
    }

    /// <summary>New entries for patients who have none yet, and every section as the system knows it now.</summary>
    internal async Task Run(Tx tx, Caller caller, Handover h, IReadOnlyList<ListedPatient> added)
    {
        var known = (await HandoverSql.Entries(tx, h.Id)).ToDictionary(e => e.Patient);
        var listed = ((h.List is null ? await lists.Patients(tx, caller, h.Team, null, mine: false) : await lists.Patients(tx, caller, h.Team, h.List, mine: false)) ?? []).ToDictionary(l => l.Patient);
        foreach (var a in added) listed.TryAdd(a.Patient, a);
        var news = added.Select(a => a.Patient).Where(p => !known.ContainsKey(p)).Distinct().Select(p => (Patient: p, Entry: tx.NewId())).ToList();
        if (news.Count > 0)
        {
            await tx.Execute("""
                insert into collab.handover_patient (tenant, handover, id, patient, fhir_id) select @Tenant, @Id, n.id, n.patient, n.id::text from unnest(@ids, @patients) as n (id, patient)
                """, new { tx.Tenant, h.Id, ids = news.Select(n => n.Entry).ToArray(), patients = news.Select(n => n.Patient).ToArray() });
        }
        var entries = known.Values.Select(e => (e.Patient, Entry: e.Id)).Concat(news).ToList();
        var facts = await Facts(tx, h, [.. entries.Select(e => e.Patient)], listed);
        foreach (var (patient, entry) in entries) await Write(tx, entry, facts[patient], known.GetValueOrDefault(patient));
        await tx.Execute("update collab.handover set filled_at = @Now where tenant = @Tenant and id = @Id", new { tx.Tenant, tx.Now, h.Id });
    }

    private async Task<Dictionary<Guid, Known>> Facts(Tx tx, Handover h, IReadOnlyList<Guid> patients, Dictionary<Guid, ListedPatient> listed)
    {
        var open = (await tasks.OpenAbout(tx, h.Team, patients)).ToLookup(t => t.Patient);
        var urgent = (await messages.OpenUrgent(tx, h.Giver, patients)).ToLookup(m => m.Patient);
        var planned = (await visits.Planned(tx, patients, tx.Now, tx.Now + VisitsAhead)).ToLookup(v => v.Patient);
        var flags = (await PatientFlags.Of(tx, patients)).ToLookup(f => f.Patient);
        return patients.ToDictionary(p => p, p =>
        {
            var list = listed.GetValueOrDefault(p);
            return new Known(p, list?.Bed, HandoverRules.Severities.FirstOrDefault(s => s.Equals(list?.Severity, StringComparison.OrdinalIgnoreCase)) ?? "",
                string.Join('\n', new[] { list?.Problem, list?.CodeStatus, list?.Note }.Where(t => !string.IsNullOrWhiteSpace(t))), list?.Contingency ?? "",
                [
                    .. flags[p].Select(f => new HandoverItem("flag", f.Resource, f.Text, f.Serious ? (short)1 : null, null)),
                    .. urgent[p].Select(m => new HandoverItem("message", m.Id.ToString(), Cut(m.Text), 1, m.SentAt)),
                    .. open[p].Select(t => new HandoverItem("task", t.Id.ToString(), t.Title, t.Priority, t.DueAt)),
                    .. planned[p].Select(v => new HandoverItem("visit", v.Id.ToString(), v.What is { Length: > 0 } what ? Cut(what) : "Video visit", null, v.StartAt)),
                ]);
        });
    }

    private static async Task Write(Tx tx, Guid entry, Known known, HandoverEntry? before)
    {
        var next = new Dictionary<string, string> { ["severity"] = known.Severity, ["summary"] = Limit(known.Summary), ["actions"] = "", ["contingency"] = Limit(known.Contingency) };
        var changed = next.Select(n => (Section: n.Key, Filled: n.Value, Was: before?.Sections.GetValueOrDefault(n.Key)))
            .Select(n => (n.Section, n.Filled, Text: n.Was is null ? n.Filled : HandoverRules.Refreshed(n.Was.Text, n.Was.Filled, n.Filled), n.Was)).Where(n => n.Was is null || n.Was.Filled != n.Filled || n.Was.Text != n.Text).ToList();
        if (changed.Count > 0)
        {
            await tx.Execute("""
                insert into collab.handover_section (tenant, entry, section, text, filled, at) select @Tenant, @entry, s.section, s.text, s.filled, @Now from unnest(@sections, @texts, @filled) as s (section, text, filled)
                on conflict (tenant, entry, section) do update set text = excluded.text, filled = excluded.filled,
                  version = handover_section.version + (handover_section.text <> excluded.text)::int, at = case when handover_section.text <> excluded.text then excluded.at else handover_section.at end,
                  by = case when handover_section.text <> excluded.text then null else handover_section.by end
                """, new { tx.Tenant, tx.Now, entry, sections = changed.Select(c => c.Section).ToArray(), texts = changed.Select(c => c.Text).ToArray(), filled = changed.Select(c => c.Filled).ToArray() });
        }
        if (before is not null && before.Bed == known.Bed && before.Items.SequenceEqual(known.Items)) return;
        await tx.Execute("""
            update collab.handover_patient set bed = coalesce(@Bed, bed) where tenant = @Tenant and id = @entry;
            delete from collab.handover_item where tenant = @Tenant and entry = @entry;
            insert into collab.handover_item (tenant, entry, kind, ref, place, text, priority, at)
            select @Tenant, @entry, i.kind, i.ref, i.n, i.text, i.priority, i.at from unnest(@kinds, @refs, @texts, @priorities, @times) with ordinality as i (kind, ref, text, priority, at, n)
            """, new
        {
            tx.Tenant, entry, known.Bed, kinds = known.Items.Select(i => i.Kind).ToArray(), refs = known.Items.Select(i => i.Ref).ToArray(), texts = known.Items.Select(i => i.Text).ToArray(),
            priorities = known.Items.Select(i => i.Priority).ToArray(), times = known.Items.Select(i => i.At?.UtcDateTime).ToArray(),
        });
    }

    private static string Cut(string text) => text.Length > 300 ? text[..299] + "…" : text;
    private static string Limit(string text) => text.Length > 4000 ? text[..3999] + "…" : text;
}
