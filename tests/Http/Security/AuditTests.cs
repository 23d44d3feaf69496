using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Security;

public sealed class AuditTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    [Trait("Row", "AU-04")]
    public async Task Who_wrote_read_and_viewed_a_patient_is_told_as_AuditEvents_and_to_that_hospital_only()
    {
        await product.Staff("audit-doctor", "Curie");
        var booked = await product.Book("A-audit", mrn: "MRN-audit", family: "Watched");
        var fhir = await product.Fhir();
        await fhir.GetAsync($"/fhir/Patient/{booked.Patient}");
        await (await product.SignedIn("audit-doctor")).GetAsync($"/visits/{booked.Visit}/invite");

        var seen = new List<JsonElement>();
        await TestProduct.Until(async () =>
        {
            var bundle = await (await fhir.GetAsync($"/fhir/AuditEvent?patient=Patient/{booked.Patient}&_count=50")).Body();
            seen = [.. bundle.GetProperty("entry").EnumerateArray().Select(e => e.GetProperty("resource"))];
            return seen.Exists(e => Has(e, "read", "R", $"Patient/{booked.Patient}")) && seen.Exists(e => Has(e, "create", "C", $"Patient/{booked.Patient}"))
                && seen.Exists(e => e.GetProperty("entity").GetRawText().Contains($"visit/{booked.Visit}", StringComparison.Ordinal));
        }, "the write, the read and the view are told");
        Assert.DoesNotContain("Watched", JsonSerializer.Serialize(seen), StringComparison.OrdinalIgnoreCase);
        Assert.True((await fhir.GetAsync($"/fhir/AuditEvent/{seen[0].Id()}")).IsSuccessStatusCode);

        var north = await product.Fhir(tenant: "north");
        Assert.Empty((await (await north.GetAsync($"/fhir/AuditEvent?patient=Patient/{booked.Patient}")).Body()).GetProperty("entry").EnumerateArray());
        Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync($"/fhir/AuditEvent/{seen[0].Id()}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await (await product.Fhir("system/Patient.rs")).GetAsync("/fhir/AuditEvent")).StatusCode);
    }

    [Fact]
    public async Task The_trail_is_walked_page_by_page_without_holes()
    {
        var fhir = await product.Fhir();
        for (var i = 0; i < 5; i++) await product.Book($"A-walk-{i}", mrn: "MRN-walk", family: "Walk");
        var patient = (await (await fhir.GetAsync("/fhir/Patient?identifier=MRN-walk")).Body()).GetProperty("entry")[0].GetProperty("resource").Id();
        var ids = new List<string>();
        var url = $"/fhir/AuditEvent?patient={patient}&action=E&_count=2";
        while (url.Length > 0)
        {
            var page = await (await fhir.GetAsync(url)).Body();
            ids.AddRange(page.GetProperty("entry").EnumerateArray().Select(e => e.GetProperty("resource").Id()));
            url = page.GetProperty("link").EnumerateArray().Where(l => l.GetProperty("relation").GetString() == "next").Select(l => l.GetProperty("url").GetString()!).FirstOrDefault() ?? "";
        }
        Assert.True(ids.Count >= 5);
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    private static bool Has(JsonElement e, string subtype, string action, string what) =>
        e.GetProperty("action").GetString() == action && e.GetProperty("subtype")[0].GetProperty("code").GetString() == subtype
        && e.GetProperty("entity").EnumerateArray().Any(x => x.GetProperty("what").TryGetProperty("reference", out var r) && r.GetString() == what);
}
