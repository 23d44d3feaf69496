using HealthTeams.Collaboration.Visits;

namespace HealthTeams.FhirGateway.Appointments;

/// <summary>A visit's status in the words of Appointment.status and Encounter.status.</summary>
internal static class VisitStatuses
{
    public static string Appointment(VisitStatus status) => status switch
    {
        VisitStatus.Booked => "booked",
        VisitStatus.Arrived or VisitStatus.InProgress => "arrived",
        VisitStatus.Finished => "fulfilled",
        VisitStatus.NoShow => "noshow",
        _ => "cancelled",
    };

    public static string Encounter(VisitStatus status) => status switch
    {
        VisitStatus.Booked => "planned",
        VisitStatus.Arrived => "arrived",
        VisitStatus.InProgress => "in-progress",
        VisitStatus.Finished => "finished",
        _ => "cancelled", // R4 has no no-show for encounters; the appointment says it
    };

    /// <summary>Two words of Appointment.status that mean the same to a visit.</summary>
    public static bool Agree(string? said, string truth) => said == truth || (said, truth) is ("pending", "booked") or ("checked-in", "arrived") or ("entered-in-error", "cancelled");

    /// <summary>How far along an Appointment is: a write-back never takes a step back.</summary>
    public static int AppointmentRank(string? status) => status switch
    {
        "fulfilled" or "noshow" or "cancelled" or "entered-in-error" => 3,
        "arrived" or "checked-in" => 2,
        _ => 1,
    };

    public static int EncounterRank(string? status) => status switch
    {
        "finished" or "cancelled" or "entered-in-error" => 4,
        "in-progress" or "onleave" => 3,
        "arrived" or "triaged" => 2,
        _ => 1,
    };
}
