using Dapper;
using HealthTeams.Platform.Tenants;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealthTeams.SmartLauncher.Sessions;

/// <summary>Throws away, hourly, what expired a day ago: sessions, launches, choices, tokens, failures.</summary>
internal sealed class Leftovers(Db db, TenantDirectory tenants, ILogger<Leftovers> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, db.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await Sweep(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task Sweep(CancellationToken stop)
    {
        var before = db.Clock.GetUtcNow() - Grace;
        try
        {
            foreach (var tenant in await tenants.All(stop))
            {
                await db.In(tenant.Id, Actor.Product, tx => tx.Execute("""
                    delete from auth.staff_session where tenant = @Tenant and expires_at < @before;
                    delete from auth.visit_session where tenant = @Tenant and expires_at < @before;
                    delete from auth.launch where tenant = @Tenant and expires_at < @before;
                    delete from auth.app_launch where tenant = @Tenant and expires_at < @before;
                    delete from auth.launch_choice where tenant = @Tenant and expires_at < @before;
                    delete from auth.launch_token where tenant = @Tenant and expires_at < @before
                    """, new { tx.Tenant, before }), stop);
            }
            await using var connection = await db.App.OpenConnectionAsync(stop);
            await connection.ExecuteAsync(new CommandDefinition("""
                delete from auth.sign_in_failure where last_at < @before;
                delete from auth.assertion_jti where expires_at < @before;
                delete from auth."OpenIddictTokens" where "ExpirationDate" < @before;
                delete from auth."OpenIddictAuthorizations" a
                where a."Type" = 'ad-hoc' and a."CreationDate" < @before
                  and not exists (select from auth."OpenIddictTokens" t where t."AuthorizationId" = a."Id")
                """, new { before }, cancellationToken: stop));
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            log.LogWarning("Clearing waits for the database: {Reason}", e.Message);
        }
    }
}
