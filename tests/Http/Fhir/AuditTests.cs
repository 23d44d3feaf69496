using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class AuditTests(TestProduct product) : FhirTest(product)
{
    [Fact]
    public async Task A_read_is_on_record_without_anything_more_happening()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        await Get($"Patient/{id}");
        await TestProduct.Until(async () => await Product.Ask<long>($"select count(*) from platform.access where patient = 'Patient/{id}'") == 1, "the read is on record");
    }

    [Fact]
    public async Task Every_read_and_search_leaves_a_record()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        await Get($"Patient/{id}");
        await Get($"Patient/{id}/_history/1");
        await Get($"Patient/{id}/_history");
        await Get($"Patient?_id={id}");
        await Get($"Patient/{T}-none");
        await TestProduct.Until(async () => await Product.Ask<long>($"select count(*) from platform.access where patient = 'Patient/{id}' or subject = 'Patient/{T}-none'") == 5, "five reads are on record");
        Assert.Equal("read Patient/200 vread Patient/200 history Patient/200 search Patient/200", await Product.Ask<string>($"""
            select string_agg(action || ' Patient/' || outcome, ' ' order by array_position(array['read', 'vread', 'history', 'search'], action))
            from platform.access where tenant = 1 and patient = 'Patient/{id}' and actor <> '' and source is not null
            """));
        Assert.Equal((short)404, await Product.Ask<short>($"select outcome from platform.access where subject = 'Patient/{T}-none'"));
    }

    [Fact]
    public async Task Each_patient_that_a_page_shows_is_on_record_the_included_too()
    {
        var ids = new List<string>();
        for (var i = 0; i < 3; i++) ids.Add((await Fhir.Create("Patient", Patient())).Id());
        var encounter = (await Fhir.Create("Encounter", Resource("Encounter", null, $"\"status\":\"planned\",\"class\":{{\"code\":\"AMB\"}},\"subject\":{{\"reference\":\"Patient/{ids[2]}\"}}"))).Id();
        await Get($"Patient?_id={ids[0]},{ids[1]}");
        await Get($"Encounter?_id={encounter}&_include=Encounter:subject");
        foreach (var id in ids)
        {
            await TestProduct.Until(async () => await Product.Ask<long>($"select count(*) from platform.access where action = 'search' and patient = 'Patient/{id}'") == 1, $"{id} is on record once");
        }
    }

    [Fact]
    public async Task Every_write_leaves_its_event_in_the_same_transaction()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        await Put($"Patient/{id}", Patient(id, "\"gender\":\"male\""));
        await Put($"Patient/{id}", Patient(id, "\"gender\":\"male\""));
        await Put($"Patient/{id}", Patient(id, "\"gender\":\"female\""), ("If-Match", "W/\"1\""));
        await Delete($"Patient/{id}");
        Assert.Equal("fhir.create fhir.update fhir.delete", await Product.Ask<string>($"""
            select string_agg(kind, ' ' order by (data->>'version')::int) from platform.event where tenant = 1 and subject = 'Patient/{id}' and patient = 'Patient/{id}'
            """));
    }

    [Fact]
    public async Task The_chain_of_hashes_verifies_and_shows_a_row_that_was_taken_out()
    {
        for (var i = 0; i < 3; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Get($"Patient/{T}")));
            await Task.Delay(150);
        }
        await TestProduct.Until(async () => await Product.Ask<long>($"select count(*) from platform.access where subject = 'Patient/{T}'") == 15, "the reads are on record");
        Assert.Null(await Broken(""));
        Assert.NotNull(await Broken($"where id <> (select id from platform.access where subject = 'Patient/{T}' limit 1)"));
    }

    /// <summary>The number of the first batch of the chain whose hash is not that of its rows.</summary>
    private async Task<long?> Broken(string without)
    {
        var rows = new Dictionary<Guid, StringBuilder>();
        await using var connection = new NpgsqlConnection(Product.Database.Owner);
        await connection.OpenAsync();
        await using (var command = new NpgsqlCommand($"select batch, id, at, actor, actor_kind, client, source, action, subject, patient, outcome from (select * from platform.access where tenant = 1) a {without} order by id", connection))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                string Text(int i) => reader.IsDBNull(i) ? "" : reader.GetString(i);
                if (!rows.TryGetValue(reader.GetGuid(0), out var lines)) rows[reader.GetGuid(0)] = lines = new StringBuilder();
                lines.Append($"{reader.GetGuid(1)}|{reader.GetFieldValue<DateTimeOffset>(2).ToUnixTimeMilliseconds()}|{Text(3)}|{Text(4)}|{Text(5)}|{Text(6)}|{Text(7)}|{Text(8)}|{Text(9)}|{reader.GetInt16(10)}\n");
            }
        }
        var previous = new byte[32];
        await using var batches = new NpgsqlCommand("select seq, id, previous, hash from platform.access_batch where tenant = 1 order by seq", connection);
        await using var batch = await batches.ExecuteReaderAsync();
        while (await batch.ReadAsync())
        {
            var hash = SHA256.HashData([.. previous, .. Encoding.UTF8.GetBytes(rows.GetValueOrDefault(batch.GetGuid(1))?.ToString() ?? "")]);
            if (!previous.SequenceEqual(batch.GetFieldValue<byte[]>(2)) || !hash.SequenceEqual(batch.GetFieldValue<byte[]>(3))) return batch.GetInt64(0);
            previous = hash;
        }
        return null;
    }
}
