namespace HealthTeams.Collaboration.Shifts;

/// <summary>A request as a Task says it, free of FHIR types.</summary>
/// <param name="Status">Of FHIR: "requested", "accepted", "rejected", "cancelled", "completed" ...</param>
public sealed record TaskSaid(string Task, string Status, Guid? Sender, ShiftAsk Ask, string Message, string? ReasonName);

/// <summary>The gateway's door for requests: one machine for pages and for FHIR (complaints 1 and 2).</summary>
public sealed class ShiftTaskDoor(ShiftRequests requests, ShiftDecisions decisions, Workforce workforce)
{
    /// <param name="caller">Null for a system of the hospital's, which speaks for whoever acts.</param>
    public async Task<Problem?> Hear(Tx tx, Caller? caller, TaskSaid said)
    {
        if (await RequestSql.ByTask(tx, said.Task) is not { } known) return said.Status == "requested" ? await Begin(tx, caller, said) : null;
        if (Act(known, said.Status) is not { } act)
        {
            return Same(known, said.Status) ? null : RequestMachine.Refusal(known.State, known.AssignedTo);
        }
        return await Guarded(tx, known.Team, ShiftRequests.Entity(known.Kind), act == RequestAct.Withdraw ? "DELETE" : "PUT",
            await decisions.Decide(tx, caller, known.Id, null, act, said.Message, null));
    }

    private async Task<Problem?> Begin(Tx tx, Caller? caller, TaskSaid said)
    {
        if (said.Sender is not { } sender) return Problem.Unprocessable("Who asks is not known here: requester is a Practitioner of the team.", "Task.requester", "not-found");
        if (caller is not null && caller.Person != sender) return Problem.Forbidden("Nobody asks in another's name.", "not-yours");
        var ask = said.Ask;
        if (ask is { Kind: "off", Team: { } team } && said.ReasonName is { } name)
        {
            ask = ask with { Reason = await tx.Scalar<Guid?>("select id from collab.time_off_reason where tenant = @Tenant and team = @team and active and lower(name) = lower(@name)", new { tx.Tenant, team, name }) };
        }
        var made = await requests.Ask(tx, caller, sender, ask, said.Task);
        return made.Ok ? await Guarded(tx, made.Value.Team, ShiftRequests.Entity(made.Value.Kind), "POST", made) : made.Problem;
    }

    private async Task<Problem?> Guarded(Tx tx, Guid team, string entity, string method, Outcome<ShiftRequest> done)
    {
        if (!done.Ok) return done.Problem;
        var proposal = new Proposal();
        proposal.Add(method, done.Value);
        return await workforce.Ask(tx, team, entity, proposal);
    }

    /// <summary>What a Task's next status asks of the machine; null where it asks for nothing it could do.</summary>
    internal static RequestAct? Act(ShiftRequest r, string status) => (r.State, r.AssignedTo, status) switch
    {
        ("pending", _, "cancelled" or "entered-in-error") => RequestAct.Withdraw,
        ("pending", "recipient", "accepted") => RequestAct.Accept,
        ("pending", "recipient", "rejected") => RequestAct.Decline,
        ("pending", "manager", "rejected") => RequestAct.Deny,
        ("pending", "manager", "completed") => RequestAct.Approve,
        _ => null,
    };

    public static string Status(ShiftRequest r) => (r.State, r.AssignedTo) switch
    {
        ("pending", "recipient") => "requested",
        ("pending", _) => "accepted",
        ("approved", _) => "completed",
        ("declined", _) => "rejected",
        _ => "cancelled",
    };

    /// <summary>The Task says what is so already, or is not past it: a claim is accepted from its beginning.</summary>
    private static bool Same(ShiftRequest r, string status) => status == Status(r) || (r.State == "pending" && status is "requested" or "received" or "in-progress" && r.AssignedTo is "manager" or "recipient");

    /// <summary>The Task was deleted: whoever still waits for an answer waits no more. Nothing is written back to it.</summary>
    public async Task<Problem?> Forget(Tx tx, Caller? caller, string task)
    {
        if (await RequestSql.ByTask(tx, task) is not { State: "pending" } known) return null;
        if (caller is not null && await decisions.May(tx, caller, known, RequestAct.Withdraw) is { } no) return no;
        var ended = known with { State = "withdrawn" };
        await RequestSql.Step(tx, ended);
        await RequestTold.Ended(tx, ended, (_, _, _) => Task.CompletedTask);
        return null;
    }

    public static Task<ShiftRequest?> Find(Tx tx, Guid id) => RequestSql.Find(tx, id);

    /// <summary>Whom a reference of our FHIR API means: a Practitioner, or a PractitionerRole of a roster.</summary>
    public static Task<Guid?> Person(Tx tx, string reference) => tx.Scalar<Guid?>("""
        select person from collab.person_key where tenant = @Tenant and source = @own and reference = @reference
        union all select person from collab.roster_person where tenant = @Tenant and 'PractitionerRole/' || id = @reference limit 1
        """, new { tx.Tenant, own = Guid.Empty, reference });
}

/// <summary>What FHIR shows of a team's roster and has not shown yet.</summary>
public sealed record RosterNews
{
    public required string Team { get; init; }
    public required string Zone { get; init; }
    public required IReadOnlyList<ShiftItem> Changed { get; init; }
    public required IReadOnlyList<Guid> Gone { get; init; }

    /// <summary>Everybody these are of, with the id of their PractitionerRole and Schedule.</summary>
    public required IReadOnlyDictionary<Guid, Guid> Roles { get; init; }
    public required IReadOnlyDictionary<Guid, string> Names { get; init; }
    public required ILookup<Guid, ShiftItem> Off { get; init; }
    public required ILookup<Guid, Available> Availability { get; init; }

    /// <summary>Takes the news: what is returned here is not returned again.</summary>
    public static async Task<RosterNews> Take(Tx tx, Guid team)
    {
        var changed = await tx.Query<ShiftItem>($"""
            with taken as (update collab.shift set stale = false where tenant = @Tenant and team = @team and not draft and stale returning *)
            select {ShiftItem.Columns} from taken s order by s.starts_at, s.id
            """, new { tx.Tenant, team });
        var gone = await tx.Query<(Guid Id, Guid? Person)>("delete from collab.shift_gone where tenant = @Tenant and team = @team returning id, person", new { tx.Tenant, team });
        var people = changed.Select(c => c.Person).Concat(gone.Select(g => g.Person)).OfType<Guid>().Distinct().ToArray();
        await tx.Execute("insert into collab.roster_person (tenant, team, person, id) select @Tenant, @team, n.person, n.id from unnest(@people, @ids) as n (person, id) on conflict do nothing",
            new { tx.Tenant, team, people, ids = people.Select(_ => tx.NewId()).ToArray() });
        var (roles, off) = await tx.Query<(Guid Person, Guid Id), ShiftItem>(
            ("select person, id from collab.roster_person where tenant = @Tenant and team = @team and person = any(@people)", new { tx.Tenant, team, people }),
            ($"select {ShiftItem.Columns} from collab.shift s where s.tenant = @Tenant and s.team = @team and s.person = any(@people) and s.kind = 'off' and not s.draft and s.ends_at > @since order by s.starts_at",
                new { tx.Tenant, team, people, since = tx.Now.AddDays(-30) }));
        var (names, times) = await tx.Query<(Guid Id, string Name), (Guid Person, int Day, int From, int To, string Zone)>(
            ("select id, name from collab.shift_group where tenant = @Tenant and team = @team union all select id, name from collab.time_off_reason where tenant = @Tenant and team = @team union all select id, name from collab.team where tenant = @Tenant and id = @team", new { tx.Tenant, team }),
            ("select person, weekday, from_minute, to_minute, zone from collab.availability where tenant = @Tenant and person = any(@people) order by weekday, from_minute", new { tx.Tenant, people }));
        var named = names.ToDictionary(n => n.Id, n => n.Name);
        return new RosterNews
        {
            Team = named[team], Zone = (await ShiftAccess.Schedule(tx, team))?.Zone ?? "UTC", Changed = changed, Gone = [.. gone.Select(g => g.Id)], Roles = roles.ToDictionary(r => r.Person, r => r.Id), Names = named,
            Off = off.ToLookup(o => o.Person!.Value), Availability = times.ToLookup(t => t.Person, t => new Available((DayOfWeek)t.Day, t.From, t.To, t.Zone)),
        };
    }
}
