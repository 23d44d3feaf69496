using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>A Slot on a Schedule of a roster, free of FHIR types.</summary>
/// <param name="Schedule">Id of a team's Schedule (open shifts) or of a person's on its roster (shifts and time off).</param>
/// <param name="Group">By its name; null leaves it as it is.</param>
public sealed record SlotSaid(
    Guid Id, Guid Schedule, string Status, DateTimeOffset Start, DateTimeOffset End, string? Comment, string? Group, int? Places, string? Theme, IReadOnlyList<ShiftActivity> Activities, IReadOnlyList<string> Skills);

/// <summary>
/// The roster's door for Slots written from outside (SH-03, SH-06, SH-07): what stands in FHIR all see, so a Slot is a shared
/// shift at once, by all the rules of its page. Drafts are never in FHIR; a shift that its managers have a draft of waits for them.
/// </summary>
public sealed class ShiftSlotDoor(ShiftAccess access, ShiftEdits edits, Workforce workforce, ProjectFhir project)
{
    /// <summary>Of which team's roster a Schedule is, and of whom; null where it is no roster's.</summary>
    public static async Task<(Guid Team, Guid? Person)?> Of(Tx tx, Guid schedule) => await tx.OneOrNone<(Guid Team, Guid? Person)?>("""
        select team, null::uuid as person from collab.schedule where tenant = @Tenant and team = @schedule
        union all select team, person from collab.roster_person where tenant = @Tenant and id = @schedule
        """, new { tx.Tenant, schedule });

    public static Task<bool> Known(Tx tx, Guid id) => tx.Scalar<bool>("select exists (select from collab.shift where tenant = @Tenant and id = @id and not draft)", new { tx.Tenant, id });

    /// <param name="caller">Null: a system of the hospital's.</param>
    public async Task<Problem?> Hear(Tx tx, Caller? caller, SlotSaid said)
    {
        if (await Of(tx, said.Schedule) is not { } of) return Problem.Unprocessable("A shift stays on a Schedule of its roster.", "Slot.schedule", "business-rule");
        var place = await Place(tx, caller, of.Team);
        if (!place.Ok) return place.Problem;
        var before = await ShiftSql.Plan(tx, of.Team, said.Id, toChange: true);
        if (before is null && await tx.Scalar<bool>("select exists (select from collab.shift where tenant = @Tenant and id = @Id)", new { tx.Tenant, said.Id })) return Problem.Unprocessable("A shift stays in its team.", "Slot.schedule", "business-rule");
        if (before is { Draft: true }) return Problem.Conflict("The managers of this roster are changing this shift: it is written when they have shared their draft.", "business-rule");
        if (said.Status == "entered-in-error") return before is null ? null : await Remove(tx, caller, place.Value, before);
        if (Kind(said.Status, of.Person) is not { } kind) return Problem.Unprocessable(of.Person is null
            ? "On a team's Schedule a Slot is free (an open shift), or busy when its places are taken." : "On a person's Schedule a Slot is busy (a shift) or busy-unavailable (time off).", "Slot.status", "business-rule");
        var (group, reason) = await Named(tx, of.Team, kind, said, before);
        if (!group.Ok) return group.Problem;
        if (!reason.Ok) return reason.Problem;
        int? places = kind != "open" ? null : said.Places ?? before?.Slots ?? 1;
        // All places taken is a state that claims bring about.
        if (kind == "open" && said.Status == "busy" && before is not { Slots: 0 }) return Problem.Unprocessable("The places of an open shift are taken by claims: it is free until then.", "Slot.status", "business-rule");
        var label = kind == "off" ? "" : said.Comment?.Trim() ?? "";
        if (before is not null && Same(before, said, of.Person, kind, group.Value, reason.Value, places, label)) return null;
        var kept = await edits.Keep(tx, caller?.Person, place.Value, new ShiftSaid(before?.Id, before?.Version ?? 0, kind, of.Person, kind == "off" ? null : group.Value, reason.Value, places,
            said.Start, said.End, label, before?.Notes ?? "", said.Theme ?? before?.Theme ?? "white", said.Activities, said.Skills, Share: true, Override: null), said.Id);
        if (!kept.Ok) return kept.Problem;
        var proposal = new Proposal();
        proposal.Add(before is null ? "POST" : "PUT", kept.Value);
        return await workforce.Ask(tx, of.Team, Proposal.Entity(kind), proposal);
    }

    /// <summary>The Slot was deleted: it is off the roster, and requests about it end.</summary>
    public async Task<Problem?> Forget(Tx tx, Caller? caller, Guid id)
    {
        if (await tx.Scalar<Guid?>("select team from collab.shift where tenant = @Tenant and id = @id and not draft", new { tx.Tenant, id }) is not { } team) return null;
        var place = await Place(tx, caller, team);
        if (!place.Ok) return place.Problem;
        var known = (await ShiftSql.Plan(tx, team, id, toChange: true))!;
        return known.Draft ? Problem.Conflict("The managers of this roster are changing this shift: it is removed when they have shared their draft.", "business-rule") : await Remove(tx, caller, place.Value, known);
    }

    private async Task<Problem?> Remove(Tx tx, Caller? caller, ShiftPlace place, ShiftItem known)
    {
        await ShiftSql.Write(tx, known with { Removed = true, Draft = true, Version = known.Version + 1 }, caller?.Person);
        var shared = await ShiftSharing.Share(tx, place, [known.Id], notifyTeam: false, project);
        if (!shared.Ok) return shared.Problem;
        var proposal = new Proposal();
        proposal.Add("DELETE", known);
        return await workforce.Ask(tx, known.Team, Proposal.Entity(known.Kind), proposal);
    }

    /// <summary>A person's own app may what the person may; a system is the hospital's. Who is not in the team learns nothing of its roster.</summary>
    private async Task<Outcome<ShiftPlace>> Place(Tx tx, Caller? caller, Guid team)
    {
        if (caller is not null) return await access.Manage(tx, caller, team);
        var (name, archived) = (await tx.Query<(string, bool)>("select name, archived_at is not null from collab.team where tenant = @Tenant and id = @team", new { tx.Tenant, team }))[0];
        if (archived) return Problem.Conflict($"{name} is archived: it can be read, not changed.", "team-archived");
        return await ShiftAccess.Schedule(tx, team) is { Enabled: true } schedule ? new ShiftPlace(new Standing(team, name, TeamRole.Owner, false), schedule, true) : Problem.Conflict("This schedule is switched off.", "schedule-off");
    }

    private static string? Kind(string status, Guid? person) => (status, person) switch { ("free" or "busy", null) => "open", ("busy", not null) => "shift", ("busy-unavailable", not null) => "off", _ => null };

    /// <summary>Groups and reasons by their names; with one group only, an open shift is its.</summary>
    private static async Task<(Outcome<Guid?> Group, Outcome<Guid?> Reason)> Named(Tx tx, Guid team, string kind, SlotSaid said, ShiftItem? before)
    {
        var (groups, reasons) = await tx.Query<NamedRow, NamedRow>(
            ("select id, name from collab.shift_group where tenant = @Tenant and team = @team and active order by position, name", new { tx.Tenant, team }),
            ("select id, name from collab.time_off_reason where tenant = @Tenant and team = @team and active order by name", new { tx.Tenant, team }));
        var group = said.Group is { } g ? groups.FirstOrDefault(x => string.Equals(x.Name, g, StringComparison.OrdinalIgnoreCase))?.Id : before?.Group ?? (kind == "open" && groups.Count == 1 ? groups[0].Id : null);
        Outcome<Guid?> named = said.Group is not null && group is null ? Problem.Unprocessable($"This schedule has no group {said.Group}: it has {string.Join(", ", groups.Select(x => x.Name))}.", "Slot.extension", "business-rule") : group;
        if (kind != "off") return (named, (Guid?)null);
        var reason = said.Comment is { } c ? reasons.FirstOrDefault(x => string.Equals(x.Name, c.Trim(), StringComparison.OrdinalIgnoreCase))?.Id : before?.Reason;
        return (named, reason is null ? Problem.Unprocessable($"Time off has its reason as comment: {string.Join(", ", reasons.Select(x => x.Name))}.", "Slot.comment", "business-rule") : reason);
    }

    /// <summary>What says what is so already changes nothing and tells nobody.</summary>
    private static bool Same(ShiftItem before, SlotSaid said, Guid? person, string kind, Guid? group, Guid? reason, int? places, string label) =>
        before.Kind == kind && before.Person == person && (kind == "off" || before.Group == group) && before.Reason == reason && before.Slots == places && before.StartsAt == said.Start && before.EndsAt == said.End
        && before.Label == label && (said.Theme ?? before.Theme) == before.Theme && before.Skills.Order().SequenceEqual(said.Skills.Order()) && before.Activities.SequenceEqual(said.Activities);

    private sealed record NamedRow
    {
        public Guid Id { get; init; }
        public string Name { get; init; } = "";
    }
}
