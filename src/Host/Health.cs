using HealthTeams.Platform.Database;
using Npgsql;

namespace HealthTeams.Host;

/// <summary>/health/live: the process answers. /health/ready: the database answers it, and what waits is counted.</summary>
internal static class Health
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Results.Json(new { status = "live" })).AllowAnonymous().ExcludeFromDescription();
        routes.MapGet("/health/ready", Ready).AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task<IResult> Ready(Db db, CancellationToken stop)
    {
        try
        {
            await using var command = db.Worker.CreateCommand("select count(*) filter (where parked_at is null), count(*) filter (where parked_at is not null) from platform.delivery");
            await using var reader = await command.ExecuteReaderAsync(stop);
            await reader.ReadAsync(stop);
            return Results.Json(new { status = "ready", waiting = reader.GetInt64(0), parked = reader.GetInt64(1) });
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return Results.Json(new { status = "database away" }, statusCode: 503);
        }
    }
}
