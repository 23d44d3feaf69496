using System.Diagnostics;

namespace HealthTeams.Bench;

/// <summary>The hospital goes in by the front door: transactions of a hundred, four at a time.</summary>
internal static class Loader
{
    private const int Size = 100;
    private const int AtOnce = 4;

    /// <returns>Resources a second, durable.</returns>
    public static async Task<double> Run(Servers servers, Hospital hospital)
    {
        await Put(servers, Enumerable.Range(0, Hospital.Practitioners).Select(i => ("Practitioner", $"d{i}", Hospital.Practitioner(i, $"d{i}")))
            .Concat(Enumerable.Range(0, Hospital.Rooms).Select(i => ("Location", $"r{i}", Hospital.Room(i, $"r{i}")))));
        var clock = Stopwatch.StartNew();
        await Put(servers, Enumerable.Range(0, hospital.Patients).Select(i => ("Patient", $"p{i}", hospital.Patient(i, $"p{i}"))));
        await Put(servers, Enumerable.Range(0, hospital.Appointments).Select(i => ("Appointment", $"a{i}", hospital.Appointment(i, $"a{i}"))));
        var perSecond = (hospital.Patients + hospital.Appointments) / clock.Elapsed.TotalSeconds;
        await Servers.Ask(servers.Database, """
            insert into bench.resource (type, id, version, updated, body)
            select 1, id, version, updated, body from fhir.resource where id ~ '^a\d+$' and body is not null
            on conflict do nothing
            """);
        await Servers.Ask(servers.Database, "vacuum analyze");
        return perSecond;
    }

    private static Task Put(Servers servers, IEnumerable<(string Type, string Id, string Body)> resources) =>
        Parallel.ForEachAsync(resources.Chunk(Size), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (chunk, _) =>
        {
            var answer = await servers.Product.Once(servers.Product.Send("POST", "/fhir", Hospital.Bundle(chunk.Select(r => Hospital.Put(r.Type, r.Id, r.Body)))));
            if (answer.Status != 200) throw new InvalidOperationException($"The load was refused: {answer.Status} {answer.Body}");
        });
}
