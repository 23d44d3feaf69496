using System.Text.Json;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Tasks;

namespace HealthTeams.FhirGateway.Shifts;

/// <summary>A Task with a code of our shift requests is one: made, answered, decided or cancelled by FHIR it takes the same steps as on a page.</summary>
internal sealed class ShiftRequestMeaning(Lazy<ShiftTaskDoor> door) : ITaskMeaning
{
    public int Order => 20;

    public bool Means(JsonElement task) => RequestToFhir.Kind(task) is not null;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        var caller = tx.Actor.Caller is { Kind: CallerKind.Staff } person ? person : null;
        // A patient, a guest: nobody of theirs asks for shifts.
        if (caller is null && tx.Actor.Kind != CallerKind.System) return Problem.Forbidden("Requests of a roster are made by its staff.", "not-yours");
        foreach (var one in written)
        {
            if (one.Resource is not { } task)
            {
                if (await door.Value.Forget(tx, caller, one.Id) is { } kept) return kept;
                continue;
            }
            var requester = FhirJson.Text(task, "requester", "reference");
            var owner = FhirJson.Text(task, "owner", "reference");
            var said = new TaskSaid(one.Id, FhirJson.Text(task, "status") ?? "", requester is null ? null : await ShiftTaskDoor.Person(tx, requester),
                RequestToFhir.Ask(RequestToFhir.Kind(task)!, task, owner is null ? null : await ShiftTaskDoor.Person(tx, owner)), New(task, one.Before), RequestToFhir.Reason(task));
            if (await door.Value.Hear(tx, caller, said) is { } refused) return refused.Code == BrokenRules.Code ? refused with { Where = "Task" } : refused;
        }
        return null;
    }

    /// <summary>What this write says and the one before did not.</summary>
    private static string New(JsonElement task, byte[]? before)
    {
        var message = RequestToFhir.Message(task);
        if (before is null) return message;
        using var last = JsonDocument.Parse(before);
        return FhirJson.Items(last.RootElement, "note").Any(n => FhirJson.Text(n, "text") == message) ? "" : message;
    }
}
