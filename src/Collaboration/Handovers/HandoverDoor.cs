using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Handovers;

/// <summary>One patient's part of a handover as another system sends it, free of FHIR types.</summary>
/// <param name="FhirId">Logical id of the Composition.</param>
/// <param name="Origin">What its parts share: they are one handover.</param>
/// <param name="Replaces">Logical id of the Composition it stands in the place of.</param>
/// <param name="To">Nobody: every member of the team.</param>
public sealed record HandoverSaid(
    string FhirId, string Origin, string? Replaces, Guid Team, PersonSaid Giver, IReadOnlyList<PersonSaid> To, PersonSaid Patient, string? Bed, string? Title, IReadOnlyDictionary<string, string> Sections);

/// <summary>The public door of handovers: for the time clock, and for the gateway.</summary>
public sealed class HandoverDoor(TeamDoor teams)
{
    /// <summary>Whether somebody's clock may stop, by the rule of the team (FEATURES section 16, b).</summary>
    /// <param name="despite">They were warned and stop it all the same.</param>
    public async Task<Problem?> ClockOut(Tx tx, Guid team, Guid person, bool despite)
    {
        var open = await tx.Scalar<int>("""
            select count(*)::int from collab.handover where tenant = @Tenant and team = @team and giver = @person and state in ('draft', 'offered') and replaces is null and origin is null
            """, new { tx.Tenant, team, person });
        return HandoverRules.ClockOut((await HandoverSql.Rule(tx, team) ?? new()).ClockOut, open, despite);
    }

    /// <summary>A Composition came in, or came again. What has been accepted is kept; what was written here is not written over.</summary>
    public async Task<Problem?> Hear(Tx tx, HandoverSaid said)
    {
        if (tx.Actor.Caller is { Kind: CallerKind.Staff } caller && await teams.May(tx, caller, said.Team, TeamRole.Member, change: true) is { Ok: false } no) return no.Problem;
        if (said.Sections.Select(s => HandoverRules.WrongText(s.Key, s.Value)).OfType<Problem>().FirstOrDefault() is { } wrong) return wrong with { Where = "Composition.section" };
        Locks.Take(tx, $"handover-origin|{said.Origin}");
        var people = await PeopleSql.FindOrMake(tx, [said.Giver, said.Patient, .. said.To]);
        var (giver, patient, to) = (people[0].Id, people[1].Id, people.Skip(2).Select(p => p.Id).Distinct().ToList());
        // A system of the hospital's speaks for whoever it names; a person's own app for that person: else one would take over a colleague's work by writing what they never said.
        if (tx.Actor.Kind != CallerKind.System && giver != tx.Actor.Caller?.Person) return Problem.Forbidden("Nobody hands over in another's name.", "not-yours") with { Where = "Composition.author" };
        if (await Known(tx, said.FhirId) is { } known) return await Again(tx, known.Handover, known.Entry, said, giver, patient);
        if (await BeginHandover.WrongReceivers(tx, teams, said.Team, giver, to) is { } nobody) return nobody with { Where = "Composition.attester" };
        var id = await tx.Scalar<Guid?>("select id from collab.handover where tenant = @Tenant and origin = @Origin and state <> 'cancelled' for update", new { tx.Tenant, said.Origin });
        var made = id is null;
        if (id is null) id = await Insert(tx, said, giver, to);
        else if (await HandoverSql.Find(tx, id.Value) is not { State: "offered" } there || there.Team != said.Team || there.Giver != giver) return Problem.Conflict("The handover this belongs to is over. Send it as another one that replaces it.", "handover-over");
        if (await tx.Scalar<bool>("select exists (select from collab.handover_patient where tenant = @Tenant and handover = @id and patient = @patient)", new { tx.Tenant, id, patient })) return Problem.Conflict("This patient is in the handover already, by another Composition.", "handover-twice") with { Where = "Composition.subject" };
        var entry = tx.NewId();
        await tx.Execute("insert into collab.handover_patient (tenant, handover, id, patient, bed, fhir_id) values (@Tenant, @id, @entry, @patient, @Bed, @FhirId)", new { tx.Tenant, id, entry, patient, said.Bed, said.FhirId });
        await Sections(tx, entry, said);
        var h = (await HandoverSql.Find(tx, id.Value))!;
        if (made) await GiveHandover.TellReceivers(tx, teams, h, h.To, "handover.offered");
        HandoverSql.Tell(tx, h, "offered", patient);
        return null;
    }

    /// <summary>The Composition was deleted, or entered in error: what nobody has accepted is cancelled.</summary>
    public async Task<Problem?> Forget(Tx tx, string fhirId)
    {
        if (await Known(tx, fhirId) is not { } known) return null;
        if (await Open(tx, known.Handover) is not { } h) return null;
        if (tx.Actor.Caller is { Kind: CallerKind.Staff } caller && await teams.May(tx, caller, h.Team, TeamRole.Member, change: true) is { Ok: false } no) return no.Problem;
        if (h.Origin is null) return FromPage;
        if (tx.Actor.Kind != CallerKind.System && h.Giver != tx.Actor.Caller?.Person && await teams.Standing(tx, h.Team, tx.Actor.Caller?.Person) is not { Role: TeamRole.Owner }) return HandoverSql.NotGiver;
        if (h.State is "declined" or "cancelled") return null;
        if (h.State != "offered") return Problem.Conflict("This handover was accepted and is kept. Send another one that replaces it.", "handover-over");
        await tx.Execute("update collab.handover set state = 'cancelled', closed_at = @Now, next_at = null, version = version + 1 where tenant = @Tenant and id = @Id", new { tx.Tenant, tx.Now, h.Id });
        await HandoverSql.Happened(tx, h.Id, "cancelled", null, "FHIR");
        await Notices.Settle(tx, GiveHandover.Link(h));
        HandoverSql.Tell(tx, h, "cancelled");
        return null;
    }

    /// <summary>Whether a Composition is part of a handover.</summary>
    public static async Task<(Guid Handover, Guid Entry)?> Known(Tx tx, string fhirId) =>
        await tx.OneOrNone<(Guid, Guid)?>("select handover, id from collab.handover_patient where tenant = @Tenant and fhir_id = @fhirId", new { tx.Tenant, fhirId });

    private static async Task<Problem?> Again(Tx tx, Guid handover, Guid entry, HandoverSaid said, Guid giver, Guid patient)
    {
        var h = (await Open(tx, handover))!;
        if (h.Origin is null) return FromPage;
        if (h.Team != said.Team) return Problem.Conflict("The team of a handover stays as it was. Send another one.", "handover-team");
        // Whatever changed in it: sent once more without its attester, it would say that nobody has accepted.
        if (h.State != "offered") return Problem.Conflict("This handover is over. It is kept as it was.", "handover-over");
        var now = (await HandoverSql.Entries(tx, handover, entry))[0];
        // The row would say one patient, and the document stand in another's record.
        if (h.Giver != giver || now.Patient != patient) return Problem.Conflict("Who hands over, and whom, stays as it was. Send another one.", "handover-team");
        var changed = HandoverRules.Sections.Any(s => now.Text(s) != said.Sections.GetValueOrDefault(s, ""));
        if (!changed) return null;
        await Sections(tx, entry, said);
        // What was read back was another text.
        await tx.Execute("delete from collab.handover_readback where tenant = @Tenant and entry = @entry", new { tx.Tenant, entry });
        await HandoverSql.Happened(tx, handover, "resent", now.Patient);
        HandoverSql.Tell(tx, h, "resent", now.Patient);
        return null;
    }

    private static async Task<Guid> Insert(Tx tx, HandoverSaid said, Guid giver, IReadOnlyList<Guid> to)
    {
        var id = tx.NewId();
        var minutes = (await HandoverSql.Rule(tx, said.Team) ?? new()).EscalateMinutes;
        // Only an accepted one that came from there is replaced, and once.
        var before = said.Replaces is null ? default : await tx.OneOrNone<(Guid Id, int Number)>("""
            select h.id, h.number from collab.handover_patient e join collab.handover h on h.tenant = e.tenant and h.id = e.handover
            where e.tenant = @Tenant and e.fhir_id = @Replaces and h.state = 'accepted' and h.origin is not null and h.team = @Team
              and not exists (select from collab.handover n where n.tenant = h.tenant and n.replaces = h.id and n.state in ('draft', 'offered', 'accepted'))
            """, new { tx.Tenant, said.Replaces, said.Team });
        await tx.Execute("""
            insert into collab.handover (tenant, id, team, giver, title, state, origin, replaces, number, created_at, offered_at, next_at)
            values (@Tenant, @id, @Team, @giver, @title, 'offered', @Origin, @replaces, @number, @Now, @Now, @next)
            """, new { tx.Tenant, tx.Now, id, said.Team, giver, title = said.Title is { Length: > 0 and <= 200 } title ? title : "Handover", said.Origin, replaces = before.Id == Guid.Empty ? (Guid?)null : before.Id, number = before.Number + 1, next = HandoverRules.EscalateAt(null, tx.Now, minutes, tx.Now) });
        await BeginHandover.SetReceivers(tx, id, to);
        await HandoverSql.Happened(tx, id, "offered", null, "FHIR");
        return id;
    }

    private static Task<int> Sections(Tx tx, Guid entry, HandoverSaid said) => tx.Execute("""
        insert into collab.handover_section (tenant, entry, section, text, at) select @Tenant, @entry, s.section, s.text, @Now from unnest(@sections, @texts) as s (section, text)
        on conflict (tenant, entry, section) do update set text = excluded.text, version = handover_section.version + 1, at = excluded.at
        """, new { tx.Tenant, tx.Now, entry, sections = HandoverRules.Sections.ToArray(), texts = HandoverRules.Sections.Select(s => said.Sections.GetValueOrDefault(s, "")).ToArray() });

    private static async Task<Handover?> Open(Tx tx, Guid id) => await HandoverSql.Lock(tx, id) ? await HandoverSql.Find(tx, id) : null;

    private static readonly Problem FromPage = Problem.Conflict("This handover is written on its page, and amended there.", "handover-page");
}
