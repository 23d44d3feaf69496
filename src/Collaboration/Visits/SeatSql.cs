namespace HealthTeams.Collaboration.Visits;

internal static class SeatSql
{
    public static Task<Participant?> Find(Tx tx, Guid visit, Guid participant) => tx.OneOrNone<Participant>($"""
        select {TakeSeat.Columns} from collab.participant p where p.tenant = @Tenant and p.visit = @visit and p.id = @participant
        """, new { tx.Tenant, tx.Now, visit, participant });

    public static Task To(Tx tx, Participant seat, SeatState state, Guid? by = null) => tx.Execute("""
        update collab.participant set state = @state,
          waiting_since = case when @state = 'Waiting' then @Now else waiting_since end,
          admitted_at = case when @state in ('Admitted', 'InCall') then coalesce(admitted_at, @Now) else admitted_at end,
          admitted_by = coalesce(@by, admitted_by),
          joined_at = case when @state = 'InCall' then @Now else joined_at end,
          left_at = case when @state in ('Left', 'Removed') then @Now end
        where tenant = @Tenant and id = @Id
        """, new { tx.Tenant, tx.Now, seat.Id, state = state.ToString(), by });
}
