using System.Text;
using HealthTeams.Collaboration.Files;
using HealthTeams.Collaboration.Policies;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Callers;

namespace HealthTeams.Host.Demo;

/// <summary>The clinical package for those who care for patients, and a file on the ward.</summary>
internal static class DemoPolicies
{
    private static readonly string[] Clinical = ["physician", "nurse", "charge-nurse", "social-worker"];

    public static async Task Load(IServiceProvider services, Tenant tenant, CancellationToken stop)
    {
        var people = await services.GetRequiredService<Db>().In(tenant.Id, Actor.Product, async tx =>
            (await tx.Query<(string Username, Guid Person)>("select username, person from auth.credential where tenant = @Tenant", new { tx.Tenant })).ToDictionary(p => p.Username, p => p.Person), stop);
        var given = await services.GetRequiredService<PolicyDesk>().AssignPackage(As("dix", StaffRole.Administrator), "clinical-worker", new PolicyTargets([], [], Clinical, [], false), stop);
        if (!given.Ok) throw new StartupException($"The demo policies were refused: {given.Problem.Detail}");
        var files = await services.GetRequiredService<FileDesk>().Folder(As("nightingale"), DemoTeams.Ward, null, null, false, stop);
        if (!files.Ok || files.Value.Files.Count > 0) return;
        var text = Encoding.UTF8.GetBytes("Rounds on Ward 4\n\n1. Who came, who goes home today\n2. Results since last night\n3. Lines, drains, catheters: still needed?\n4. Pain, sleep, food\n5. What the family asked\n");
        using var content = new MemoryStream(text);
        await services.GetRequiredService<FileUploads>().Put(As("nightingale"), new UploadSaid(DemoTeams.Ward, null, "Rounds.txt", text.Length), content, stop);

        Caller As(string user, params string[] roles) => new() { Tenant = tenant.Id, TenantSlug = tenant.Slug, Id = people[user].ToString(), Kind = CallerKind.Staff, Person = people[user], Roles = roles.ToHashSet() };
    }
}
