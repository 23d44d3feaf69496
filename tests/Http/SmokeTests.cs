using System.Net;
using Xunit;

namespace HealthTeams.Tests;

public sealed class SmokeTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    public async Task A_patient_is_created_and_read_back()
    {
        var fhir = await product.Fhir();
        var created = await fhir.Create("Patient", """{"resourceType":"Patient","name":[{"family":"Barlow"}]}""");
        var read = await fhir.GetAsync($"/fhir/Patient/{created.Id()}");
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
    }
}
