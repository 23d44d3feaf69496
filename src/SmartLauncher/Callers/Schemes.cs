namespace HealthTeams.SmartLauncher.Callers;

/// <summary>Names of authentication schemes and of the policies that demand them.</summary>
public static class Schemes
{
    public const string Staff = "staff";
    public const string Seat = "seat";
    public const string Bearer = "bearer";
    public const string RoomDevice = "room-device";
}

/// <summary>For RequireAuthorization on a group of endpoints.</summary>
public static class Policies
{
    /// <summary>A signed-in staff member's page or its API.</summary>
    public const string Staff = "staff";

    /// <summary>A member of staff who administers the hospital's installation: registrations, hosts, deliveries.</summary>
    public const string Administrator = "administrator";

    /// <summary>The holder of a place in the visit of the path.</summary>
    public const string Seat = "seat";

    /// <summary>A device of a patient's room: the kiosk and nothing else.</summary>
    public const string RoomDevice = "room-device";

    /// <summary>A SMART client with one of our access tokens.</summary>
    public const string Fhir = "fhir";

    /// <summary>Either a seat or, without one, a staff session.</summary>
    public const string SeatOrStaff = "seat-or-staff";
}

/// <summary>Roles that open pages. They are given at the console only: what an EHR or a FHIR client says of a person gives none.</summary>
public static class StaffRole
{
    public const string Administrator = "administrator";
}
