using System.Globalization;
using System.Text.RegularExpressions;
using Dapper;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.Host.Simulator;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Outbound;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Clients;
using HealthTeams.SmartLauncher.Discovery;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Staff;
using HealthTeams.Web.SignIn;
using Npgsql;

namespace HealthTeams.Host.Demo;

/// <summary>
/// Two hospitals, the same at every start: staff that can sign in, patients, today's visits in relation to now, and the
/// simulator registered as demo's EHR. Loaded through the FHIR API's own door; loading again adds nothing.
/// </summary>
internal static partial class DemoHospital
{
    public const string Password = "healthteams";

    /// <summary>A day of visits is used this long before a new one is laid beside it.</summary>
    private static readonly TimeSpan SeedLasts = TimeSpan.FromHours(4);

    private sealed record Staff(string Username, string Title, string Given, string Family, string Role);

    private static readonly Staff[] DemoStaff =
    [
        new("curie", "Dr", "Marie", "Curie", "physician"),
        new("osler", "Dr", "William", "Osler", "physician"),
        new("nightingale", "", "Florence", "Nightingale", "charge-nurse"),
        new("seacole", "", "Mary", "Seacole", "nurse"),
        new("barton", "", "Clara", "Barton", "nurse"),
        new("codman", "", "Ernest", "Codman", "social-worker"),
        new("dix", "", "Dorothea", "Dix", StaffRole.Administrator),
    ];

    private static readonly Staff[] NorthStaff = [new("blackwell", "Dr", "Elizabeth", "Blackwell", "physician"), new("cavell", "", "Edith", "Cavell", "nurse"), new("richards", "", "Linda", "Richards", StaffRole.Administrator)];

    public static void AddSignIn(IServiceCollection services) => services.AddSingleton(new DemoSignIn(
        [.. DemoStaff.Select(s => new DemoUser(s.Username, string.Join(' ', new[] { s.Title, s.Given, s.Family }.Where(p => p.Length > 0)), s.Role))], Password));

    /// <returns>The time the visits are relative to; the simulator is given the same.</returns>
    public static async Task<DateTimeOffset> Load(IServiceProvider services, HostSettings settings, DatabaseSetup database, CancellationToken stop)
    {
        await Tenants(database.Owner, stop);
        var tenants = services.GetRequiredService<TenantDirectory>();
        var demo = (await tenants.Find("demo", stop))!;
        var north = (await tenants.Find("north", stop))!;
        await People(services, demo, "https://hospital.example/id/staff", DemoStaff, stop);
        await People(services, north, "https://north.example/id/staff", NorthStaff, stop);
        var seed = await Seed(services.GetRequiredService<Db>(), stop);
        await Bundle(services, demo, "demo.json", seed, stop);
        await Bundle(services, north, "north.json", seed, stop);
        await DemoTeams.Load(services, demo, stop);
        await DemoLists.Load(services, demo, seed, stop);
        await DemoTasks.Load(services, demo, seed, stop);
        await DemoApprovals.Load(services, demo, seed, stop);
        await DemoShifts.Load(services, demo, seed, stop);
        await DemoHandovers.Load(services, demo, stop);
        await DemoMessages.Load(services, demo, stop);
        await DemoConversations.Load(services, demo, stop);
        await DemoRosterPlans.Load(services, demo, stop);
        await DemoPolicies.Load(services, demo, stop);
        var brands = services.GetRequiredService<Brands>();
        await brands.Set(demo.Id, new Brand(demo.Name, "https://hospital.example") { City = "Paris", Country = "FR" }, stop);
        await brands.Set(north.Id, new Brand(north.Name, "https://north.example") { City = "Lille", Country = "FR" }, stop);
        await OldAccounts(services, settings, demo, stop);
        if (settings.Simulator) await Simulator(services, settings, demo, stop);
        return seed;
    }

    private static async Task Tenants(string owner, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(owner);
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into platform.tenant (slug, name, time_zone, demo)
            values ('demo', 'Example General Hospital', 'Europe/Paris', true), ('north', 'North Hospital', 'Europe/Paris', true)
            on conflict (slug) do nothing
            """, cancellationToken: stop));
        // Subscribers and imports on this machine, for trying things out.
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into platform.outbound_host (origin, private_ranges, added_at) select o, true, @now from unnest(@loopback) o on conflict (origin) do nothing
            """, new { now = TimeProvider.System.GetUtcNow(), loopback = OutboundHttp.Loopback.ToArray() }, cancellationToken: stop));
    }

    private static async Task People(IServiceProvider services, Tenant tenant, string system, IEnumerable<Staff> staff, CancellationToken stop)
    {
        var db = services.GetRequiredService<Db>();
        var accounts = services.GetRequiredService<StaffAccounts>();
        foreach (var s in staff)
        {
            var known = await db.In(tenant.Id, Actor.Product, tx => tx.Scalar<bool>(
                "select exists (select from auth.credential where tenant = @Tenant and username = @Username)", new { tx.Tenant, s.Username }), stop);
            if (known) continue;
            var person = await db.In(tenant.Id, Actor.Product, tx => services.GetRequiredService<VisitDoor>().Person(tx, new PersonSaid(
                PersonKind.Staff, Guid.Empty, null, [new Identifier(system, s.Username)], s.Family, s.Given, s.Title.Length > 0 ? s.Title : null, null, null, s.Role)), stop);
            if (await accounts.Add(tenant.Id, person.Id, s.Username, Password, stop) is { } problem) throw new StartupException($"The demo user {s.Username} could not be made: {problem.Detail}");
        }
    }

    private static async Task<DateTimeOffset> Seed(Db db, CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        var now = db.Clock.GetUtcNow();
        var kept = await connection.ExecuteScalarAsync<string?>(new CommandDefinition("select value from platform.setting where name = 'demo.seed'", cancellationToken: stop));
        if (kept is not null && DateTimeOffset.Parse(kept, CultureInfo.InvariantCulture) is var seed && now - seed < SeedLasts && seed <= now) return seed;
        seed = new DateTimeOffset(now.Ticks - now.Ticks % TimeSpan.FromMinutes(5).Ticks, TimeSpan.Zero);
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into platform.setting (name, value) values ('demo.seed', @value) on conflict (name) do update set value = excluded.value
            """, new { value = seed.ToString("O", CultureInfo.InvariantCulture) }, cancellationToken: stop));
        return seed;
    }

    private static async Task Bundle(IServiceProvider services, Tenant tenant, string file, DateTimeOffset seed, CancellationToken stop)
    {
        var caller = new Caller { Tenant = tenant.Id, TenantSlug = tenant.Slug, Id = "system", Kind = CallerKind.System, Scopes = ["system/*.cruds"] };
        var problem = await services.GetRequiredService<FhirBatch>().Load(caller, At(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "demo-hospital", file), stop), seed), stop);
        if (problem is not null) throw new StartupException($"The demo data {file} was refused: {problem.Detail}");
    }

    /// <summary>{{+10m}}, {{seed}}, {{date}}: see samples/demo-hospital/README.md.</summary>
    internal static string At(string template, DateTimeOffset seed) => Placeholder().Replace(template, m => m.Groups[1].Value switch
    {
        "seed" => seed.UtcDateTime.ToString("yyyyMMdd'T'HHmm", CultureInfo.InvariantCulture),
        "date" => seed.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        var offset => (seed + Offset(offset)).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    });

    private static TimeSpan Offset(string text)
    {
        var amount = int.Parse(text[..^1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return text[^1] switch { 'm' => TimeSpan.FromMinutes(amount), 'h' => TimeSpan.FromHours(amount), _ => TimeSpan.FromDays(amount) };
    }

    /// <summary>A simulator that was at another port, or is left out today, offers no button that leads nowhere.</summary>
    private static async Task OldAccounts(IServiceProvider services, HostSettings settings, Tenant demo, CancellationToken stop)
    {
        var providers = services.GetRequiredService<IdentityProviders>();
        var today = settings.Simulator ? $"http://localhost:{settings.SimulatorPort}/accounts" : null;
        foreach (var old in (await providers.All(demo.Id, stop)).Where(p => p.ClientId == "healthteams-staff" && p.Issuer.StartsWith("http://localhost:", StringComparison.Ordinal) && p.Issuer != today))
        {
            await providers.Remove(demo.Id, old.Issuer, stop);
        }
    }

    private static async Task Simulator(IServiceProvider services, HostSettings settings, Tenant demo, CancellationToken stop)
    {
        var origin = $"http://localhost:{settings.SimulatorPort}";
        var ehr = await services.GetRequiredService<EhrRegistry>().Add(new EhrToAdd(demo.Id, $"{origin}/fhir", "healthteams", "private_key_jwt")
        {
            FrameOrigins = [origin], BackendClientId = "healthteams-backend",
        }, stop);
        if (!ehr.Ok) throw new StartupException($"The simulator could not be registered: {ehr.Problem.Detail}");
        var client = await services.GetRequiredService<ClientRegistry>().Add(new ClientToAdd("ehr-sim", "secret", "demo", Backend: true)
        {
            Secret = SimulatorProcess.PushSecret(settings.DataDir), Scope = "system/*.cruds",
        }, stop);
        var accounts = await services.GetRequiredService<IdentityProviders>().Add(
            new IdentityProviderToAdd(demo.Id, "Example General", $"{origin}/accounts", "healthteams-staff", "private_key_jwt") { UsernameClaim = "preferred_username" }, stop);
        if (!accounts.Ok) throw new StartupException($"The simulator's accounts could not be registered: {accounts.Problem.Detail}");
        if (!client.Ok) throw new StartupException($"The simulator's client could not be registered: {client.Problem.Detail}");
    }

    [GeneratedRegex(@"\{\{([+-]\d+[mhd]|seed|date)\}\}")]
    private static partial Regex Placeholder();
}
