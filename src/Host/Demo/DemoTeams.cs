using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

/// <summary>A ward and a clinic, each with the staff that work there.</summary>
internal static class DemoTeams
{
    public static readonly Guid Ward = new("0199b000-0000-7000-8000-000000000001");
    public static readonly Guid Clinic = new("0199b000-0000-7000-8000-000000000002");

    public static Task Load(IServiceProvider services, Tenant tenant, CancellationToken stop) =>
        services.GetRequiredService<Db>().In(tenant.Id, Actor.Product, async tx =>
        {
            await Team(tx, Ward, "Ward 4", "Cardiology, 18 beds", ("nightingale", "Owner"), ("curie", "Member"), ("osler", "Member"), ("seacole", "Member"), ("barton", "Member"), ("codman", "Guest"));
            await Team(tx, Clinic, "Virtual clinic", "Video visits with outpatients", ("curie", "Owner"), ("osler", "Member"), ("nightingale", "Member"), ("codman", "Member"));
        }, stop);

    private static async Task Team(Tx tx, Guid id, string name, string description, params (string User, string Role)[] members)
    {
        await tx.Execute("""
            insert into collab.team (tenant, id, name, description, visibility, created_at) values (@Tenant, @id, @name, @description, 'private', @Now)
            on conflict do nothing
            """, new { tx.Tenant, tx.Now, id, name, description });
        await tx.Execute("""
            insert into collab.team_member (tenant, team, person, role, since)
            select c.tenant, @id, c.person, m.role, @Now
            from unnest(@users, @roles) as m (username, role) join auth.credential c on c.tenant = @Tenant and c.username = m.username
            where exists (select from collab.team t where t.tenant = @Tenant and t.id = @id)
            on conflict do nothing
            """, new { tx.Tenant, tx.Now, id, users = members.Select(m => m.User).ToArray(), roles = members.Select(m => m.Role).ToArray() });
    }
}
