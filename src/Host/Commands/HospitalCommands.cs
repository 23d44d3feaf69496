using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Dapper;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Events;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher;
using HealthTeams.SmartLauncher.Discovery;
using HealthTeams.SmartLauncher.Staff;
using Npgsql;

namespace HealthTeams.Host.Commands;

/// <summary>An installation without demo data: its hospitals, and the people who sign in there.</summary>
internal static partial class HospitalCommands
{
    private static Actor Me => Operator.Me;

    public static Task<int> AddTenant(Options o) => Operator.With(async (services, _) =>
    {
        var (slug, name, zone) = (o.Must("slug"), o.Must("name"), o.One("time-zone") ?? "Europe/Paris");
        if (!Slug().IsMatch(slug)) return Operator.Fail("--slug is a lower-case letter, then up to 30 lower-case letters, digits or hyphens.");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out TimeZoneInfo? _)) return Operator.Fail($"{zone} is not a time zone: Europe/Paris, America/New_York and the like.");
        // The program's own role may not make hospitals: this is the owner's act.
        await using var connection = new NpgsqlConnection(services.GetRequiredService<DatabaseSetup>().Owner);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var id = await connection.ExecuteScalarAsync<int?>(
            "insert into platform.tenant (slug, name, time_zone) values (@slug, @name, @zone) on conflict (slug) do nothing returning id", new { slug, name, zone }, transaction);
        if (id is not { } tenant) return Operator.Fail($"There is a tenant {slug} already.");
        var now = TimeProvider.System.GetUtcNow();
        await using var batch = new NpgsqlBatch(connection, transaction);
        EventSql.Append(batch, [Event.Of(Guid.CreateVersion7(now), tenant, now, "tenant.added", $"tenant/{tenant}", null, Me, null)], services.GetRequiredService<EventRouting>());
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        Console.WriteLine($"{name} is tenant {slug}; its first member of staff: ./run staff add --tenant {slug} --username ... --family ...");
        return 0;
    });

    public static Task<int> AddStaff(Options o) => Operator.With(async (services, _) =>
    {
        var (slug, username) = (o.Must("tenant"), o.Must("username").ToLowerInvariant());
        if (await services.GetRequiredService<TenantDirectory>().Find(slug, default) is not { } tenant) return Operator.Fail($"There is no tenant {slug}.");
        var said = new PersonSaid(PersonKind.Staff, Guid.Empty, null, [.. o.All("identifier").Select(Identifier)], o.Must("family"), o.One("given"), o.One("title"), null, null);
        var person = await services.GetRequiredService<Db>().In(tenant.Id, Me, async tx =>
        {
            if (await tx.Scalar<bool>("select exists (select from auth.credential where tenant = @Tenant and username = @username)", new { tx.Tenant, username })) return null;
            var made = await new VisitDoor().Person(tx, said);
            await tx.Execute("""
                insert into collab.person_role (tenant, person, role) select @Tenant, @Id, r from unnest(@roles) r on conflict (tenant, person, role) do nothing
                """, new { tx.Tenant, made.Id, roles = o.All("role").Distinct().ToArray() });
            tx.Publish("staff.added", $"person/{made.Id}");
            return made;
        }, default);
        if (person is null) return Operator.Fail($"The user name {username} is taken.");
        var password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(15));
        if (await services.GetRequiredService<StaffAccounts>().Add(tenant.Id, person.Id, username, password, default) is { } problem) return Operator.Fail(problem.Detail);
        Console.WriteLine($"{person.Display} signs in as {username}; the password, shown once:\n{password}");
        return 0;
    });

    public static Task<int> SetBrand(Options o) => Operator.With(async (services, _) =>
    {
        var slug = o.One("tenant") ?? "demo";
        if (await services.GetRequiredService<TenantDirectory>().Find(slug, default) is not { } tenant) return Operator.Fail($"There is no tenant {slug}.");
        var brand = new Brand(o.One("name") ?? tenant.Name, o.Must("website"))
        {
            Logo = o.One("logo"), PortalUrl = o.One("portal"), PortalName = o.One("portal-name"), City = o.One("city"), PostalCode = o.One("postal-code"), Country = o.One("country"),
        };
        if (await services.GetRequiredService<Brands>().Set(tenant.Id, brand, default) is { } problem) return Operator.Fail($"--{problem.Where}: {problem.Detail}");
        Console.WriteLine($"apps find {brand.Name} in {services.GetRequiredService<LauncherSettings>().At("/brands.json")}");
        return 0;
    });

    private static Identifier Identifier(string text) => text.Split('|') is [{ Length: > 0 } system, { Length: > 0 } value] ? new Identifier(system, value)
        : throw new StartupException($"--identifier is SYSTEM|VALUE, not '{text}'.");

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,30}\z")]
    private static partial Regex Slug();
}
