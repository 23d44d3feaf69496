using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Handovers;

/// <summary>What the roster and the lists propose to somebody who leaves.</summary>
/// <param name="Shift">The one that is theirs now, or has just ended.</param>
/// <param name="Next">Who comes around its end, those of the same group first; whoever is on shift now after them.</param>
public sealed record HandoverProposal(Standing Team, OnShift? Shift, IReadOnlyList<OnShift> Next, IReadOnlyList<(Guid Id, string Name)> Lists, IReadOnlyList<TeamMember> Members, Guid? Begun);

/// <param name="List">Null: my own patients, of all lists of the team.</param>
/// <param name="Mine">Of the list, only rows that name me.</param>
public sealed record HandoverAsked(Guid Team, Guid? List, bool Mine, IReadOnlyList<Guid> To);

/// <summary>A draft: proposed by the roster, filled by the system, changed by the giver.</summary>
public sealed class BeginHandover(Db db, TeamDoor teams, ShiftDoor shifts, ListDoor lists, FillHandover fill)
{
    public Task<Outcome<HandoverProposal>> Propose(Caller caller, Guid team, CancellationToken stop) => db.In<Outcome<HandoverProposal>>(caller.Tenant, caller.Actor, async tx =>
    {
        var may = await teams.May(tx, caller, team, TeamRole.Member);
        if (!may.Ok) return may.Problem.Status == 403 ? TeamDoor.Unknown : may.Problem;
        var me = caller.Person!.Value;
        var shift = await shifts.Mine(tx, team, me, tx.Now, HandoverRules.StillMine);
        return new HandoverProposal(may.Value, shift, await Next(tx, team, me, shift), await lists.Of(tx, team), [.. (await teams.Members(tx, team)).Where(m => m.Person != me && m.Role >= TeamRole.Member)],
            await tx.Scalar<Guid?>("select id from collab.handover where tenant = @Tenant and team = @team and giver = @me and state in ('draft', 'offered') and replaces is null and origin is null order by created_at desc limit 1", new { tx.Tenant, team, me }));
    }, stop);

    /// <summary>One draft per giver and list: beginning again leads to the one that was begun.</summary>
    public Task<Outcome<Guid>> Begin(Caller caller, HandoverAsked asked, CancellationToken stop) => db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        var may = await teams.May(tx, caller, asked.Team, TeamRole.Member, change: true);
        if (!may.Ok) return may.Problem.Status == 403 ? TeamDoor.Unknown : may.Problem;
        var me = caller.Person!.Value;
        if (await WrongReceivers(tx, teams, asked.Team, me, asked.To) is { } wrong) return wrong;
        var patients = await fill.Whom(tx, caller, asked.Team, asked.List, asked.Mine);
        if (patients is null) return Problem.Unprocessable("There is no such list in this team.", "list", "list-unknown");
        if (patients.Count > HandoverRules.MostPatients) return Problem.Unprocessable($"A handover has at most {HandoverRules.MostPatients} patients. Take only those that name you.", "list", "handover-patients");
        var shift = await shifts.Mine(tx, asked.Team, me, tx.Now, HandoverRules.StillMine);
        var minutes = (await HandoverSql.Rule(tx, asked.Team) ?? new()).EscalateMinutes;
        var id = tx.NewId();
        var name = asked.List is null ? null : (await lists.Of(tx, asked.Team)).FirstOrDefault(l => l.Id == asked.List).Name;
        var title = string.Join(" · ", new[] { may.Value.Name, name, shift?.Label is { Length: > 0 } label ? label : null }.OfType<string>());
        var made = await tx.Execute("""
            insert into collab.handover (tenant, id, team, list, giver, shift, shift_label, ends_at, title, created_at, next_at)
            values (@Tenant, @id, @Team, @List, @me, @Shift, @Label, @EndsAt, @title, @Now, @next)
            on conflict (tenant, team, giver, list) where state in ('draft', 'offered') and replaces is null and origin is null do nothing
            """, new { tx.Tenant, tx.Now, id, asked.Team, asked.List, me, shift?.Shift, shift?.Label, shift?.EndsAt, title = title.Length > 200 ? title[..200] : title, next = HandoverRules.EscalateAt(shift?.EndsAt, null, minutes, tx.Now) });
        if (made == 0)
        {
            return await tx.Scalar<Guid>("""
                select id from collab.handover where tenant = @Tenant and team = @Team and giver = @me and list is not distinct from @List and state in ('draft', 'offered') and replaces is null and origin is null
                """, new { tx.Tenant, asked.Team, asked.List, me });
        }
        await SetReceivers(tx, id, asked.To);
        await fill.Run(tx, caller, (await HandoverSql.Find(tx, id))!, patients);
        await HandoverSql.Happened(tx, id, "begun");
        HandoverSql.Tell(tx, (await HandoverSql.Find(tx, id))!, "begun");
        return id;
    }, stop);

    private async Task<IReadOnlyList<OnShift>> Next(Tx tx, Guid team, Guid me, OnShift? shift)
    {
        var end = shift?.EndsAt ?? tx.Now;
        var comes = await shifts.Comes(tx, team, end - HandoverRules.Around, end + HandoverRules.Around, me);
        // Nobody comes at the end: whoever stays, or is there now, may take over.
        var there = (await shifts.OnShift(tx, team, null, tx.Now)).Where(s => s.Person != me && s.EndsAt > end);
        return [.. comes.OrderBy(s => s.Group == shift?.Group ? 0 : 1).ThenBy(s => (s.StartsAt - end).Duration()).Concat(there).DistinctBy(s => s.Person)];
    }

    internal static async Task<Problem?> WrongReceivers(Tx tx, TeamDoor teams, Guid team, Guid giver, IReadOnlyList<Guid> to)
    {
        if (to.Count > HandoverRules.MostReceivers) return Problem.Unprocessable($"A handover is offered to at most {HandoverRules.MostReceivers} people by name.", "to", "handover-to");
        if (to.Contains(giver)) return Problem.Unprocessable("Nobody hands over to themselves.", "to", "handover-to");
        if (to.Count == 0) return null;
        var members = (await teams.Members(tx, team)).Where(m => m.Role >= TeamRole.Member).Select(m => m.Person).ToHashSet();
        return to.All(members.Contains) ? null : Problem.Unprocessable("Who takes over is a member of the team.", "to", "handover-to");
    }

    internal static Task SetReceivers(Tx tx, Guid handover, IReadOnlyList<Guid> to) => tx.Execute("""
        delete from collab.handover_to where tenant = @Tenant and handover = @handover and person <> all(@to);
        insert into collab.handover_to (tenant, handover, person) select @Tenant, @handover, p from unnest(@to) p on conflict do nothing
        """, new { tx.Tenant, handover, to = to.Distinct().ToArray() });
}
