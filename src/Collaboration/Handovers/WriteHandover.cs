using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Handovers;

/// <summary>What became of an edit. In conflict nothing was written: the section is as somebody else, or the list, left it.</summary>
public sealed record SectionWritten(HandoverSection Section, bool Conflict, string? By);

/// <param name="Version">The version of the section the writer saw.</param>
public sealed record SectionEdit(Guid Entry, string Section, int Version, string? Text);

/// <summary>The giver writes: section by section with a version each, so that two screens never take each other's words.</summary>
public sealed class WriteHandover(Db db, TeamDoor teams, FillHandover fill, ProjectFhir project)
{
    public Task<Outcome<SectionWritten[]>> Write(Caller caller, Guid id, IReadOnlyList<SectionEdit> edits, CancellationToken stop) => Draft<SectionWritten[]>(caller, id, async (tx, h) =>
    {
        if (edits.Select(e => HandoverRules.WrongText(e.Section, e.Text)).OfType<Problem>().FirstOrDefault() is { } wrong) return wrong;
        var entries = (await HandoverSql.Entries(tx, id)).ToDictionary(e => e.Id);
        var written = new List<SectionWritten>();
        foreach (var edit in edits)
        {
            if (!entries.TryGetValue(edit.Entry, out var entry)) return Problem.NotFound("This patient is not in the handover any more.", "handover-patient");
            written.Add(await Put(tx, entry, edit));
        }
        if (written.Any(w => !w.Conflict)) HandoverSql.Tell(tx, h, "written");
        return written.ToArray();
    }, stop);

    private static async Task<SectionWritten> Put(Tx tx, HandoverEntry entry, SectionEdit edit)
    {
        var now = entry.Sections.GetValueOrDefault(edit.Section) ?? HandoverSection.Empty;
        var text = (edit.Text ?? "").Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal).TrimEnd();
        if (text == now.Text) return new(now, false, null); // sent twice, or said alike by two
        if (edit.Version != now.Version)
        {
            var by = now.By is null ? null : (await tx.OneOrNone<Person>("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = @By", new { tx.Tenant, now.By }))?.Display;
            return new(now, true, by);
        }
        await tx.Execute("""
            insert into collab.handover_section (tenant, entry, section, text, version, at, by) values (@Tenant, @Entry, @Section, @text, 1, @Now, @by)
            on conflict (tenant, entry, section) do update set text = excluded.text, version = handover_section.version + 1, at = excluded.at, by = excluded.by
            """, new { tx.Tenant, tx.Now, edit.Entry, edit.Section, text, by = tx.Actor.Caller?.Person });
        return new(new(text, now.Filled, now.Version + 1, tx.Now, tx.Actor.Caller?.Person), false, null);
    }

    /// <summary>What the list, the tasks and the messages say now; what was written by hand stays.</summary>
    public Task<Outcome<bool>> Refresh(Caller caller, Guid id, CancellationToken stop) => Draft<bool>(caller, id, async (tx, h) =>
    {
        await fill.Run(tx, caller, h, []);
        HandoverSql.Tell(tx, h, "written");
        return true;
    }, stop);

    public Task<Outcome<bool>> Add(Caller caller, Guid id, Guid patient, CancellationToken stop) => Draft<bool>(caller, id, async (tx, h) =>
    {
        if (!await tx.Scalar<bool>("select exists (select from collab.person where tenant = @Tenant and id = @patient and kind = 'Patient')", new { tx.Tenant, patient })) return Problem.Unprocessable("There is no such patient in this hospital.", "patient", "patient-unknown");
        if (h.Patients >= HandoverRules.MostPatients) return Problem.Unprocessable($"A handover has at most {HandoverRules.MostPatients} patients. Take only those that name you.", "patient", "handover-patients");
        await fill.Run(tx, caller, h, [new ListedPatient(patient, null, null, null, null, null, null)]);
        await HandoverSql.Happened(tx, id, "added", patient);
        HandoverSql.Tell(tx, h, "written", patient);
        return true;
    }, stop);

    public Task<Outcome<bool>> Remove(Caller caller, Guid id, Guid entry, CancellationToken stop) => Draft<bool>(caller, id, async (tx, h) =>
    {
        var gone = await tx.Query<(Guid Patient, string FhirId)>("delete from collab.handover_patient where tenant = @Tenant and handover = @id and id = @entry returning patient, fhir_id", new { tx.Tenant, id, entry });
        if (gone is not [var (patient, document)]) return Problem.NotFound("This patient is not in the handover any more.", "handover-patient");
        await HandoverSql.Happened(tx, id, "removed", patient, document);
        HandoverSql.Tell(tx, h, "written", patient);
        // It was offered before: the patient's record has the document.
        if (h.OfferedAt is not null) await project(tx, "handover", id);
        return true;
    }, stop);

    /// <summary>To whom, and what concerns all patients.</summary>
    public Task<Outcome<bool>> Address(Caller caller, Guid id, int version, IReadOnlyList<Guid> to, string? note, CancellationToken stop) => Draft<bool>(caller, id, async (tx, h) =>
    {
        if (h.Version != version) return HandoverSql.Stale;
        if (note?.Length > 4000) return Problem.Unprocessable("A section has at most 4,000 characters.", "note", "handover-section");
        if (await BeginHandover.WrongReceivers(tx, teams, h.Team, h.Giver, to) is { } wrong) return wrong;
        await BeginHandover.SetReceivers(tx, id, to);
        await tx.Execute("update collab.handover set note = @note, version = version + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, id, note = string.IsNullOrWhiteSpace(note) ? null : note.Trim() });
        HandoverSql.Tell(tx, h, "written");
        return true;
    }, stop);

    private Task<Outcome<T>> Draft<T>(Caller caller, Guid id, Func<Tx, Handover, Task<Outcome<T>>> change, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
    {
        var open = await HandoverSql.Open(tx, teams, caller, id, change: true);
        if (!open.Ok) return open.Problem;
        if (open.Value.Giver != caller.Person) return HandoverSql.NotGiver;
        if (open.Value.State != "draft") return Problem.Conflict("This handover is signed. Take it back to change it.", "handover-signed");
        var done = await change(tx, open.Value);
        return done.Ok ? done : tx.Abandon(done);
    }, stop);
}
