using System.Net;
using Xunit;

namespace HealthTeams.Tests.Bulk;

/// <summary>http://hl7.org/fhir/uv/bulkdata/export.html</summary>
public sealed class ExportTests(BulkProduct product) : BulkTest(product)
{
    [Fact]
    public async Task An_export_of_the_system_has_every_resource_once_as_it_is_stored()
    {
        await Many("Patient", 37);
        await Many("Location", 3);
        var gone = (await Fhir.Create("Patient", Patient())).Id();
        await Delete($"Patient/{gone}");
        var files = await Exported("$export?_outputFormat=application/fhir%2Bndjson");
        var stored = await Found($"Patient?identifier={T}&_count=1000");
        Assert.Equal(stored.Order(), Ids(files["Patient"].Where(l => l.Contains(T))).Select(i => $"Patient/{i}").Order());
        Assert.Equal(3, files["Location"].Count(l => l.Contains(T)));
        var one = files["Patient"].Last(l => l.Contains(T));
        Assert.Equal(await (await Get($"Patient/{Ids([one])[0]}")).Content.ReadAsStringAsync(), one);
        Assert.DoesNotContain(files["Patient"], l => l.Contains(gone));
    }

    [Fact]
    public async Task Types_filters_and_since_narrow_it()
    {
        await Many("Patient", 3, "\"gender\":\"female\"");
        await Many("Patient", 2, "\"gender\":\"male\"");
        await Many("Location", 1);
        Assert.Equal(["Patient"], (await Exported("$export?_type=Patient")).Keys);
        Assert.Equal(2, (await Exported($"$export?_type=Patient,Location&_typeFilter={Uri.EscapeDataString($"Patient?gender=male&identifier={T}")}"))["Patient"].Length);
        Product.Clock.Advance(TimeSpan.FromMinutes(10));
        var since = Uri.EscapeDataString(Product.Clock.GetUtcNow().ToString("O"));
        Assert.Empty(await Exported($"$export?_type=Patient&_since={since}"));
        await Many("Patient", 1);
        Assert.Single((await Exported($"$export?_type=Patient&_since={since}"))["Patient"]);
        var posted = """{"resourceType":"Parameters","parameter":[{"name":"_type","valueString":"Location"}]}""";
        Assert.Equal(["Location"], (await Exported("$export", body: posted)).Keys);
    }

    [Fact]
    public async Task A_groups_export_has_its_members_and_what_is_about_them_and_nobody_else()
    {
        var people = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var id = (await Fhir.Create("Patient", Patient())).Id();
            people.Add(id);
            await Fhir.Create("Encounter", Resource("Encounter", null, $$"""
                "status":"planned","class":{"code":"VR"},"subject":{"reference":"Patient/{{id}}"}
                """));
        }
        await Many("Location", 1);
        var group = (await Fhir.Create("Group", $$"""
            {"resourceType":"Group","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/{{people[0]}}"} },{"entity":{"reference":"Patient/{{people[1]}}"} },{"entity":{"reference":"Patient/{{people[2]}}"},"inactive":true}]}
            """)).Id();
        var files = await Exported($"Group/{group}/$export");
        Assert.Equal(people.Take(2).Order(), Ids(files["Patient"]).Order());
        Assert.Equal(2, files["Encounter"].Length);
        Assert.DoesNotContain(files.Values.SelectMany(l => l), l => l.Contains(people[2]) && !l.Contains("\"Group\""));
        Assert.DoesNotContain("Location", files.Keys);

        var all = await Exported("Patient/$export?_type=Patient,Encounter");
        Assert.Equal(3, all["Encounter"].Count(l => l.Contains(T)));
        await Refused(KickOff("Patient/$export?_type=Location"), HttpStatusCode.BadRequest);
        await Refused(KickOff("Group/none/$export"), HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Only_what_the_scopes_cover_leaves_and_only_to_who_asked()
    {
        await Many("Patient", 2);
        await Many("Location", 1);
        using var places = await Product.Fhir("system/Location.rs");
        Assert.Equal(["Location"], (await Exported("$export", places)).Keys);
        await Refused(KickOff("$export?_type=Location,Patient", places), HttpStatusCode.Forbidden);
        foreach (var scope in (string[])["system/Patient.r", "system/Patient.rs?gender=female", "system/Patient.c"])
        {
            using var short_ = await Product.Fhir(scope);
            await Refused(KickOff("$export", short_), HttpStatusCode.Forbidden);
        }
        var patient = (await Fhir.Create("Patient", Patient())).Id();
        using var one = await Product.Fhir("patient/*.rs", patient: patient);
        await Refused(KickOff("Patient/$export", one), HttpStatusCode.Forbidden);

        var job = await Begun(KickOff("$export?_type=Patient"));
        var file = (await Finished(job)).GetProperty("output")[0].GetProperty("url").GetString()!;
        using var north = await Product.Fhir(tenant: "north");
        foreach (var path in (string[])[job, file])
        {
            await Refused(Send(HttpMethod.Get, path, null, [], by: north), HttpStatusCode.NotFound);
            Assert.Equal(HttpStatusCode.Unauthorized, (await Product.Stranger().GetAsync(path)).StatusCode);
        }
        await Refused(Send(HttpMethod.Delete, job, null, [], by: north), HttpStatusCode.NotFound);
        await Refused(Send(HttpMethod.Get, file, null, [], by: places), HttpStatusCode.Forbidden);
        // The same client with a token that reaches less than the file tells.
        await Refused(Send(HttpMethod.Get, file, null, [], by: one), HttpStatusCode.Forbidden);
        await Product.Sql($"update fhir.bulk_job set owner = 'another client' where id = '{job.Split('/')[^1]}'");
        await Refused(Get(job), HttpStatusCode.NotFound);
        await Refused(Get(file), HttpStatusCode.NotFound);
        Assert.Empty(await Exported("$export", north));
    }

    [Theory]
    [InlineData("$export?_outputFormat=text/csv")]
    [InlineData("$export?_type=Nonsense")]
    [InlineData("$export?_since=yesterday")]
    [InlineData("$export?_typeFilter=Patient")]
    [InlineData("$export?_typeFilter=Patient%3Fnonsense%3D1")]
    [InlineData("$export?_elements=id")]
    public async Task What_is_not_supported_is_said(string path) => await Refused(KickOff(path), HttpStatusCode.BadRequest);

    [Fact]
    public async Task Without_respond_async_it_is_refused_and_unknown_jobs_are_not_found()
    {
        await Refused(Get("$export"), HttpStatusCode.BadRequest);
        await Refused(Get($"$bulk/{Guid.NewGuid()}"), HttpStatusCode.NotFound);
        await Refused(Get("$bulk/nonsense"), HttpStatusCode.NotFound);
        await Refused(KickOff("$export", body: "[1]"), HttpStatusCode.BadRequest);
        await Refused(KickOff("$export", body: "x", type: "text/plain"), HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task Stopped_in_the_middle_it_goes_on_from_there_and_nothing_is_twice_or_missing()
    {
        await Many("Patient", 1500);
        var job = await Begun(KickOff($"$export?_typeFilter={Uri.EscapeDataString($"Patient?identifier={T}")}&_type=Patient"));
        var id = job.Split('/')[^1];
        await TestProduct.Until(async () => await Product.Ask<long>($"select rows from fhir.bulk_part where job = '{id}'") > 30, "it is under way");
        await Product.Stop();
        var (rows, state) = (await Product.Ask<long>($"select rows from fhir.bulk_part where job = '{id}'"), await Product.Ask<string>($"select state from fhir.bulk_job where id = '{id}'"));
        Assert.Equal("running", state);
        Assert.InRange(rows, 31, 1490);
        // A line that was half written when the power went.
        var file = Directory.GetFiles(Product.Folder, "0.ndjson", SearchOption.AllDirectories).Single(f => f.Contains(Guid.Parse(id).ToString("N")));
        await File.AppendAllTextAsync(file, """{"resourceType":"Patient","id":"ha""");
        await Product.Start();
        using var fhir = await Product.Fhir();
        var manifest = await Finished(job, fhir);
        var lines = await Lines(manifest.GetProperty("output")[0].GetProperty("url").GetString()!, fhir);
        Assert.Equal(1500, Ids(lines).Distinct().Count());
        Assert.Equal(1500, lines.Length);
    }

    [Fact]
    public async Task What_a_killed_worker_left_is_taken_up_when_its_lease_ends()
    {
        await Many("Patient", 30);
        var job = await Begun(KickOff("$export?_type=Patient"));
        var id = job.Split('/')[^1];
        await Finished(job);
        await Product.Sql($"update fhir.bulk_job set state = 'running', finished_at = null, due = due + interval '60 seconds', claim = claim + 1 where id = '{id}'; update fhir.bulk_part set done = false where job = '{id}'");
        await Task.Delay(300);
        Assert.Equal(HttpStatusCode.Accepted, await Status(Get(job)));
        Product.Clock.Advance(TimeSpan.FromMinutes(5));
        var lines = await Lines((await Finished(job)).GetProperty("output")[0].GetProperty("url").GetString()!);
        Assert.Equal(lines.Length, Ids(lines).Distinct().Count());
    }

    [Fact]
    public async Task Cancelled_and_expired_jobs_and_their_files_are_gone()
    {
        await Many("Patient", 2);
        var cancelled = await Begun(KickOff("$export?_type=Patient"));
        await Finished(cancelled);
        Assert.Equal(HttpStatusCode.Accepted, await Status(Delete(cancelled)));
        await Refused(Get(cancelled), HttpStatusCode.NotFound);
        await Refused(Delete(cancelled), HttpStatusCode.NotFound);
        Assert.DoesNotContain(Directory.GetDirectories(Product.Folder, "*", SearchOption.AllDirectories), d => d.EndsWith(Guid.Parse(cancelled.Split('/')[^1]).ToString("N")));

        var kept = await Begun(KickOff("$export?_type=Patient"));
        await Finished(kept);
        Product.Clock.Advance(TimeSpan.FromHours(25));
        await TestProduct.Until(async () => await Product.Ask<long>($"select count(*) from fhir.bulk_job where id = '{kept.Split('/')[^1]}'") == 0, "it is forgotten");
        Assert.DoesNotContain(Directory.GetDirectories(Product.Folder, "*", SearchOption.AllDirectories), d => d.EndsWith(Guid.Parse(kept.Split('/')[^1]).ToString("N")));
    }

    [Fact]
    public async Task A_client_has_a_few_jobs_at_a_time()
    {
        await Product.Sql($"insert into fhir.bulk_job (tenant, id, kind, request, owner, rights, level, state, created_at, due) select 1, gen_random_uuid(), 'export', '', 'operator|operator:test', '{{}}', 'system', 'running', now(), now() + interval '10 years' from generate_series(1, 5)");
        var refused = await KickOff("$export");
        Assert.Equal((HttpStatusCode)429, refused.StatusCode);
        Assert.True(refused.Headers.Contains("Retry-After"));
        await Product.Sql("delete from fhir.bulk_job where request = ''");
    }
}
