using HealthTeams.Collaboration.Conversations;
using HealthTeams.Collaboration.Policies;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Messages;

/// <summary>A message as somebody writes it on a page, to whoever it must reach.</summary>
/// <param name="Key">Made with the form: sent twice it is one message.</param>
public sealed record UrgentSaid(IReadOnlyList<Target> To, string Priority, Guid? Patient, string Text, bool Anyone, string? Key);

/// <summary>Somewhere a message can be sent, with who would be rung if it were sent now.</summary>
/// <param name="Name">The group's or the role's; null is everybody of that kind.</param>
public sealed record Reach(TargetKind Kind, Guid Team, string TeamName, string? Name, IReadOnlyList<string> Now);

/// <summary>Writing to people, teams, roles and on-shift tags (MSG-05, MSG-13).</summary>
public sealed class SendUrgent(Db db, ConversationDoor conversations, MessageDoor messages, PolicyDoor policies, ShiftDoor shifts, TeamDoor teams)
{
    public const string ChargeNurse = "charge nurse";
    public const int MostTargets = 50;

    /// <summary>My teams first. A team that is private is shown to its members only.</summary>
    public Task<IReadOnlyList<Reach>> Places(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
    {
        var reaches = new List<Reach>();
        var onShift = (await shifts.OnShift(tx, null, null, tx.Now)).ToLookup(s => s.Team);
        foreach (var (team, name) in await Addressable(tx, caller.Person))
        {
            var here = onShift[team].Where(s => s.Person != caller.Person).ToList();
            reaches.Add(new(TargetKind.Role, team, name, ChargeNurse, Names(await shifts.OnShift(tx, team, ChargeNurse, tx.Now), caller.Person)));
            reaches.AddRange(here.Where(s => s.Group is not null).GroupBy(s => s.Group!, StringComparer.OrdinalIgnoreCase).Select(g => new Reach(TargetKind.Group, team, name, g.Key, Names(g, caller.Person))));
            reaches.Add(new(TargetKind.Group, team, name, null, Names(here, caller.Person)));
            reaches.Add(new(TargetKind.Team, team, name, null, [.. (await teams.Members(tx, team)).Where(m => m.Person != caller.Person).Select(m => m.Name)]));
        }
        return (IReadOnlyList<Reach>)reaches;
    }, stop);

    public Task<Outcome<Posted>> Send(Caller caller, UrgentSaid said, CancellationToken stop) => db.In<Outcome<Posted>>(caller.Tenant, caller.Actor, async tx =>
    {
        var sent = await Send(tx, caller, said);
        return sent.Ok ? sent : tx.Abandon(sent);
    }, stop);

    private async Task<Outcome<Posted>> Send(Tx tx, Caller caller, UrgentSaid said)
    {
        var policy = await policies.Of(tx, caller);
        if (said.Priority == "urgent" && policy.Refuse(nameof(EffectivePolicy.AllowPriorityMessages)) is { } not) return not;
        if (said.To.Count == 0) return Problem.Unprocessable("Choose who is to be told.", "to", "nobody-named");
        if (said.To.Count > MostTargets) return Problem.Unprocessable($"A message has at most {MostTargets} recipients, teams and groups; take a team for more.", "to", "many-named");
        var mine = (await Addressable(tx, caller.Person)).Select(t => t.Id).ToHashSet();
        if (said.To.Any(t => t.Team is { } team && !mine.Contains(team))) return TeamDoor.Unknown;
        var called = (await messages.WhoNow(tx, said.To)).Where(c => c.Person != caller.Person).ToList();
        if (called.Count == 0) return RaiseMessage.Nobody;
        return await conversations.Post(tx, new PostSaid
        {
            People = [.. called.Select(c => c.Person)], Patient = said.Patient, SenderPerson = caller.Person, Text = said.Text, Priority = said.Priority,
            Receipt = true, AnyoneOfRole = said.Anyone, Targets = said.To, Key = said.Key,
        });
    }

    /// <summary>One's own teams, then those that everybody may find.</summary>
    private static Task<IReadOnlyList<(Guid Id, string Name)>> Addressable(Tx tx, Guid? person) => tx.Query<(Guid, string)>("""
        select t.id, t.name from collab.team t
        left join collab.team_member m on m.tenant = t.tenant and m.team = t.id and m.person = @person
        where t.tenant = @Tenant and t.archived_at is null and (coalesce(m.role, 'Guest') <> 'Guest' or t.visibility = 'public')
        order by m.person is null, lower(t.name) limit 100
        """, new { tx.Tenant, person });

    private static string[] Names(IEnumerable<OnShift> people, Guid? but) => [.. people.Where(p => p.Person != but).DistinctBy(p => p.Person).Select(p => p.Name)];
}
