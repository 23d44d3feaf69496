using HealthTeams.Collaboration.Shifts;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Messages;

public enum TargetKind { Person, Team, Group, Role }

/// <summary>Whom a message is for (MSG-13): a person, a team's members, or whoever is on shift now in a group of the roster or with a role.</summary>
public sealed record Target(TargetKind Kind, Guid? Id, Guid? Team, string? Name)
{
    public static Target Person(Guid person) => new(TargetKind.Person, person, null, null);
    public static Target Everyone(Guid team) => new(TargetKind.Team, null, team, null);

    /// <summary>On-shift tag: the group of that name, or without a name whoever is on shift in the team.</summary>
    public static Target Group(Guid team, string? name) => new(TargetKind.Group, null, team, name);
    public static Target Role(Guid? team, string name) => new(TargetKind.Role, null, team, name);
}

/// <summary>A message that stands in collab.message and asks for more than a read position.</summary>
/// <param name="AnyoneOfRole">The first acknowledgement closes the others' deliveries.</param>
/// <param name="ReceiptAsked">Each recipient's reading is kept, whatever the priority.</param>
public sealed record Raised(Guid Message, Guid? Conversation, string Priority, Guid? Patient, IReadOnlyList<Target> To, bool AnyoneOfRole, bool ReceiptAsked, Guid? SenderPerson)
{
    /// <summary>Whose conversation it was said in: its roster and rules, unless a target names another.</summary>
    public Guid? Team { get; init; }
}

/// <summary>Somebody a target means now.</summary>
/// <param name="As">"Charge nurse, Ward 4", where it was not the person who was named.</param>
public sealed record Called(Guid Person, string Name, string? As, Guid? Team);

/// <summary>Resolves to people now and rings them: deliveries due at once, the steps of escalation with their times.</summary>
internal static class RaiseMessage
{
    public static readonly Problem Nobody = Problem.Unprocessable("Nobody is on shift there now, so nobody would be rung: name somebody else as well.", "to", "nobody-on-shift");

    public static async Task<Outcome<IReadOnlyList<Called>>> Run(Tx tx, ShiftDoor shifts, TeamDoor teams, Raised said)
    {
        var called = (await Resolve(tx, shifts, teams, said.To)).Where(c => c.Person != said.SenderPerson).ToList();
        if (called.Count == 0) return said.To.All(t => t.Kind == TargetKind.Person) ? Problem.Unprocessable("Name somebody else than yourself.", "to", "nobody-named") : Nobody;
        if (said.Priority == "normal" && !said.ReceiptAsked) return called;
        var team = said.To.Select(t => t.Team).FirstOrDefault(t => t is not null) ?? said.Team ?? await TeamOf(tx, shifts, called[0].Person);
        var policy = said.Priority == "urgent" ? await Escalations.Of(tx, team) : null;
        await tx.Execute("""
            insert into collab.message_raised (tenant, message, conversation, team, sender, anyone, receipt)
            values (@Tenant, @Message, @Conversation, @team, @SenderPerson, @anyone, @ReceiptAsked)
            """, new { tx.Tenant, said.Message, said.Conversation, team, said.SenderPerson, anyone = said.AnyoneOfRole || policy is { Anyone: true } && said.To.Any(t => t.Kind != TargetKind.Person), said.ReceiptAsked });
        await Deliver(tx, said.Message, said.Priority, called, escalated: null);
        if (policy is not null) await Escalations.Plan(tx, said.Message, policy);
        tx.Publish("message.sent", $"message/{said.Message}", said.Patient is { } p ? $"person/{p}" : null, new { recipients = called.Select(c => c.Person).Concat(said.SenderPerson is { } me ? [me] : (Guid[])[]), said.Priority });
        return called;
    }

    /// <summary>Once each, in the order of the targets; somebody named twice is rung once.</summary>
    public static async Task<IReadOnlyList<Called>> Resolve(Tx tx, ShiftDoor shifts, TeamDoor teams, IReadOnlyList<Target> to)
    {
        var all = new List<Called>();
        var named = to.Where(t => t.Kind == TargetKind.Person).Select(t => t.Id!.Value).ToArray();
        if (named.Length > 0)
        {
            all.AddRange((await tx.Query<People.Person>("""
                select p.id, p.kind, p.family, p.given, p.title from collab.person p join unnest(@named) with ordinality as n (id, place) on n.id = p.id where p.tenant = @Tenant and p.kind = 'Staff' order by n.place
                """, new { tx.Tenant, named })).Select(p => new Called(p.Id, p.Display, null, null)));
        }
        foreach (var target in to.Where(t => t.Kind != TargetKind.Person))
        {
            all.AddRange(target.Kind switch
            {
                TargetKind.Team => (await teams.Members(tx, target.Team!.Value)).Select(m => new Called(m.Person, m.Name, null, target.Team)),
                TargetKind.Group => (await shifts.OnShift(tx, target.Team, null, tx.Now, group: target.Name)).Select(s => new Called(s.Person, s.Name, $"{target.Name ?? s.Group ?? s.Label}, {s.TeamName}", s.Team)),
                _ => (await shifts.OnShift(tx, target.Team, target.Name, tx.Now)).Select(s => new Called(s.Person, s.Name, $"{target.Name}, {s.TeamName}", s.Team)),
            });
        }
        return [.. all.DistinctBy(c => c.Person)];
    }

    /// <summary>A delivery of their own for each, with repeats of its own; who has one already keeps it.</summary>
    /// <returns>Who had none.</returns>
    public static Task<IReadOnlyList<Guid>> Deliver(Tx tx, Guid message, string priority, IReadOnlyList<Called> called, int? escalated) => tx.Query<Guid>("""
        insert into collab.message_delivery (tenant, id, message, recipient, priority, next_at, sent_at, escalated, asked_as)
        select @Tenant, d.id, @message, d.recipient, @priority, @Now, @Now, @escalated, d.asked_as from unnest(@ids, @people, @names) as d (id, recipient, asked_as)
        on conflict (tenant, message, recipient) do nothing
        returning recipient
        """, new { tx.Tenant, tx.Now, message, priority, escalated, ids = called.Select(_ => tx.NewId()).ToArray(), people = called.Select(c => c.Person).ToArray(), names = called.Select(c => c.As).ToArray() });

    /// <summary>Where the first of the people is at work now, or the only team they are in: whose roster is asked next.</summary>
    private static async Task<Guid?> TeamOf(Tx tx, ShiftDoor shifts, Guid person)
    {
        var at = (await shifts.OnShift(tx, null, null, tx.Now)).FirstOrDefault(s => s.Person == person)?.Team;
        if (at is not null) return at;
        var teams = await tx.Query<Guid>("""
            select m.team from collab.team_member m join collab.team t on t.tenant = m.tenant and t.id = m.team and t.archived_at is null
            where m.tenant = @Tenant and m.person = @person limit 2
            """, new { tx.Tenant, person });
        return teams is [var only] ? only : null;
    }
}
