using Xunit;

namespace HealthTeams.Tests.Launch;

[Trait("Row", "SMART-A1")]
[Collection(LaunchedProduct.Name)]
public sealed class SameVisitTests(ProductWithEhr product)
{
    [Fact]
    public async Task Every_launch_of_an_appointment_leads_to_the_same_visit_and_the_same_seat()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Three times each", patient: "MRN-1002");
        var rooms = new List<string>();
        for (var n = 0; n < 3; n++)
        {
            foreach (var role in (string[])["practitioner", "patient"])
            {
                var trail = await new Browser(product).Launch(role, visit);
                Assert.Equal("room", trail.Outcome());
                rooms.Add(trail.End().AbsolutePath.Split('/')[2]);
            }
        }
        var sessions = string.Join(',', rooms.Select(r => $"'{r}'"));
        Assert.Equal(6, rooms.Distinct().Count());
        Assert.Equal(1, await product.Ask<long>($"select count(distinct visit) from auth.visit_session where id in ({sessions})"));
        Assert.Equal(2, await product.Ask<long>($"select count(distinct participant) from auth.visit_session where id in ({sessions})"));
        Assert.Equal(1, await product.Ask<long>($"select count(distinct visit) from collab.visit_identifier where value = '{visit.Identifier}'"));
        Assert.Equal("Host,Patient", await product.Ask<string>($"""
            select string_agg(role, ',' order by role) from collab.participant where visit = (select visit from auth.visit_session where id = '{rooms[0]}')
            """));
        // The patient who launched is the one the EHR booked, found by number and not made again.
        Assert.Equal(1, await product.Ask<long>("select count(distinct person) from collab.person_identifier where kind = 'Patient' and value = 'MRN-1002'"));
        Assert.True(await product.Ask<bool>($"""
            select p.person = v.patient from collab.participant p join collab.visit v on v.id = p.visit
            where p.role = 'Patient' and v.id = (select visit from auth.visit_session where id = '{rooms[0]}')
            """));
    }

    [Theory]
    [InlineData("noAppointmentContext")]
    [InlineData("noEncounter")]
    [InlineData("relativeFhirUser")]
    public async Task Less_context_still_leads_to_the_visit(string fault)
    {
        var visit = await product.BookInEhr($"With {fault}", patient: "MRN-1003");
        await product.Faults(fault);
        try
        {
            var trail = await new Browser(product).Launch("practitioner", visit);
            Assert.Equal("room", trail.Outcome());
            Assert.Equal(
                await product.Ask<Guid>($"select visit from collab.visit_identifier where value = '{visit.Identifier}' limit 1"),
                await product.Ask<Guid>($"select visit from auth.visit_session where id = '{trail.End().AbsolutePath.Split('/')[2]}'"));
        }
        finally
        {
            await product.Faults();
        }
    }

    [Fact]
    public async Task A_launch_that_names_nobody_leads_to_no_visit()
    {
        var visit = await product.BookInEhr("No context", patient: "MRN-1005");
        await product.Faults("noPatient", "noEncounter", "noAppointmentContext");
        try
        {
            Assert.Equal("no-visit: no-patient", (await new Browser(product).Launch("practitioner", visit)).Outcome());
        }
        finally
        {
            await product.Faults();
        }
    }
}
