using HealthTeams.FhirGateway.Access;
using HealthTeams.SmartLauncher.Callers;

namespace HealthTeams.SmartLauncher.Apps;

/// <summary>What an app is told about where it was started (SMART-S5).</summary>
/// <param name="Banner">False where our page shows the patient beside the app.</param>
public sealed record LaunchedWith(string? Patient, string? Encounter, string? Appointment, string? Intent = null, bool Banner = true);

/// <summary>A launch to be made. Without a person it is an operator's: for whoever signs in.</summary>
public sealed record AppLaunch(string Client, ChartContext Chart)
{
    public Guid? Person { get; init; }
    internal byte[]? Session { get; init; }
    internal byte[]? Browser { get; init; }
    public Guid? Visit { get; init; }
    public string? Intent { get; init; }
    public bool Banner { get; init; } = true;
}

/// <summary>
/// Launch handles of apps that we start (SMART-S6): opaque, 256 bits, for one client, one user, one patient; five minutes,
/// once. Whatever is wrong with one, the answer is the same: nobody learns which handles exist.
/// </summary>
public sealed class AppLaunches(Db db)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);
    internal static readonly Problem Refused = Problem.Invalid("This launch is used, expired, or not for this app and user. Start the app again.", "launch", "launch-invalid");

    /// <summary>The context must be one patient's, and here.</summary>
    public Task<Outcome<string>> Issue(int tenant, Actor actor, AppLaunch launch, CancellationToken stop) => db.In<Outcome<string>>(tenant, actor, async tx =>
    {
        if (await LaunchChart.Check(tx, launch.Chart) is { } wrong) return wrong;
        var handle = Secrets.New();
        await tx.Execute("""
            insert into auth.app_launch
              (tenant, hash, client, person, session, browser, patient, encounter, appointment, visit, intent, banner, created_at, expires_at)
            values
              (@Tenant, @hash, @Client, @Person, @Session, @Browser, @Patient, @Encounter, @Appointment, @Visit, @Intent, @Banner, @Now, @until)
            """, new
        {
            tx.Tenant, hash = Secrets.Hash(handle), launch.Client, launch.Person, launch.Session, launch.Browser, launch.Chart.Patient, launch.Chart.Encounter,
            launch.Chart.Appointment, launch.Visit, launch.Intent, launch.Banner, tx.Now, until = tx.Now + Lifetime,
        });
        tx.Publish("app.launched", $"client/{launch.Client}", $"Patient/{launch.Chart.Patient}", new { launch.Chart.Encounter, launch.Chart.Appointment, launch.Visit });
        return handle;
    }, stop);

    /// <summary>What a handle says, without using it up: for the page that asks for consent.</summary>
    internal Task<AppLaunchRow?> Look(int tenant, string handle, string client, CancellationToken stop) =>
        db.In(tenant, Actor.Product, tx => tx.OneOrNone<AppLaunchRow>($"""
            select {Columns} from auth.app_launch where tenant = @Tenant and hash = @hash and client = @client and used_at is null and expires_at > @Now
            """, new { tx.Tenant, hash = Secrets.Hash(handle), client, tx.Now }), stop);

    /// <summary>Uses it up; of two at once one gets it. How long a shown consent may be answered is the consent's own matter.</summary>
    internal static async Task<bool> Take(Tx tx, string handle, string client) => await tx.Execute("""
        update auth.app_launch set used_at = @Now where tenant = @Tenant and hash = @hash and client = @client and used_at is null
        """, new { tx.Tenant, tx.Now, hash = Secrets.Hash(handle), client }) == 1;

    private const string Columns = "client, person, session, browser, patient, encounter, appointment, visit, intent, banner";
}

internal sealed record AppLaunchRow
{
    public string Client { get; init; } = "";
    public Guid? Person { get; init; }
    public byte[]? Session { get; init; }
    public byte[]? Browser { get; init; }
    public string Patient { get; init; } = "";
    public string? Encounter { get; init; }
    public string? Appointment { get; init; }
    public Guid? Visit { get; init; }
    public string? Intent { get; init; }
    public bool Banner { get; init; }

    public LaunchedWith Context => new(Patient, Encounter, Appointment, Intent, Banner);
}
