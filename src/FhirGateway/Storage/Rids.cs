using Dapper;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>Row numbers for index tables, taken from the sequence a thousand at a time: no round trip per resource.</summary>
internal sealed class Rids(Db db) : IDisposable
{
    private const int Block = 1000;
    private readonly SemaphoreSlim gate = new(1, 1);
    private long next;
    private long end;

    public async ValueTask<long> Next(CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            if (next >= end)
            {
                await using var connection = await db.App.OpenConnectionAsync(stop);
                next = await connection.ExecuteScalarAsync<long>(new CommandDefinition("select nextval('fhir.rid')", cancellationToken: stop));
                end = next + Block;
            }
            return next++;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();
}
