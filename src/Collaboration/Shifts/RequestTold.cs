using HealthTeams.Collaboration.Activity;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>Who hears of a step of a request, and its next version as a Task.</summary>
internal static class RequestTold
{
    public static async Task Asked(Tx tx, ShiftRequest r, ProjectFhir project)
    {
        var people = r.AssignedTo == "recipient" ? [r.Recipient!.Value] : await ShiftAccess.Managers(tx, r.Team);
        await Tell(tx, r, people, "shift.asked", project);
    }

    public static async Task Accepted(Tx tx, ShiftRequest r, ProjectFhir project)
    {
        await Notices.Settle(tx, r.Link);
        await Notices.Tell(tx, [r.Sender], "shift.accepted", r.Link, Data(r));
        await Tell(tx, r, await ShiftAccess.Managers(tx, r.Team), "shift.asked", project);
    }

    /// <summary>Nobody waits for it any more; its people learn how it went.</summary>
    public static async Task Ended(Tx tx, ShiftRequest r, ProjectFhir project)
    {
        await Notices.Settle(tx, r.Link);
        var people = new List<Guid> { r.Sender };
        if (r.Recipient is { } recipient) people.Add(recipient);
        await Tell(tx, r, people, r.State switch { "approved" => "shift.approved", "withdrawn" => "shift.taken-back", _ => "shift.declined" }, project);
    }

    private static async Task Tell(Tx tx, ShiftRequest r, IEnumerable<Guid> people, string notice, ProjectFhir project)
    {
        await Notices.Tell(tx, people, notice, r.Link, Data(r));
        tx.Publish("shift.request", $"schedule/{r.Team}", data: new { request = r.Id, r.Kind, r.State, r.AssignedTo });
        await project(tx, "shift-request", r.Id);
    }

    private static object Data(ShiftRequest r) => new { r.Kind, r.State, by = r.AssignedTo, r.Why };
}
