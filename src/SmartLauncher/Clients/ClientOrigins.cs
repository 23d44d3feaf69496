using Dapper;
using HealthTeams.SmartLauncher.Callers;

namespace HealthTeams.SmartLauncher.Clients;

/// <summary>Where registered apps run in a browser: the origins of their redirect addresses, of every hospital (SMART-S16), not of those that wait for approval. Known for ten seconds.</summary>
public sealed class ClientOrigins(Db db)
{
    private readonly BriefMemory<int, IReadOnlySet<string>> known = new(db.Clock, TimeSpan.FromSeconds(10), 1);

    public async ValueTask<IReadOnlySet<string>> All(CancellationToken stop)
    {
        if (known.TryGet(0, out var origins)) return origins;
        await using var connection = await db.App.OpenConnectionAsync(stop);
        var redirects = await connection.QueryAsync<string>(new CommandDefinition(
            """
            select distinct jsonb_array_elements_text("RedirectUris"::jsonb) from auth."OpenIddictApplications"
            where "RedirectUris" is not null and "Properties"::jsonb ->> 'pending' is null
            """, cancellationToken: stop));
        origins = redirects.Select(r => new Uri(r)).Where(u => u.Scheme is "https" or "http").Select(u => u.GetLeftPart(UriPartial.Authority)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        known.Keep(0, origins);
        return origins;
    }
}
