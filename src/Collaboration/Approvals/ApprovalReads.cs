namespace HealthTeams.Collaboration.Approvals;

/// <summary>A chain's rows for the gateway's projection, in its transaction.</summary>
public static class ApprovalReads
{
    public static Task<IReadOnlyList<ApprovalRequest>> Requests(Tx tx, Guid id) => ApprovalSql.Requests(tx, id);
    public static Task<IReadOnlyDictionary<int, StepRule>> Steps(Tx tx, Guid id) => ApprovalSql.Steps(tx, id);

    /// <summary>Whether an id is that of an approval with a filled form.</summary>
    public static Task<bool> Asked(Tx tx, string id) => tx.Scalar<bool>(
        "select exists (select from collab.approval where tenant = @Tenant and id = @id and form is not null)", new { tx.Tenant, id = Guid.TryParse(id, out var known) ? known : Guid.Empty });

    public static async Task<IReadOnlyList<AnswerWord>> Words(Tx tx, Guid id) =>
        System.Text.Json.JsonSerializer.Deserialize<List<AnswerWord>>((await tx.Scalar<string>("select answers::text from collab.approval where tenant = @Tenant and id = @id", new { tx.Tenant, id }))!, System.Text.Json.JsonSerializerOptions.Web)!;
}
