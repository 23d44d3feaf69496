using System.Text.Json;
using HealthTeams.Collaboration.Activity;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>What a manager says a thing on the roster is to be.</summary>
/// <param name="Id">Null makes a new one.</param>
/// <param name="Version">The version that was on the screen.</param>
/// <param name="Share">At once for all to see, its people told (SH-20).</param>
/// <param name="Override">Why soft rules are set aside.</param>
public sealed record ShiftSaid(
    Guid? Id, int Version, string Kind, Guid? Person, Guid? Group, Guid? Reason, int? Slots, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string Label, string Notes, string Theme,
    IReadOnlyList<ShiftActivity> Activities, IReadOnlyList<string> Skills, bool Share, string? Override);

/// <summary>Managers change drafts; what they take away can be put back until it is shared.</summary>
public sealed class ShiftEdits(Db db, ShiftAccess access, Workforce workforce, ProjectFhir project)
{
    public Task<Outcome<ShiftItem>> Save(Caller caller, Guid team, ShiftSaid said, CancellationToken stop) =>
        workforce.Guarded<ShiftItem>(caller, team, said.Kind switch { "open" => "openShift", "off" => "timeOff", _ => "shift" }, async (tx, proposal) =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        var kept = await Keep(tx, caller.Person, place.Value, said);
        if (kept.Ok) proposal.Add(said.Id is null ? "POST" : "PUT", kept.Value);
        return kept;
    }, stop);

    /// <param name="fresh">The id of a new one that has its id from elsewhere.</param>
    internal async Task<Outcome<ShiftItem>> Keep(Tx tx, Guid? by, ShiftPlace place, ShiftSaid said, Guid? fresh = null)
    {
        var team = place.Schedule.Team;
        if (ShiftFields.Wrong(said) is { } wrong) return wrong;
        if (await Strangers(tx, team, said) is { } stranger) return stranger;
        if (said.Person is { } person) RosterFacts.Lock(tx, [person]);
        var before = said.Id is { } id ? await ShiftSql.Plan(tx, team, id, toChange: true) : null;
        if (said.Id is not null && before is null) return ShiftSql.Unknown;
        if (before is not null && before.Version != said.Version) return ShiftSql.Stale;
        if (before is not null && before.Kind != said.Kind) return Problem.Unprocessable("A shift stays a shift, an open shift open, time off time off. Take it away and add the other.", "kind", "kind-changed");
        var next = ShiftFields.Next(said, team, before, () => fresh ?? tx.NewId());
        if (said.Kind != "open")
        {
            var worker = (await RosterFacts.Load(tx, team, [said.Person!.Value], said.StartsAt, said.EndsAt, drafts: true))[said.Person.Value];
            var broken = ShiftRules.Broken(worker, next.AsDuty(team), said.Skills, place.Schedule.Rules);
            if (broken.Any(b => b.Hard) || (broken.Count > 0 && string.IsNullOrWhiteSpace(said.Override))) return BrokenRules.Refusal(broken);
            next = next with { Override = broken.Count > 0 ? said.Override!.Trim() : null, Overridden = [.. broken.Select(b => b.Words)] };
        }
        await ShiftSql.Write(tx, next, by);
        tx.Publish("shift.drafted", $"schedule/{team}", data: new { item = next.Id });
        if (!said.Share) return next;
        var shared = await ShiftSharing.Share(tx, place, [next.Id], notifyTeam: false, project);
        return shared.Ok ? next with { Draft = false } : tx.Abandon<Outcome<ShiftItem>>(shared.Problem);
    }

    private static async Task<Problem?> Strangers(Tx tx, Guid team, ShiftSaid said)
    {
        if (said.Group is { } group && !await tx.Scalar<bool>("select exists (select from collab.shift_group where tenant = @Tenant and team = @team and id = @group and active)", new { tx.Tenant, team, group }))
        {
            return Problem.Unprocessable("This group is not of this schedule, or no longer in use.", "group", "group-unknown");
        }
        if (said.Reason is { } reason && !await tx.Scalar<bool>("select exists (select from collab.time_off_reason where tenant = @Tenant and team = @team and id = @reason and active)", new { tx.Tenant, team, reason }))
        {
            return Problem.Unprocessable("This reason is not of this schedule, or no longer in use.", "reason", "reason-unknown");
        }
        return said.Person is { } person && !(await ShiftAccess.Staff(tx, team)).Contains(person)
            ? Problem.Unprocessable("Only members of the team can be on its roster; guests cannot.", "person", "not-member") : null;
    }

    /// <summary>Takes it off the managers' plan; the shared roster follows when that is shared.</summary>
    public Task<Outcome<ShiftItem>> Remove(Caller caller, Guid team, Guid id, int version, CancellationToken stop) => Mark(caller, team, id, version, removed: true, stop);

    /// <summary>Puts back what was taken away and not yet shared.</summary>
    public Task<Outcome<ShiftItem>> Restore(Caller caller, Guid team, Guid id, int version, CancellationToken stop) => Mark(caller, team, id, version, removed: false, stop);

    private Task<Outcome<ShiftItem>> Mark(Caller caller, Guid team, Guid id, int version, bool removed, CancellationToken stop) =>
        workforce.Guarded<ShiftItem>(caller, team, "shift", async (tx, proposal) =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (await ShiftSql.Plan(tx, team, id, toChange: true) is not { } item) return ShiftSql.Unknown;
        if (item.Removed == removed) return item;
        if (item.Version != version) return ShiftSql.Stale;
        var next = item with { Removed = removed, Draft = true, Version = item.Version + 1 };
        if (!removed && item.Person is { } person)
        {
            RosterFacts.Lock(tx, [person]);
            var worker = (await RosterFacts.Load(tx, team, [person], item.StartsAt, item.EndsAt, drafts: true))[person];
            var broken = ShiftRules.Broken(worker, next.AsDuty(team), next.Skills, place.Value.Schedule.Rules).Where(b => b.Hard).ToList();
            if (broken.Count > 0) return BrokenRules.Refusal(broken);
        }
        await ShiftSql.Write(tx, next, caller.Person);
        if (removed) proposal.Add("DELETE", item);
        tx.Publish("shift.drafted", $"schedule/{team}", data: new { item = id });
        return next;
    }, stop);

    /// <summary>SH-09. Plain text; an empty one takes the note away.</summary>
    public Task<Outcome<bool>> Note(Caller caller, Guid team, DateOnly day, string text, bool share, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (text.Length > 1000) return Problem.Invalid("A note has at most 1000 characters.", "text", "too-long");
        await tx.Execute("""
            insert into collab.day_note (tenant, team, day, draft, shared) values (@Tenant, @team, @day, case when @share then null else @text end, case when @share then nullif(@text, '') end)
            on conflict (tenant, team, day) do update set draft = excluded.draft, shared = case when @share then excluded.shared else day_note.shared end
            """, new { tx.Tenant, team, day, text = text.Trim(), share });
        tx.Publish("shift.noted", $"schedule/{team}");
        if (share && text.Trim().Length > 0) await Notices.Tell(tx, await ShiftAccess.Staff(tx, team), "shift.note", $"/shifts/{team}?from={day:yyyy-MM-dd}", new { team = place.Value.Team.Name, day });
        return true;
    }, stop);
}

/// <summary>What the fields of one thing on a roster may be.</summary>
internal static class ShiftFields
{
    public static Problem? Wrong(ShiftSaid s)
    {
        if (s.Kind is not ("shift" or "open" or "off")) return Problem.Invalid("It is a shift, an open shift or time off.", "kind");
        if (s.EndsAt - s.StartsAt < TimeSpan.FromMinutes(1)) return Problem.Unprocessable("It ends after it starts, a minute at least.", "end", "shift-length");
        if (s.Kind != "off" && s.EndsAt - s.StartsAt > TimeSpan.FromHours(24)) return Problem.Unprocessable("A shift lasts at most 24 hours.", "end", "shift-length");
        if (s.Kind == "off" && s.EndsAt - s.StartsAt > TimeSpan.FromDays(400)) return Problem.Unprocessable("Time off lasts at most 400 days; enter the rest as a second one.", "end", "shift-length");
        if (s.Kind == "open" ? s.Person is not null || s.Slots is not (>= 1 and <= 100) : s.Person is null || s.Slots is not null) return Problem.Unprocessable("A shift and time off are of one person; an open shift has 1 to 100 places and no person.", "person", "shift-whose");
        if (s.Kind == "off" != s.Reason is not null) return Problem.Unprocessable("Time off has a reason, a shift has none.", "reason", "shift-reason");
        if (s.Kind == "open" && s.Group is null) return Problem.Unprocessable("An open shift is of a group: its members may take it.", "group", "group-missing");
        if (s.Label.Length > 80 || s.Notes.Length > 1000 || s.Override?.Length > 500) return Problem.Invalid("A label has at most 80 characters, notes 1000, a reason 500.", "label", "too-long");
        if (!ShiftItem.Themes.Contains(s.Theme)) return Problem.Invalid($"A colour is one of {string.Join(", ", ShiftItem.Themes)}.", "theme");
        if (s.Skills.Count > 10 || s.Skills.Any(k => k.Length is 0 or > 40)) return Problem.Invalid("A shift needs at most ten skills of 40 characters.", "skills");
        return s.Activities.Count > 20 || s.Activities.Any(a => a.Start < s.StartsAt || a.End > s.EndsAt || a.End <= a.Start || a.Name.Length is 0 or > 80)
            ? Problem.Unprocessable("At most 20 activities, each with a name and within the shift.", "activities", "activity-outside") : null;
    }

    public static ShiftItem Next(ShiftSaid s, Guid team, ShiftItem? before, Func<Guid> newId) => new()
    {
        Id = before?.Id ?? newId(), Draft = true, Team = team, Kind = s.Kind, Person = s.Person, Group = s.Group, Reason = s.Reason, Slots = s.Slots, StartsAt = s.StartsAt, EndsAt = s.EndsAt,
        Label = s.Label.Trim(), Notes = s.Notes.Trim(), Theme = s.Theme, ActivitiesJson = JsonSerializer.Serialize(s.Activities, JsonSerializerOptions.Web),
        Skills = [.. s.Skills.Select(k => k.Trim()).Distinct(StringComparer.OrdinalIgnoreCase)], Version = (before?.Version ?? 0) + 1,
    };
}
