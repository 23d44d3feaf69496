using HealthTeams.Platform.Audit;
using HealthTeams.Platform.Callers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Platform;

public sealed class AccessLogTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    public async Task What_was_read_just_before_an_orderly_stop_is_on_record()
    {
        var patient = await (await product.Fhir()).Create("Patient", """{"resourceType":"Patient","active":true}""");
        Assert.True((await (await product.Fhir()).GetAsync($"/fhir/Patient/{patient.Id()}")).IsSuccessStatusCode);
        // More than one batch, of more than one hospital.
        var log = product.App.Services.GetRequiredService<AccessLog>();
        for (var i = 0; i < 6000; i++) await log.Record(new Access(1 + i % 2, product.Clock.GetUtcNow(), Actor.Product, "read", $"Stop/{i}", null, 200), default);
        await product.Stop();
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from platform.access where action = 'read' and subject = 'Patient/{patient.Id()}'"));
        Assert.Equal(6000L, await product.Ask<long>("select count(*) from platform.access where subject like 'Stop/%'"));
        await product.Start();
    }

    [Fact]
    public async Task A_read_that_no_column_takes_does_not_hold_up_the_others()
    {
        var log = product.App.Services.GetRequiredService<AccessLog>();
        foreach (var subject in new[] { "Odd/1", "Odd/\0", "Odd/3" }) await log.Record(new Access(1, product.Clock.GetUtcNow(), Actor.Product, "read", subject, null, 200), default);
        await TestProduct.Until(async () => await product.Ask<long>("select count(*) from platform.access where subject like 'Odd/%'") == 2, "the two others are on record");
    }

    [Fact]
    public async Task A_batch_cannot_be_written_twice()
    {
        var log = product.App.Services.GetRequiredService<AccessLog>();
        await log.Record(new Access(1, product.Clock.GetUtcNow(), Actor.Product, "read", "Once/1", null, 200), default);
        await TestProduct.Until(async () => await product.Ask<long>("select count(*) from platform.access where subject = 'Once/1'") == 1, "it is on record");
        var id = await product.Ask<Guid>("select batch from platform.access where subject = 'Once/1'");
        var twice = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => product.Sql(
            $"insert into platform.access_batch (tenant, id, seq, at, rows, previous, hash) select tenant, id, seq + 1000000, at, rows, previous, hash from platform.access_batch where id = '{id}'"));
        Assert.Equal("23505", twice.SqlState);
    }
}
