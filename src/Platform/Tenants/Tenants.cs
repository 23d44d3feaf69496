using System.Collections.Concurrent;
using Dapper;
using HealthTeams.Platform.Database;

namespace HealthTeams.Platform.Tenants;

/// <summary>A hospital.</summary>
public sealed record Tenant(int Id, string Slug, string Name, string TimeZone, bool Demo)
{
    public TimeZoneInfo Zone => TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
}

/// <summary>Tenants by slug and id; they are few and change rarely, so they are kept in memory once seen.</summary>
public sealed class TenantDirectory(Db db)
{
    private readonly ConcurrentDictionary<string, Tenant> bySlug = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, Tenant> byId = new();

    public async ValueTask<Tenant?> Find(string slug, CancellationToken stop) =>
        bySlug.TryGetValue(slug, out var known) ? known
            : await Load("select id, slug, name, time_zone as TimeZone, demo from platform.tenant where slug = @key", slug, stop);

    public async ValueTask<Tenant?> Find(int id, CancellationToken stop) =>
        byId.TryGetValue(id, out var known) ? known
            : await Load("select id, slug, name, time_zone as TimeZone, demo from platform.tenant where id = @key", id, stop);

    public async Task<IReadOnlyList<Tenant>> All(CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        return (await connection.QueryAsync<Tenant>(new CommandDefinition(
            "select id, slug, name, time_zone as TimeZone, demo from platform.tenant order by id", cancellationToken: stop))).AsList();
    }

    private async Task<Tenant?> Load(string sql, object key, CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        var tenant = await connection.QuerySingleOrDefaultAsync<Tenant>(new CommandDefinition(sql, new { key }, cancellationToken: stop));
        if (tenant is not null) bySlug[tenant.Slug] = byId[tenant.Id] = tenant;
        return tenant;
    }
}
