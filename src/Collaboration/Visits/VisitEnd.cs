namespace HealthTeams.Collaboration.Visits;

/// <summary>Whatever ends a visit, in the room or from the EHR, closes its room the same way: tickets die, nobody is in the call.</summary>
internal static class VisitEnd
{
    public static Task CloseRoom(Tx tx, Guid visit) => tx.Execute("""
        delete from collab.room_ticket t using collab.participant p
        where t.tenant = @Tenant and p.tenant = @Tenant and t.participant = p.id and p.visit = @visit;
        update collab.participant set state = 'Left', left_at = coalesce(left_at, @Now), connected_until = null
        where tenant = @Tenant and visit = @visit and state not in ('Removed', 'Left')
        """, new { tx.Tenant, tx.Now, visit });
}
