using Npgsql;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>What reads run on: a connection of their own, or a transaction, whose writes they then see (FHIR-66).</summary>
internal sealed class ReadLink : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly Tx? within;
    private readonly int tenant;

    private ReadLink(NpgsqlConnection connection, Tx? within, int tenant) => (this.connection, this.within, this.tenant) = (connection, within, tenant);

    public static async ValueTask<ReadLink> Open(Db db, int tenant, Tx? within, CancellationToken stop) =>
        new(within?.Connection ?? await db.App.OpenConnectionAsync(stop), within, tenant);

    /// <summary>A batch whose first command sets row-level security's tenant, for the batch's own transaction and never for the session.</summary>
    public NpgsqlBatch Batch() => new(connection, within?.Transaction)
    {
        BatchCommands =
        {
            new NpgsqlBatchCommand("select set_config('app.tenant', $1, true)")
            {
                Parameters = { new() { Value = tenant.ToString(System.Globalization.CultureInfo.InvariantCulture) } },
            },
        },
    };

    public ValueTask DisposeAsync() => within is null ? connection.DisposeAsync() : ValueTask.CompletedTask;
}
