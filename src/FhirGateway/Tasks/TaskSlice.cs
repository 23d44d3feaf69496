using System.Text.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Tasks;

/// <summary>
/// What a Task means to the product, by its code: an approval, a request of the roster, else work to be done. The first
/// that claims a Task (by <see cref="Order"/>) applies it to its slice's rows.
/// </summary>
internal interface ITaskMeaning
{
    int Order { get; }

    bool Means(JsonElement task);

    /// <summary>All Tasks of one write that this meaning claims; a deleted one is told to the meaning of its last version.</summary>
    Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read);
}

/// <summary>http://hl7.org/fhir/R4/task.html: given to the slice that understands it; a Task nobody claims is kept as sent.</summary>
internal sealed class TaskSlice(IEnumerable<ITaskMeaning> meanings) : IResourceSlice
{
    private readonly ITaskMeaning[] inOrder = [.. meanings.OrderBy(m => m.Order)];

    public string Type => "Task";
    public int Order => 4;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var group in written.GroupBy(Meaning))
        {
            // An approval or a roster's request is not led past its own rules by another code.
            if (group.Any(t => t is { Resource: not null, Before: not null } && Before(t) != group.Key))
                return Problem.Unprocessable("What a Task is for, its code, stays as it was. Make another Task.", "Task.code", "business-rule");
            if (group.Key is { } meaning && await meaning.Apply(tx, [.. group], read) is { } refused) return refused;
        }
        return null;
    }

    private ITaskMeaning? Meaning(Written task)
    {
        return task.Resource is { } resource ? inOrder.FirstOrDefault(m => m.Means(resource)) : Before(task);
    }

    private ITaskMeaning? Before(Written task)
    {
        if (task.Before is not { } before) return null;
        using var last = JsonDocument.Parse(before);
        return inOrder.FirstOrDefault(m => m.Means(last.RootElement));
    }
}
