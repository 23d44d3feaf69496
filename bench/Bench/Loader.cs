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

    /// <summary>
    /// The same hospital so many times over, by SQL: rows and index rows as they are, with patients, numbers and ids of their
    /// own. For the question whether a search is as fast in a large hospital as in a small one.
    /// </summary>
    public static async Task Multiply(Servers servers, Hospital hospital, int times)
    {
        const string copies = "generate_series(1::bigint, {0} - 1) as k";
        var series = string.Format(System.Globalization.CultureInfo.InvariantCulture, copies, times);
        await Servers.Ask(servers.Database, $"""
            create temp table original as select tenant, type, id, rid, version, updated, method, body, substr(id, 1, 1) as kind, substr(id, 2)::int as n
            from fhir.resource where id ~ '^[ap][0-9]+$' and not deleted;
            insert into fhir.resource (tenant, type, id, rid, version, updated, deleted, method, body)
            select tenant, type, kind || (n + k * case kind when 'a' then {hospital.Appointments} else {hospital.Patients} end), rid + k * 1000000000, version, updated, false, method, body from original, {series};
            insert into fhir.token (tenant, param, rid, system, code, text)
            select x.tenant, param, x.rid + k * 1000000000, system, case when system like 'urn:bench:%' then code || '-' || k else code end, text from fhir.token x join original using (rid), {series};
            insert into fhir.string (tenant, param, rid, norm, exact) select x.tenant, param, x.rid + k * 1000000000, norm, exact from fhir.string x join original using (rid), {series};
            insert into fhir.date (tenant, param, rid, lo, hi) select x.tenant, param, x.rid + k * 1000000000, lo, hi from fhir.date x join original using (rid), {series};
            insert into fhir.reference (tenant, param, rid, target_type, target_id)
            select x.tenant, param, x.rid + k * 1000000000, target_type, case when target_id ~ '^p[0-9]+$' then 'p' || (substr(target_id, 2)::int + k * {hospital.Patients}) else target_id end
            from fhir.reference x join original using (rid), {series};
            """);
        await Servers.Ask(servers.Database, "vacuum analyze");
    }

    private static Task Put(Servers servers, IEnumerable<(string Type, string Id, string Body)> resources) =>
        Parallel.ForEachAsync(resources.Chunk(Size), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (chunk, _) =>
        {
            var answer = await servers.Product.Once(servers.Product.Send("POST", "/fhir", Hospital.Bundle(chunk.Select(r => Hospital.Put(r.Type, r.Id, r.Body)))));
            if (answer.Status != 200) throw new InvalidOperationException($"The load was refused: {answer.Status} {answer.Body}");
        });
}
