using Npgsql;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>What reads run on: a connection of their own, or a transaction, whose writes they then see (FHIR-66).</summary>
internal sealed class ReadLink : IAsyncDisposable
{
    private readonly NpgsqlConnection? connection;
    private readonly Tx? within;
    private readonly string tenant;

    private ReadLink(NpgsqlConnection? connection, Tx? within, int tenant) =>
        (this.connection, this.within, this.tenant) = (connection, within, tenant.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public static async ValueTask<ReadLink> Open(Db db, int tenant, Tx? within, CancellationToken stop) =>
        new(within is null ? await db.App.OpenConnectionAsync(stop) : null, within, tenant);

    /// <summary>A batch whose first result is row-level security's tenant, set for the batch's own transaction and never for the session.</summary>
    public NpgsqlBatch Batch()
    {
        var batch = within?.Batch() ?? new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select set_config('app.tenant', $1, true)") { Parameters = { new() { Value = tenant } } });
        return batch;
    }

    public ValueTask DisposeAsync() => connection?.DisposeAsync() ?? ValueTask.CompletedTask;
}
