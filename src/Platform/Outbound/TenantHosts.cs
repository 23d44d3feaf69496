using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;

namespace HealthTeams.Platform.Outbound;

/// <summary>A host that this hospital's administrators allowed.</summary>
public sealed record TenantHost
{
    public string Origin { get; init; } = "";
    public bool PrivateRanges { get; init; }
    public DateTimeOffset AddedAt { get; init; }
    public string AddedBy { get; init; } = "";
}

/// <summary>
/// Hosts as an administrator keeps them. Private networks mean a local one: this machine itself and link-local addresses
/// (a cloud's metadata) stay the operator's to allow.
/// </summary>
public sealed class TenantHosts(Db db)
{
    public const int Most = 200;
    private const int LongestHost = 253;

    public async Task<IReadOnlyList<TenantHost>> List(int tenant, CancellationToken stop) =>
        await db.In(tenant, Actor.Product, tx => tx.Query<TenantHost>("""
            select origin, private_ranges as PrivateRanges, added_at as AddedAt, added_by as AddedBy
            from platform.tenant_host where tenant = @Tenant order by origin
            """, new { tx.Tenant }), stop);

    /// <summary>Adds a host, or changes whether it may be in a private network.</summary>
    public Task<Outcome<string>> Add(Caller caller, string address, bool privateRanges, CancellationToken stop)
    {
        var origin = Origin(address);
        return !origin.Ok ? Task.FromResult(origin) : db.In<Outcome<string>>(caller.Tenant, caller.Actor, async tx =>
        {
            var others = await tx.Scalar<long>("select count(*) from platform.tenant_host where tenant = @Tenant and origin <> @Value", new { tx.Tenant, origin.Value });
            if (others >= Most) return Problem.Conflict($"A hospital has at most {Most} hosts. Remove one that is not needed.", "too-many-hosts");
            await Keep(tx, origin.Value, privateRanges);
            tx.Publish("host.added", $"host/{origin.Value}", null, new { privateRanges });
            return origin.Value;
        }, stop);
    }

    public Task<Outcome<bool>> Remove(Caller caller, string origin, CancellationToken stop) =>
        db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await tx.Execute("delete from platform.tenant_host where tenant = @Tenant and origin = @origin", new { tx.Tenant, origin }) == 0)
            {
                return Problem.NotFound("This host is not among yours.");
            }
            tx.Publish("host.removed", $"host/{origin}");
            return true;
        }, stop);

    public static Task Keep(Tx tx, string origin, bool privateRanges) => tx.Execute("""
        insert into platform.tenant_host (tenant, origin, private_ranges, added_at, added_by) values (@Tenant, @origin, @privateRanges, @Now, @by)
        on conflict (tenant, origin) do update set private_ranges = excluded.private_ranges
        """, new { tx.Tenant, origin, privateRanges, tx.Now, by = tx.Actor.Id });

    /// <summary>Scheme, host and port of an address: what comes after says nothing about whom we speak to.</summary>
    public static Outcome<string> Origin(string address) =>
        Uri.TryCreate(address.Trim(), UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http"
        && uri is { UserInfo.Length: 0, IdnHost.Length: > 0 and <= LongestHost } && !uri.IdnHost.Contains('*', StringComparison.Ordinal)
            ? uri.GetLeftPart(UriPartial.Authority).ToLowerInvariant()
            : Problem.Invalid("A host is written as https://host or https://host:port.", "address", "host-invalid");
}
