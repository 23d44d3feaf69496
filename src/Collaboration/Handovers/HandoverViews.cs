using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Audit;

namespace HealthTeams.Collaboration.Handovers;

/// <summary>The desk: mine to give, mine to receive, others of my teams under way, and what is over.</summary>
public sealed record HandoverDesk(IReadOnlyList<Handover> Give, IReadOnlyList<Handover> Receive, IReadOnlyList<Handover> Others, IReadOnlyList<Handover> Past);

/// <summary>Reading. Each patient that a page shows is on record.</summary>
public sealed class HandoverViews(Db db, TeamDoor teams, TaskDoor tasks, MessageDoor messages, AccessLog audit)
{
    public const int PastShown = 60;

    public Task<HandoverDesk> Desk(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
    {
        var all = await tx.Query<Handover>($"""
            {HandoverSql.Select}
            join collab.team_member m on m.tenant = h.tenant and m.team = h.team and m.person = @Person and m.role <> 'Guest'
            where h.tenant = @Tenant and t.archived_at is null and (h.state in ('draft', 'offered') or h.id in (
              select o.id from collab.handover o join collab.team_member w on w.tenant = o.tenant and w.team = o.team and w.person = @Person and w.role <> 'Guest'
              where o.tenant = @Tenant and o.state not in ('draft', 'offered') order by coalesce(o.accepted_at, o.closed_at) desc limit {PastShown}))
            order by coalesce(h.ends_at, h.offered_at, h.created_at), h.id
            """, new { tx.Tenant, caller.Person });
        var me = caller.Person;
        var live = all.Where(h => h.Live).ToList();
        var receive = live.Where(h => h.State == "offered" && h.Giver != me && (h.To.Length == 0 || h.To.Contains(me ?? Guid.Empty))).ToList();
        var give = live.Where(h => h.Giver == me).ToList();
        return new HandoverDesk(give, receive, [.. live.Except(give).Except(receive)], [.. all.Where(h => !h.Live).OrderByDescending(h => h.AcceptedAt ?? h.ClosedAt)]);
    }, stop);

    /// <param name="how">"view", or "print".</param>
    public async Task<Outcome<HandoverView>> One(Caller caller, Guid id, CancellationToken stop, string how = "view")
    {
        var named = new HashSet<Guid>();
        var found = await db.In<Outcome<HandoverView>>(caller.Tenant, caller.Actor, async tx =>
        {
            var open = await HandoverSql.Open(tx, teams, caller, id);
            if (!open.Ok) return open.Problem;
            var h = open.Value;
            // A draft is its writer's: half a sentence is nobody's word yet.
            if (h.State == "draft" && h.Giver != caller.Person) return new HandoverView(h, [], [], caller.Person, false, 0);
            var entries = await HandoverSql.Entries(tx, id);
            var happened = await tx.Query<EventRow>("""
                select v.kind, v.at, v.detail, concat_ws(' ', b.title, b.given, b.family) as "By", p.family, p.given, v.patient
                from collab.handover_event v left join collab.person b on b.tenant = v.tenant and b.id = v.by left join collab.person p on p.tenant = v.tenant and p.id = v.patient
                where v.tenant = @Tenant and v.handover = @id order by v.at, v.id limit 1000
                """, new { tx.Tenant, id });
            // The history names those, too, who were taken out.
            named = [.. entries.Select(e => e.Patient), .. happened.Select(v => v.Patient).OfType<Guid>()];
            var events = happened.Select(v => new HandoverEvent(v.Kind, v.At, v.By is { Length: > 0 } ? v.By : null, v.Patient is null ? null : new Person { Kind = PersonKind.Patient, Family = v.Family, Given = v.Given }.Display, v.Detail)).ToList();
            var mayReceive = h.Giver != caller.Person && (h.To.Length == 0 || h.To.Contains(caller.Person ?? Guid.Empty));
            var patients = entries.Select(e => e.Patient).ToArray();
            // What would come with it, or is still with the one who has left.
            var passing = (h.State == "offered" && mayReceive) || (h.State == "accepted" && h.Receiver == caller.Person)
                ? (await tasks.OfPerson(tx, h.Team, h.Giver, patients)).Count + (await messages.OpenUrgent(tx, h.Giver, patients)).Count : 0;
            return new HandoverView(h, entries, events, caller.Person, mayReceive, passing, await teams.Standing(tx, h.Team, caller.Person) is { Role: TeamRole.Owner });
        }, stop);
        if (found.Ok) await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, how, $"handover/{id}", null, 200), named.Select(p => $"person/{p}"), stop);
        return found;
    }

    public Task<Outcome<(Standing Team, HandoverRule Rule)>> Rule(Caller caller, Guid team, CancellationToken stop) => db.In<Outcome<(Standing, HandoverRule)>>(caller.Tenant, caller.Actor, async tx =>
    {
        var may = await teams.May(tx, caller, team, TeamRole.Member);
        return may.Ok ? (may.Value, await HandoverSql.Rule(tx, team) ?? new HandoverRule()) : may.Problem.Status == 403 ? TeamDoor.Unknown : may.Problem;
    }, stop);

    /// <summary>Teams one hands over in, and who could take over in each.</summary>
    public Task<IReadOnlyList<Team>> Teams(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
        (IReadOnlyList<Team>)[.. (await teams.Mine(tx, caller.Person)).Where(t => t.Role >= TeamRole.Member)], stop);

    public Task<IReadOnlyList<TeamMember>> Members(Caller caller, Handover h, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
        (IReadOnlyList<TeamMember>)[.. (await teams.Members(tx, h.Team)).Where(m => m.Role >= TeamRole.Member && m.Person != h.Giver)], stop);

    private sealed record EventRow
    {
        public string Kind { get; init; } = "";
        public DateTimeOffset At { get; init; }
        public string? Detail { get; init; }
        public string? By { get; init; }
        public string? Family { get; init; }
        public string? Given { get; init; }
        public Guid? Patient { get; init; }
    }
}
