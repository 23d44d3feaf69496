using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Platform.Callers;

public enum CallerKind { Staff, Patient, Guest, System }

/// <summary>Who did it, as kept in events and audit: ids only.</summary>
/// <param name="Id">Person id, client id, or "system".</param>
/// <param name="Client">The application that asked, if any.</param>
/// <param name="Source">Network address.</param>
public sealed record Actor(string Id, CallerKind Kind, string? Client = null, string? Source = null)
{
    /// <summary>The product itself: due work, projections, start-up.</summary>
    public static readonly Actor Product = new("system", CallerKind.System);

    /// <summary>Who is behind it, where somebody called: for what keeps a caller's rights beyond the request (subscriptions).</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public Caller? Caller { get; init; }

    public override string ToString() => $"{Kind} {Id}";
}

/// <summary>
/// Who is calling, established once at the edge by SmartLauncher and handed to every module.
/// Endpoints take it as a parameter; an endpoint without an authenticated caller is never reached.
/// </summary>
public sealed record Caller
{
    public required int Tenant { get; init; }
    public required string TenantSlug { get; init; }
    public required string Id { get; init; }
    public required CallerKind Kind { get; init; }
    public string Display { get; init; } = "";

    /// <summary>The person's row in collab.person; null for backend clients.</summary>
    public Guid? Person { get; init; }

    public IReadOnlySet<string> Roles { get; init; } = new HashSet<string>();

    /// <summary>Granted SMART scopes, e.g. "user/Appointment.rs". Empty for page sessions.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>FHIR id of the patient a patient/ scope is limited to.</summary>
    public string? LaunchPatient { get; init; }

    /// <summary>Who the user is in our FHIR API ("Practitioner/12"), where the scope fhirUser was granted: that one resource may be read.</summary>
    public string? FhirUser { get; init; }

    public string? Client { get; init; }
    public string? Source { get; init; }

    /// <summary>The visit a launch or a guest's link leads to; such a session reaches that visit only.</summary>
    public VisitSeat? Seat { get; init; }

    public Actor Actor => new(Id, Kind, Client, Source) { Caller = this };
    public bool Has(string role) => Roles.Contains(role);

    private static readonly object Key = new();

    /// <summary>Who the request's authentication found. Also of a hub's connection that polls: SignalR copies its items, not its features.</summary>
    public static Caller? Of(HttpContext context) => context.Features.Get<Caller>() ?? context.Items[Key] as Caller;

    /// <summary>The authentication handlers' word; a second scheme does not replace it.</summary>
    public void Arrive(HttpContext context)
    {
        if (Of(context) is not null) return;
        context.Features.Set(this);
        context.Items[Key] = this;
    }

    /// <summary>Minimal API binding.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(Of(context));
}

/// <summary>A place in one visit's room, held by one device.</summary>
/// <param name="Session">Public id of the session, part of the room's path; not a secret.</param>
public sealed record VisitSeat(Guid Visit, Guid Participant, string Session);
