namespace HealthTeams.Collaboration.Approvals;

/// <param name="Mine">I am away; else somebody's requests come to me.</param>
public sealed record Delegation(Guid Id, string Person, string Delegate, DateTimeOffset FromAt, DateTimeOffset UntilAt, bool Mine);

/// <summary>While somebody is away, what is asked of them goes to whom they named; what waits when it begins goes there, too.</summary>
public sealed class Delegations(Db db)
{
    public static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    public Task<IReadOnlyList<Delegation>> Mine(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<Delegation>("""
        select d.id, concat_ws(' ', p.title, p.given, p.family) as Person, concat_ws(' ', s.title, s.given, s.family) as Delegate, d.from_at as FromAt, d.until_at as UntilAt, d.person = @Person as Mine
        from collab.approval_delegation d
        join collab.person p on p.tenant = d.tenant and p.id = d.person
        join collab.person s on s.tenant = d.tenant and s.id = d.delegate
        where d.tenant = @Tenant and (d.person = @Person or d.delegate = @Person) and d.ended_at is null and d.until_at > @Now
        order by d.from_at
        """, new { tx.Tenant, tx.Now, caller.Person }), stop);

    public Task<Outcome<bool>> Set(Caller caller, Guid stands, DateTimeOffset from, DateTimeOffset until, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (stands == caller.Person) return Problem.Unprocessable("Choose somebody else: it is you who is away.", "delegate", "delegation-self");
        if (until <= from || until <= tx.Now || until - from > Longest) return Problem.Unprocessable("It ends after it begins, not in the past, and within a year.", "until", "delegation-time");
        if (!await tx.Scalar<bool>("select exists (select from collab.person where tenant = @Tenant and id = @stands and kind = 'Staff')", new { tx.Tenant, stands })) return Problem.Unprocessable("Choose a member of staff.", "delegate", "person-unknown");
        var id = tx.NewId();
        await tx.Execute("""
            insert into collab.approval_delegation (tenant, id, person, delegate, from_at, until_at) values (@Tenant, @id, @Person, @stands, @from, @until)
            """, new { tx.Tenant, id, caller.Person, stands, from, until });
        await Activity.Notices.Tell(tx, [stands], "approval.delegated", "/approvals/away", new { from = caller.Display, until });
        tx.Publish("approval.delegated", $"approval/{id}");
        return true;
    }, stop);

    public Task<Outcome<bool>> End(Caller caller, Guid id, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
        await tx.Execute("update collab.approval_delegation set ended_at = @Now where tenant = @Tenant and id = @id and person = @Person and ended_at is null", new { tx.Tenant, tx.Now, id, caller.Person }) == 1
            ? true : Problem.NotFound("There is no such absence of yours.", "delegation-unknown"), stop);
}
