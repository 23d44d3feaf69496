using Dapper;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Collaboration.Teams;

/// <summary>Participants of CareTeams come in when their period begins and go when it ends; one transaction each, whoever sweeps.</summary>
public sealed class CareTeamDue(Db db, ProjectFhir project, ILogger<CareTeamDue> log) : IDueSweep
{
    private const int BatchSize = 100;

    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        var due = (await connection.QueryAsync<(int Tenant, Guid Team, Guid Person)>(new CommandDefinition(
            "select tenant, team, person from collab.care_member where due_at <= @now order by due_at limit @BatchSize", new { now = now.UtcDateTime, BatchSize }, cancellationToken: stop))).AsList();
        var done = 0;
        foreach (var (tenant, team, person) in due)
        {
            if (await Endless.Once($"A period in the team {team}", _ => db.In(tenant, Actor.Product, tx => Turn(tx, team, person), stop), log, stop)) done++;
            else await db.In(tenant, Actor.Product, tx => tx.Execute("update collab.care_member set due_at = @again where tenant = @Tenant and team = @team and person = @person and due_at <= @Now",
                new { tx.Tenant, tx.Now, team, person, again = tx.Now + DueWork.AfterFailure }), stop);
        }
        return done;
    }

    private async Task Turn(Tx tx, Guid team, Guid person)
    {
        var known = (await TeamActions.Lock(tx, team))!;
        if (await tx.OneOrNone<(string Role, DateTimeOffset? Until)?>("select role, until_at from collab.care_member where tenant = @Tenant and team = @team and person = @person and due_at <= @Now", new { tx.Tenant, tx.Now, team, person }) is not { } one) return;
        if (one.Until <= tx.Now) await CareTeamDoor.Leave(tx, team, [person]);
        else
        {
            if (await TeamActions.Put(tx, team, known.Name, [(person, Enum.Parse<TeamRole>(one.Role))]) is { } refused) throw new InvalidOperationException(refused.Detail);
            await tx.Execute("update collab.care_member set due_at = until_at where tenant = @Tenant and team = @team and person = @person", new { tx.Tenant, team, person });
            tx.Publish("team.member-added", $"team/{team}", data: new { people = new[] { person }, role = "CareTeam" });
        }
        await project(tx, "team", team);
    }
}
