using HealthTeams.Collaboration.Activity;

namespace HealthTeams.Collaboration.Approvals;

/// <summary>Moves of the chain inside a transaction: a step opens, a request passes on, the whole ends.</summary>
internal static class Chain
{
    /// <summary>Asks the people of a step; in the place of who is away, whom they named.</summary>
    public static async Task Open(Tx tx, Guid approval, int step)
    {
        await tx.Execute("update collab.approval_request set state = 'Open', opened_at = @Now where tenant = @Tenant and approval = @approval and step = @step and state = 'Waiting'",
            new { tx.Tenant, tx.Now, approval, step });
        var asked = (await ApprovalSql.Requests(tx, approval)).Where(r => r.Step == step && r.State == RequestState.Open).ToList();
        await PassOn(tx, approval, asked, await Away(tx, [.. asked.Select(r => r.Approver)]));
        await TellOpen(tx, approval, "approval.requested", $"open/{step}");
    }

    /// <summary>Requests of people who are away go to whom they named.</summary>
    public static async Task PassOn(Tx tx, Guid approval, IReadOnlyList<ApprovalRequest> open, IReadOnlyDictionary<Guid, Guid> away)
    {
        foreach (var request in open)
        {
            var asked = (await ApprovalSql.Requests(tx, approval)).Where(r => r.Step == request.Step && (r.Live || r.State == RequestState.Answered)).Select(r => r.Approver).ToHashSet();
            var stands = ApprovalRules.Stand(request.Approver, away, asked);
            if (stands != request.Approver) await Pass(tx, approval, request, stands, "away", request.Approver);
        }
    }

    /// <summary>The old row stays and says so; the new one says from whom it came (AP-05).</summary>
    public static async Task Pass(Tx tx, Guid approval, ApprovalRequest request, Guid to, string why, Guid? by)
    {
        await tx.Execute("update collab.approval_request set state = 'Passed', closed_at = @Now where tenant = @Tenant and id = @Id", new { tx.Tenant, tx.Now, request.Id });
        await tx.Execute("""
            insert into collab.approval_request (tenant, id, approval, step, approver, state, passed_from, passed_why, passed_by, passed_at, created_at, opened_at)
            values (@Tenant, @id, @approval, @Step, @to, @state, @from, @why, @by, @Now, @Now, @opened)
            """, new { tx.Tenant, tx.Now, id = tx.NewId(), approval, request.Step, to, state = request.State.ToString(), from = request.Id, why, by, opened = request.State == RequestState.Open ? tx.Now : (DateTimeOffset?)null });
        await ApprovalSql.Happened(tx, approval, why, by, to);
    }

    public static async Task End(Tx tx, ApprovalRow approval, ApprovalStatus status, string? result, bool? stopped)
    {
        await tx.Execute("""
            update collab.approval_request set state = 'Closed', closed_at = @Now where tenant = @Tenant and approval = @Id and state in ('Waiting', 'Open')
            """, new { tx.Tenant, tx.Now, approval.Id });
        await tx.Execute("""
            update collab.approval set status = @status, result = @result, stopped = @stopped, completed_at = @Now, next_at = null where tenant = @Tenant and id = @Id
            """, new { tx.Tenant, tx.Now, approval.Id, status = status.ToString(), result, stopped });
        await Notices.Settle(tx, $"/approvals/{approval.Id}");
    }

    public static async Task TellOpen(Tx tx, Guid approval, string kind, string key)
    {
        var (title, owner) = (await tx.Query<(string, string)>("""
            select a.title, concat_ws(' ', p.title, p.given, p.family) from collab.approval a join collab.person p on p.tenant = a.tenant and p.id = a.owner
            where a.tenant = @Tenant and a.id = @approval
            """, new { tx.Tenant, approval }))[0];
        var people = await tx.Query<Guid>("select approver from collab.approval_request where tenant = @Tenant and approval = @approval and state = 'Open'", new { tx.Tenant, approval });
        await Notices.Tell(tx, people, kind, $"/approvals/{approval}", new { title, from = owner }, $"approval/{approval}/{key}");
    }

    public static async Task<IReadOnlyDictionary<Guid, Guid>> Away(Tx tx, IReadOnlyList<Guid> people)
    {
        var all = new Dictionary<Guid, Guid>();
        // Delegations may lead on; five hands are enough.
        for (var (asked, depth) = (people.ToArray(), 0); asked.Length > 0 && depth < 5; depth++)
        {
            var found = await tx.Query<(Guid Person, Guid Delegate)>("""
                select person, delegate from collab.approval_delegation
                where tenant = @Tenant and person = any(@asked) and ended_at is null and from_at <= @Now and until_at > @Now
                """, new { tx.Tenant, tx.Now, asked });
            foreach (var (person, stands) in found) all[person] = stands;
            asked = [.. found.Select(f => f.Delegate).Where(d => !all.ContainsKey(d))];
        }
        return all;
    }
}
