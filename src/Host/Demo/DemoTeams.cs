using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

/// <summary>A ward and a clinic, each with the staff that work there.</summary>
internal static class DemoTeams
{
    public static readonly Guid Ward = new("0199b000-0000-7000-8000-000000000001");
    public static readonly Guid Clinic = new("0199b000-0000-7000-8000-000000000002");

    public static async Task Load(IServiceProvider services, Tenant tenant, CancellationToken stop)
    {
        var db = services.GetRequiredService<Db>();
        var (people, there) = await db.In(tenant.Id, Actor.Product, async tx => (
            (await tx.Query<(string Username, Guid Person)>("select username, person from auth.credential where tenant = @Tenant", new { tx.Tenant })).ToDictionary(p => p.Username, p => p.Person),
            (await tx.Query<Guid>("select id from collab.team where tenant = @Tenant", new { tx.Tenant })).ToHashSet()), stop);
        var templates = services.GetRequiredService<Templates>();
        var teams = services.GetRequiredService<TeamActions>();
        await Make(Ward, "Ward 4", "Cardiology, 18 beds", "Patient care", "nightingale", ("curie", TeamRole.Member), ("osler", TeamRole.Member), ("seacole", TeamRole.Member), ("barton", TeamRole.Member), ("codman", TeamRole.Guest));
        await Make(Clinic, "Virtual clinic", "Video visits with outpatients", null, "curie", ("osler", TeamRole.Member), ("nightingale", TeamRole.Member), ("codman", TeamRole.Member));

        async Task Make(Guid id, string name, string description, string? template, string owner, params (string User, TeamRole Role)[] members)
        {
            if (there.Contains(id)) return;
            var caller = new Caller { Tenant = tenant.Id, TenantSlug = tenant.Slug, Id = people[owner].ToString(), Kind = CallerKind.Staff, Person = people[owner] };
            var from = template is null ? null : (await templates.All(caller, stop)).FirstOrDefault(t => t.Content.Name == template);
            var made = await teams.Create(caller, new NewTeam(name, description, "private", from?.Id, [.. members.Select(m => (people[m.User], m.Role))]) { Id = id }, stop);
            if (!made.Ok) throw new StartupException($"The demo team {name} was refused: {made.Problem.Detail}");
        }
    }
}
