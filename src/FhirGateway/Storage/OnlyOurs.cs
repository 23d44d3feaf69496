namespace HealthTeams.FhirGateway.Storage;

/// <summary>
/// Resources that are made from the product's own rows and cannot say anything to them: written from outside they would stand
/// wrong until the next change here. They are refused, with the place where the thing itself is changed.
/// </summary>
/// <param name="type">The resource type.</param>
/// <param name="ours">Which of the logical ids @ids (and, as far as they are UUIDs, @uuids) are made here.</param>
/// <param name="where">What it is and where it is changed.</param>
internal sealed class OnlyOurs(string type, string ours, string where) : IResourceSlice
{
    public string Type => type;

    /// <summary>Before any slice does something that would be in vain.</summary>
    public int Order => -1;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        var ids = written.Where(w => !w.Unheard).Select(w => w.Id).ToArray();
        if (ids.Length == 0) return null;
        var uuids = ids.Select(i => Guid.TryParse(i, out var id) && id.ToString() == i ? id : Guid.Empty).Where(i => i != Guid.Empty).ToArray();
        return await tx.Query<string>(ours, new { tx.Tenant, ids, uuids }) is [var id, ..]
            ? Problem.Conflict($"{type}/{id} is {where}. It is written by the product alone; make a resource of your own to say something else.", "business-rule") : null;
    }
}
