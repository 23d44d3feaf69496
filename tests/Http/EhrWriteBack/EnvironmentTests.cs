using HealthTeams.Tests.Launch;
using Xunit;

namespace HealthTeams.Tests.EhrWriteBack;

/// <summary>Test systems hold copies of real records: a shared number must not make one person, or one visit, of both.</summary>
[Trait("Row", "EHR-10")]
public sealed class EnvironmentTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    [Fact]
    public async Task A_test_EHR_never_opens_a_production_patients_visit_nor_writes_of_it()
    {
        // Production knows the appointment: it was pushed, by its identifier.
        var visit = await product.BookInEhr("Real and copied", patient: "MRN-1001");
        var real = await product.VisitOf(visit);
        var test = await product.Ehr("plain", "fhir", environment: "test");

        // The same appointment, launched from an EHR that is registered as a test system.
        var steps = await new Browser(product).Launch("practitioner", visit);
        Assert.Contains("data-launch=\"ready\"", steps[^1].Page, StringComparison.Ordinal);
        var opened = await product.Ask<Guid>($"select visit from collab.visit_key where source = '{test}' and kind = 'Appointment' and id = '{visit.Appointment}'");
        Assert.NotEqual(real, opened);
        Assert.NotEqual(await product.Ask<Guid>($"select patient from collab.visit where id = '{real}'"), await product.Ask<Guid>($"select patient from collab.visit where id = '{opened}'"));
        // The clinician of the test system is nobody of production's staff either.
        Assert.Equal(0, await product.Ask<long>($"""
            select count(*) from collab.person_key t join collab.person_identifier i on i.person = t.person where t.source = '{test}' and i.system not like 'urn:healthteams:test:%'
            """));

        // What happens to the real visit is not told to the test system, though it holds that identifier.
        await using (var room = await product.Hold(visit)) await room.Patient.Do("Wait");
        await product.Told(real);
        Assert.Equal(("booked", "planned"), await product.InEhr(visit));
        Assert.Equal(0, await product.Ask<long>($"select count(*) from collab.visit_key where source = '{test}' and visit = '{real}'"));
    }
}
