using Npgsql;

namespace HealthTeams.Collaboration.Visits;

/// <summary>A visit's row, locked for the decision that follows, and its status written with the time it began.</summary>
internal static class VisitSql
{
    public static Task<Visit?> Lock(Tx tx, Guid visit)
    {
        tx.Later(new NpgsqlBatchCommand("call collab.lock_visit_resources($1, $2)") { Parameters = { new() { Value = tx.Tenant }, new() { Value = visit } } });
        return tx.OneOrNone<Visit>("""
        select id, status, start_at as StartAt, end_at as EndAt, reason, service, location, patient,
          arrived_at as ArrivedAt, started_at as StartedAt, finished_at as FinishedAt, no_show_at as NoShowAt, version
        from collab.visit where tenant = @Tenant and id = @visit
        for update
        """, new { tx.Tenant, visit });
    }

    public static Task SetStatus(Tx tx, Visit visit, VisitStatus status, DateTimeOffset? at = null) => tx.Execute("""
        update collab.visit set status = @status, version = version + 1,
          arrived_at = case when @status = 'Arrived' then coalesce(arrived_at, @at) else arrived_at end,
          started_at = case when @status = 'InProgress' then coalesce(started_at, @at) else started_at end,
          finished_at = case when @status = 'Finished' then @at else finished_at end,
          no_show_at = case when @status = 'NoShow' then @at end
        where tenant = @Tenant and id = @Id
        """, new { tx.Tenant, visit.Id, status = status.ToString(), at = at ?? tx.Now });

    public static string? PatientOf(Visit visit) => visit.Patient is { } p ? $"person/{p}" : null;
}
