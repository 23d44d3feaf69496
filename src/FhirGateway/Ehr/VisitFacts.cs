using HealthTeams.Collaboration.Visits;

namespace HealthTeams.FhirGateway.Ehr;

/// <summary>Who came to a visit, and who that is at the EHR.</summary>
internal sealed record Attendance
{
    public string Role { get; init; } = "";

    /// <summary>"Practitioner/7" of that EHR, where the person is known there.</summary>
    public string? Reference { get; init; }

    /// <summary>One of the clinicians for whom the visit is booked.</summary>
    public bool Booked { get; init; }
    public DateTimeOffset JoinedAt { get; init; }
    public DateTimeOffset? LeftAt { get; init; }
}

/// <summary>Addresses that may stand in an appointment: the patient's opens the waiting room, the clinic's asks to sign in.</summary>
internal sealed record JoinLinks(string Patient, string Clinic, DateTimeOffset? From, DateTimeOffset? Until);

/// <summary>What an EHR is to be told of a visit now; computed from what is stored, so that telling it twice changes nothing.</summary>
/// <param name="Target">Null: the status is not what happened.</param>
internal sealed record VisitFacts(Visit Visit, VisitStatus? Target, DateTimeOffset At, IReadOnlyList<Attendance> People, JoinLinks? Links)
{
    public static async Task<IReadOnlyList<Attendance>> WhoCame(Tx tx, Guid visit, Guid ehr) => await tx.Query<Attendance>("""
        select p.role, k.reference, c.person is not null as Booked, p.joined_at as JoinedAt, p.left_at as LeftAt
        from collab.participant p
        left join lateral (select reference from collab.person_key k where k.tenant = p.tenant and k.person = p.person and k.source = @ehr
          order by (k.reference like 'PractitionerRole/%'), k.reference limit 1) k on true
        left join collab.visit_clinician c on c.tenant = p.tenant and c.visit = p.visit and c.person = p.person
        where p.tenant = @Tenant and p.visit = @visit and p.joined_at is not null
        order by p.joined_at, p.id
        """, new { tx.Tenant, visit, ehr });

    /// <summary>The visit as it is to be told: a status is told by its own event, not by a later one's.</summary>
    public Visit AsTold => Target is not { } target ? Visit : Visit with
    {
        Status = target,
        FinishedAt = target == VisitStatus.Finished ? Visit.FinishedAt ?? At : null,
        StartedAt = target is VisitStatus.InProgress or VisitStatus.Finished ? Visit.StartedAt : null,
    };
}
