using System.Net;
using Npgsql;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>Who may reach what: tokens, scopes, one patient's resources, tenants, and the wall in the database behind them.</summary>
[Collection("fhir")]
public sealed class AccessTests(TestProduct product) : FhirTest(product)
{
    private string a = "", b = "", ofA = "", ofB = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        (a, b) = ((await Fhir.Create("Patient", Patient())).Id(), (await Fhir.Create("Patient", Patient())).Id());
        (ofA, ofB) = ((await Fhir.Create("Encounter", Encounter(a))).Id(), (await Fhir.Create("Encounter", Encounter(b))).Id());
    }

    private string Encounter(string patient, string? id = null) => Resource("Encounter", id, $$"""
        "status":"planned","class":{"code":"VR"},"subject":{"reference":"Patient/{{patient}}"}
        """);

    private Task<HttpResponseMessage> As(HttpClient by, HttpMethod method, string path, string? body = null) =>
        Send(method, path, body, [], method == HttpMethod.Patch ? "application/json-patch+json" : "application/fhir+json", by);

    [Theory]
    [InlineData("Patient")]
    [InlineData("Nonsense")]
    [InlineData("_history")]
    [InlineData("Patient/1/_history/1")]
    public async Task Without_a_token_there_is_nothing(string path)
    {
        var answer = await As(Product.Stranger(), HttpMethod.Get, path);
        Assert.StartsWith("Bearer", answer.Headers.WwwAuthenticate.ToString());
        await Refused(Task.FromResult(answer), HttpStatusCode.Unauthorized);
    }

    [Fact, Trait("Row", "FHIR-106")]
    public async Task A_patients_token_reaches_that_patient_only()
    {
        using var patient = await Product.Fhir("patient/*.cruds", patient: a);
        await Body(As(patient, HttpMethod.Get, $"Patient/{a}"));
        await Body(As(patient, HttpMethod.Get, $"Encounter/{ofA}"));
        foreach (var path in (string[])[$"Patient/{b}", $"Encounter/{ofB}", $"Encounter/{ofB}/_history", $"Encounter/{ofB}/_history/1"])
        {
            await Refused(As(patient, HttpMethod.Get, path), HttpStatusCode.NotFound, HttpStatusCode.Forbidden);
        }
        await Refused(As(patient, HttpMethod.Get, "Encounter/_history"), HttpStatusCode.Forbidden);
        await Refused(As(patient, HttpMethod.Get, "_history"), HttpStatusCode.Forbidden);

        var found = await Body(As(patient, HttpMethod.Get, $"Encounter?identifier={T}&_include=Encounter:subject&_total=accurate"));
        Assert.Equal([$"Encounter/{ofA}"], Entries(found));
        Assert.Equal([$"Patient/{a}"], Entries(found, "include"));
        Assert.Equal(1, found.GetProperty("total").GetInt32());
        Assert.Equal([$"Patient/{a}"], Entries(await Body(As(patient, HttpMethod.Get, $"Patient?identifier={T}&_revinclude=Encounter:subject"))));
    }

    [Fact, Trait("Row", "FHIR-106")]
    public async Task A_patients_token_changes_that_patients_resources_only()
    {
        using var patient = await Product.Fhir("patient/*.cruds", patient: a);
        await Body(As(patient, HttpMethod.Post, "Encounter", Encounter(a)), HttpStatusCode.Created);
        await Refused(As(patient, HttpMethod.Post, "Encounter", Encounter(b)), HttpStatusCode.Forbidden);
        // Neither by making it one's own nor by deleting it.
        await Refused(As(patient, HttpMethod.Put, $"Encounter/{ofB}", Encounter(a, ofB)), HttpStatusCode.Forbidden, HttpStatusCode.NotFound);
        await Refused(As(patient, HttpMethod.Patch, $"Encounter/{ofB}", $$"""[{"op":"replace","path":"/subject/reference","value":"Patient/{{a}}"}]"""), HttpStatusCode.Forbidden, HttpStatusCode.NotFound);
        await Refused(As(patient, HttpMethod.Delete, $"Encounter/{ofB}"), HttpStatusCode.Forbidden, HttpStatusCode.NotFound);
        await Refused(As(patient, HttpMethod.Put, $"Encounter/{ofA}", Encounter(b, ofA)), HttpStatusCode.Forbidden, HttpStatusCode.NotFound);
        await Refused(As(patient, HttpMethod.Post, "", Bundle("transaction", Entry("DELETE", $"Encounter/{ofB}"))), HttpStatusCode.Forbidden, HttpStatusCode.NotFound);
        Assert.Equal(1, await Versions("Encounter", ofB));
        Assert.Equal(1, await Versions("Encounter", ofA));
        await Body(As(patient, HttpMethod.Put, $"Encounter/{ofA}", Encounter(a, ofA).Replace("planned", "arrived")));
    }

    [Fact, Trait("Row", "FHIR-107")]
    public async Task A_reading_token_does_not_write()
    {
        using var reader = await Product.Fhir("system/*.rs");
        await Refused(As(reader, HttpMethod.Post, "Patient", Patient()), HttpStatusCode.Forbidden);
        await Refused(As(reader, HttpMethod.Put, $"Patient/{a}", Patient(a)), HttpStatusCode.Forbidden);
        await Refused(As(reader, HttpMethod.Patch, $"Patient/{a}", """[{"op":"add","path":"/gender","value":"male"}]"""), HttpStatusCode.Forbidden);
        await Refused(As(reader, HttpMethod.Delete, $"Patient/{a}"), HttpStatusCode.Forbidden);
        await Refused(As(reader, HttpMethod.Post, "", Bundle("transaction", Entry("GET", $"Patient/{a}"), Entry("POST", "Patient", Patient()))), HttpStatusCode.Forbidden);
        Assert.Equal(["200", "403", "403"], Statuses(await Body(As(reader, HttpMethod.Post, "", Bundle("batch",
            Entry("GET", $"Patient/{a}"), Entry("POST", "Patient", Patient()), Entry("DELETE", $"Patient/{a}"))))));
        Assert.Equal(2, (await Found($"Patient?identifier={T}")).Length);
    }

    [Theory, Trait("Row", "FHIR-107")]
    [InlineData("system/Patient.r", "Patient", 403)]
    [InlineData("system/Patient.s", "Patient", 200)]
    [InlineData("system/Encounter.rs", "Patient", 403)]
    [InlineData("system/Patient.read", "Patient", 200)]
    public async Task A_scope_grants_what_it_says(string scope, string path, int status)
    {
        using var client = await Product.Fhir(scope);
        Assert.Equal(status, (int)await Status(As(client, HttpMethod.Get, path)));
    }

    [Fact, Trait("Row", "FHIR-108")]
    public async Task Another_tenants_resources_do_not_exist()
    {
        using var north = await Product.Fhir(tenant: "north");
        foreach (var path in (string[])[$"Patient/{a}", $"Patient/{a}/_history/1", $"Patient/{a}/_history"]) await Refused(As(north, HttpMethod.Get, path), HttpStatusCode.NotFound);
        Assert.Equal(0, (await Body(As(north, HttpMethod.Get, $"Patient?identifier={T}&_total=accurate"))).GetProperty("total").GetInt32());
        Assert.DoesNotContain(Items(await Body(As(north, HttpMethod.Get, "_history?_count=1000"))), e => e.GetProperty("fullUrl").GetString()!.EndsWith(a, StringComparison.Ordinal));
        Assert.DoesNotContain(Items(await Body(As(north, HttpMethod.Get, "Patient/_history?_count=1000"))), e => e.GetProperty("fullUrl").GetString()!.EndsWith(a, StringComparison.Ordinal));
        // The same id and the same identifier are free there, and changing them changes nothing here.
        Assert.Equal(HttpStatusCode.Created, await Status(As(north, HttpMethod.Put, $"Patient/{a}", Patient(a, "\"gender\":\"other\""))));
        Assert.Equal(HttpStatusCode.NoContent, await Status(As(north, HttpMethod.Delete, $"Patient/{b}")));
        var mine = await Send(HttpMethod.Post, "Patient", Patient(), [("If-None-Exist", $"identifier=urn:test|{T}")], by: north);
        Assert.Equal($"Patient/{a}", $"Patient/{(await Body(Task.FromResult(mine))).Id()}");
        Assert.False((await Body(Get($"Patient/{a}"))).TryGetProperty("gender", out _));
        await Body(Get($"Patient/{b}"));
        // A reference across does not include across.
        var encounter = await As(north, HttpMethod.Post, "Encounter", Encounter(b));
        var include = await Body(As(north, HttpMethod.Get, $"Encounter?_id={(await encounter.Body()).Id()}&_include=Encounter:subject"));
        Assert.Empty(Entries(include, "include"));
    }

    [Fact]
    public async Task The_applications_role_sees_nothing_without_a_tenant_and_writes_to_no_other()
    {
        await using var connection = await Product.Db.App.OpenConnectionAsync();
        foreach (var table in (string[])["fhir.resource", "fhir.history", "fhir.token", "fhir.string", "fhir.date", "fhir.reference", "fhir.quantity", "fhir.uri", "fhir.composite", "fhir.search_parameter", "platform.event", "platform.access"])
        {
            await using var count = new NpgsqlCommand($"select count(*) from {table}", connection);
            Assert.Equal(0L, await count.ExecuteScalarAsync());
            await using var safe = new NpgsqlCommand($"select relrowsecurity and relowner <> (select oid from pg_roles where rolname = current_user) from pg_class where oid = '{table}'::regclass", connection);
            Assert.Equal(true, await safe.ExecuteScalarAsync());
        }
        await using var role = new NpgsqlCommand("select rolsuper or rolbypassrls from pg_roles where rolname = current_user", connection);
        Assert.Equal(false, await role.ExecuteScalarAsync());

        await using var transaction = await connection.BeginTransactionAsync();
        await using (var tenant = new NpgsqlCommand("select set_config('app.tenant', '1', true)", connection, transaction)) await tenant.ExecuteNonQueryAsync();
        await using (var own = new NpgsqlCommand($"select count(*) from fhir.resource where id = '{a}'", connection, transaction)) Assert.Equal(1L, await own.ExecuteScalarAsync());
        await using var foreign = new NpgsqlCommand("insert into fhir.uri (tenant, param, rid, value) values (2, 1, 1, 'x')", connection, transaction);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => foreign.ExecuteNonQueryAsync())).SqlState);
    }

    [Fact]
    public async Task History_cannot_be_rewritten_by_the_application()
    {
        await using var connection = await Product.Db.App.OpenConnectionAsync();
        foreach (var sql in (string[])["delete from fhir.history", "update fhir.history set body = null", "delete from platform.access", "update platform.access_batch set hash = ''"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).SqlState);
        }
    }
}
