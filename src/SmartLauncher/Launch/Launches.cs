using System.Text.Json;
using Dapper;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Keys;
using HealthTeams.SmartLauncher.Sessions;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>One of several visits a launch may mean, as the page that asks shows it.</summary>
public sealed record LaunchOption(int Index, DateTimeOffset? Start, DateTimeOffset? End, string? Service, string? Location, IReadOnlyList<string> Clinicians);

/// <summary>What there is to choose from.</summary>
/// <param name="Patient">For the banner; null for whoever is not a clinician.</param>
/// <param name="MayStart">A visit that begins now may be chosen, too.</param>
public sealed record LaunchChoice(IReadOnlyList<LaunchOption> Options, PatientFacts? Patient, string Zone, bool MayStart);

/// <summary>The choice between several visits of one launch, or one that begins now: ten minutes, this browser, once.</summary>
public sealed class Launches(Db db, KeyRing keys, Arrivals arrivals, TenantDirectory tenants)
{
    private const int LongestId = 40;

    private IDataProtector Protector => keys.Protection.CreateProtector("launch-choice");

    internal async Task<string> Keep(Arrival arrival, BrowserBond browser, CancellationToken stop)
    {
        var id = $"{browser.Short}.{Secrets.Random(12)}";
        await db.In(arrival.Tenant, Actor.Product, tx => tx.Execute("""
            insert into auth.launch_choice (tenant, id, ehr, browser_hash, arrival, created_at, expires_at)
            values (@Tenant, @id, @Ehr, @browser, @kept, @Now, @until)
            """, new
        {
            tx.Tenant, id, arrival.Ehr, browser = Secrets.Hash(browser.Secret),
            kept = Protector.Protect(JsonSerializer.SerializeToUtf8Bytes(arrival)), tx.Now, until = tx.Now + PendingLaunches.Lifetime,
        }), stop);
        return id;
    }

    /// <summary>What there is to choose from, for the browser that launched; nobody else.</summary>
    public async Task<Outcome<LaunchChoice>> Choices(string id, HttpContext http, CancellationToken stop)
    {
        var found = await Find(id, http, take: false, stop);
        if (!found.Ok) return found.Problem;
        var arrival = found.Value;
        var patient = arrival.Role == SeatRole.Host ? arrival.Fresh?.Patient ?? arrival.Bookings.Select(b => b.Patient).FirstOrDefault(p => p is not null) : null;
        return new LaunchChoice(
            [.. arrival.Bookings.Select((b, i) => new LaunchOption(i, b.Start, b.End, b.Service, b.Location, [.. b.Clinicians.Select(Arrivals.Display)]))],
            patient is null ? null : new PatientFacts(Arrivals.Display(patient), patient.BirthDate, patient.Gender, Number(patient)),
            (await tenants.Find(arrival.Tenant, stop))!.TimeZone, arrival.Fresh is not null);
    }

    /// <summary>Sits down in the chosen visit and puts the place into this browser; then redirect (303) to <see cref="OpenedSeat.Room"/>.</summary>
    /// <param name="index">Null: the visit that begins now.</param>
    public async Task<Outcome<OpenedSeat>> Choose(string id, int? index, HttpContext http, CancellationToken stop)
    {
        var seen = await Find(id, http, take: false, stop);
        if (!seen.Ok) return seen.Problem;
        if (index is { } i ? i < 0 || i >= seen.Value.Bookings.Count : seen.Value.Fresh is null) return Problem.Invalid("There is no such visit among the choices.", "index");
        var arrival = await Find(id, http, take: true, stop);
        if (!arrival.Ok) return arrival.Problem;
        var seat = await arrivals.Seat(arrival.Value, index is { } n ? arrival.Value.Bookings[n] : arrival.Value.Fresh!, http.Connection.RemoteIpAddress?.ToString(), stop);
        if (!seat.Ok) return seat.Problem;
        BrowserBond.FromState(id, http)?.TakeBack(http);
        VisitSessions.HandOver(http, seat.Value);
        return seat;
    }

    private static string? Number(PersonSaid patient) => patient.Identifiers.OrderBy(i => i.Type != "MR").FirstOrDefault() is { } number
        ? (number.Type == "MR" ? "MRN " : "") + number.Value : null;

    private async Task<Outcome<Arrival>> Find(string id, HttpContext http, bool take, CancellationToken stop)
    {
        if (id.Length > LongestId || BrowserBond.FromState(id, http) is not { } browser) return Gone;
        int? tenant;
        await using (var connection = await db.App.OpenConnectionAsync(stop))
        {
            tenant = await connection.ExecuteScalarAsync<int?>(new CommandDefinition("select auth.launch_choice_tenant(@id)", new { id }, cancellationToken: stop));
        }
        if (tenant is null) return Gone;
        var args = new { Tenant = tenant.Value, id, browser = Secrets.Hash(browser.Secret), Now = db.Clock.GetUtcNow() };
        var kept = await db.In(tenant.Value, Actor.Product, tx => tx.Scalar<byte[]>(take
            ? "delete from auth.launch_choice where tenant = @Tenant and id = @id and browser_hash = @browser and expires_at > @Now returning arrival"
            : "select arrival from auth.launch_choice where tenant = @Tenant and id = @id and browser_hash = @browser and expires_at > @Now", args), stop);
        return kept is null ? Gone : JsonSerializer.Deserialize<Arrival>(Protector.Unprotect(kept))!;
    }

    private static readonly Problem Gone = new(410, LaunchProblem.ChoiceUnknown, "This choice is gone. Start again from the EHR.");
}
