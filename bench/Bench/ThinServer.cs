using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.Bench;

/// <summary>
/// The floor under a FHIR server on this stack: Kestrel and Npgsql with nothing between them. GET reads one row by its
/// key, POST writes a resource and its history in one round trip; no parsing, no index, no caller, no audit.
/// </summary>
internal static class ThinServer
{
    private const string Json = "application/fhir+json";

    public static async Task Run(string database, int port)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { MaxAutoPrepare = 20, AutoPrepareMinUsages = 2, MaxPoolSize = 40 }.ConnectionString);
        await using (var make = source.CreateCommand("""
            create schema if not exists bench;
            create table if not exists bench.resource (type smallint not null, id text collate "C" not null, version int not null, updated timestamptz not null, body bytea not null, primary key (type, id));
            create table if not exists bench.history (type smallint not null, id text collate "C" not null, version int not null, updated timestamptz not null, body bytea not null, primary key (type, id, version));
            """))
        {
            await make.ExecuteNonQueryAsync();
        }
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.ListenLocalhost(port));
        await using var app = builder.Build();
        app.MapGet("/constant", (HttpContext http) => Write(http, 200, "{\"resourceType\":\"Patient\"}"u8.ToArray()));
        app.MapGet("/thin/{id}", async (string id, HttpContext http) =>
        {
            await using var command = source.CreateCommand("select body, version, updated from bench.resource where type = 1 and id = $1");
            command.Parameters.Add(new() { Value = id });
            await using var reader = await command.ExecuteReaderAsync();
            if (!await reader.ReadAsync()) { http.Response.StatusCode = 404; return; }
            http.Response.Headers.ETag = $"W/\"{reader.GetInt32(1)}\"";
            await Write(http, 200, reader.GetFieldValue<byte[]>(0));
        });
        app.MapPost("/thin", async (HttpContext http) =>
        {
            using var memory = new MemoryStream((int)(http.Request.ContentLength ?? 1024));
            await http.Request.Body.CopyToAsync(memory);
            var (body, id, now) = (memory.ToArray(), Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString(), TimeProvider.System.GetUtcNow());
            await using var connection = await source.OpenConnectionAsync();
            await using var batch = new NpgsqlBatch(connection);
            foreach (var table in (string[])["resource", "history"])
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand($"insert into bench.{table} (type, id, version, updated, body) values (1, $1, 1, $2, $3)")
                {
                    Parameters = { new() { Value = id }, new() { Value = now }, new() { Value = body, NpgsqlDbType = NpgsqlDbType.Bytea } },
                });
            }
            await batch.ExecuteNonQueryAsync();
            http.Response.Headers.ETag = "W/\"1\"";
            http.Response.Headers.Location = $"/thin/{id}";
            await Write(http, 201, body);
        });
        await app.RunAsync();
    }

    private static async Task Write(HttpContext http, int status, byte[] body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = Json;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body);
    }
}
