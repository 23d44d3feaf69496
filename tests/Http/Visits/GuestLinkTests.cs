using System.Net;
using Xunit;

namespace HealthTeams.Tests.Visits;

public sealed class GuestLinkTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    [Trait("Row", "EHR-04")]
    public async Task Opening_a_link_names_nobody_and_redeems_nothing()
    {
        var (_, token) = await Link("A-scan");
        var page = await product.Device().GetStringAsync($"/join/{token}");
        Assert.DoesNotContain("Barlow", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Example General Hospital", page, StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>("select count(*) from collab.visit_link l join collab.visit_identifier i on i.visit = l.visit where i.value = 'A-scan' and l.redeemed_at is not null"));
    }

    [Fact]
    public async Task Only_the_hash_of_a_link_is_kept()
    {
        var (_, token) = await Link("A-hash");
        Assert.True(token.Length * 6 >= 128);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.visit_link where encode(hash, 'escape') like '%{token}%'"));
    }

    [Fact]
    public async Task The_first_device_may_come_back_another_needs_the_birth_date_and_a_new_admission()
    {
        var (staff, token) = await Link("A-device");
        _ = staff;
        var phone = product.Device();
        Assert.Equal(HttpStatusCode.SeeOther, (await Scenes.Redeem(phone, token)).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await Scenes.Redeem(phone, token)).StatusCode);

        Assert.Equal(HttpStatusCode.Forbidden, (await Scenes.Redeem(product.Device(), token)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Scenes.Redeem(product.Device(), token, born: "1971-01-01")).StatusCode);
        await product.Sql("update collab.participant set state = 'InCall', admitted_at = now() where known_by = 'Link'");
        Assert.Equal(HttpStatusCode.SeeOther, (await Scenes.Redeem(product.Device(), token, born: "1970-02-03")).StatusCode);
        Assert.Equal("Invited", await product.Ask<string>("select p.state from collab.participant p join collab.visit_identifier i on i.visit = p.visit where i.value = 'A-device' and p.role = 'Patient' and i.system like '%appointment'"));
    }

    [Fact]
    public async Task Guessing_the_birth_date_locks_the_link_for_other_devices()
    {
        var (_, token) = await Link("A-guess");
        await Scenes.Redeem(product.Device(), token);
        for (var day = 1; day <= 5; day++) await Scenes.Redeem(product.Device(), token, born: $"1980-01-0{day}");
        Assert.Equal(HttpStatusCode.Forbidden, (await Scenes.Redeem(product.Device(), token, born: "1970-02-03")).StatusCode);
    }

    [Fact]
    public async Task An_unknown_link_is_404_for_GET_and_POST()
    {
        var device = product.Device();
        Assert.Equal(HttpStatusCode.NotFound, (await device.GetAsync("/join/" + new string('A', 43))).StatusCode);
    }

    private async Task<(HttpClient Staff, string Token)> Link(string number)
    {
        var username = $"doctor-{number.ToLowerInvariant()}";
        await product.Staff(username, "Curie");
        var booked = await product.Book(number, mrn: $"MRN-{number}");
        var staff = await product.SignedIn(username);
        return (staff, await Scenes.Invite(staff, booked.Visit));
    }
}
