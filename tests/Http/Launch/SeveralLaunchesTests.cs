using System.Net;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>One browser, several patients, several hospitals.</summary>
[Collection(LaunchedProduct.Name)]
public sealed class SeveralLaunchesTests(ProductWithEhr product)
{
    [Fact, Trait("Row", "SMART-A28")]
    public async Task Three_patients_launched_at_once_in_one_browser_stay_apart()
    {
        await product.Faults();
        (string Patient, string Family)[] people = [("MRN-1002", "HADDAD"), ("MRN-1006", "WEI"), ("MRN-1009", "RAHMAN")];
        var visits = new List<EhrVisit>();
        foreach (var (patient, _) in people) visits.Add(await product.BookInEhr($"Side by side {patient}", patient: patient));
        var browser = new Browser(product);
        // All three are under way before the first is answered, and they are answered in another order.
        var answers = new List<Uri>();
        foreach (var visit in visits) answers.Add(await browser.AsFarAsTheAnswer("practitioner", visit));
        var rooms = new List<Step>[3];
        foreach (var n in (int[])[2, 0, 1]) rooms[n] = await browser.Follow(answers[n]);
        Assert.Equal(3, rooms.Select(r => r.Session()).Distinct().Count());
        for (var n = 0; n < 3; n++)
        {
            Assert.Equal(await product.Visit(visits[n]), await product.Visit(rooms[n]));
            var again = await browser.Http.GetStringAsync(rooms[n].End());
            Assert.Contains(people[n].Family, again, StringComparison.Ordinal);
            Assert.All(people.Where((_, other) => other != n), p => Assert.DoesNotContain(p.Family, again, StringComparison.Ordinal));
        }
        // One seat's cookie is no other's key.
        var cookie = browser.Cookies.Header.Split("; ").Single(c => c.StartsWith($"__Host-ht-seat-{rooms[0].Session()}=", StringComparison.Ordinal));
        using var request = new HttpRequestMessage(HttpMethod.Get, rooms[1].End());
        request.Headers.Add("Cookie", cookie.Replace(rooms[0].Session(), rooms[1].Session(), StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Unauthorized, (await product.Stranger().SendAsync(request)).StatusCode);
    }

    [Fact]
    [Trait("Row", "SMART-A28")]
    [Trait("Row", "SMART-A29")]
    public async Task Two_hospitals_in_one_browser_share_nothing()
    {
        await product.Faults();
        await using var north = await OtherEhr.Start(product, tenant: 2);
        var visit = await product.BookInEhr("Two hospitals", patient: "MRN-1003");
        var browser = new Browser(product);
        var mine = await browser.AsFarAsTheAnswer("practitioner", visit);
        var theirs = await browser.Follow(new Uri(north.Url, "launch-now?as=practitioner"), until: at => at.AbsolutePath == "/launch/callback");
        var (here, there) = (await browser.Follow(mine), await browser.Follow(theirs[^1].Next!));
        Assert.Equal(("room", "room"), (here.Outcome(), there.Outcome()));
        Assert.Equal("1 2", await product.Ask<string>($"select string_agg(tenant::text, ' ' order by tenant) from auth.visit_session where id in ('{here.Session()}', '{there.Session()}')"));
        // Framed by its own hospital's EHR and no other's.
        Assert.DoesNotContain($"localhost:{north.Url.Port}", Policy(here), StringComparison.Ordinal);
        Assert.Contains($"localhost:{north.Url.Port}", Policy(there), StringComparison.Ordinal);
        Assert.DoesNotContain($"localhost:{product.Ehr.Port}", Policy(there), StringComparison.Ordinal);
        // The same clinician's number in both hospitals is two persons.
        Assert.Equal(2, await product.Ask<long>($"select count(distinct person) from auth.visit_session where id in ('{here.Session()}', '{there.Session()}')"));
        // An answer of one EHR to the other's launch is refused.
        var crossed = await browser.AsFarAsTheAnswer("practitioner", visit);
        var foreign = (await browser.Follow(new Uri(north.Url, "launch-now?as=practitioner"), until: at => at.AbsolutePath == "/launch/callback"))[^1].Next!;
        var mixed = new Uri(product.Url, $"/launch/callback?code={System.Web.HttpUtility.ParseQueryString(foreign.Query)["code"]}&state={System.Web.HttpUtility.ParseQueryString(crossed.Query)["state"]}");
        Assert.Equal("error: token-refused", (await browser.Follow(mixed)).Outcome());
    }

    [Fact, Trait("Row", "SMART-A20")]
    public async Task Two_users_never_become_one_even_where_the_EHR_gives_them_one_record()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Two users", patient: "MRN-1010");
        async Task<List<Step>> As(string subject)
        {
            await product.Faults(new Dictionary<string, object?> { ["subject"] = subject });
            return await new Browser(product).Launch("practitioner", visit);
        }
        var rooms = new[] { await As("two-users-1"), await As("two-users-2"), await As("two-users-1"), await As("two-users-2") };
        await product.Faults();
        var people = new List<Guid>();
        foreach (var room in rooms) people.Add(await product.Ask<Guid>($"select person from auth.visit_session where id = '{room.Session()}'"));
        Assert.Equal(people[0], people[2]);
        Assert.Equal(people[1], people[3]);
        Assert.NotEqual(people[0], people[1]);
        Assert.Equal(2, await product.Ask<long>($"select count(*) from collab.participant where visit = '{await product.Visit(visit)}' and role = 'Host'"));
    }

    [Fact, Trait("Row", "SMART-A20")]
    public async Task A_first_launch_finds_the_member_of_staff_by_the_number_the_EHR_gives_them_and_stays_theirs()
    {
        await product.Faults();
        var staff = await product.Ask<Guid>("select person from collab.person_identifier where tenant = 1 and kind = 'Staff' and system = 'https://hospital.example/id/staff' and value = 'osler'");
        var answer = await product.EhrApi.PostAsync("/api/book", System.Net.Http.Json.JsonContent.Create(new { startInMinutes = 5, patient = "MRN-1007", practitioner = "osler", reason = "By number" }));
        var booked = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        if (staff == default) staff = await product.Ask<Guid>("select person from collab.person_identifier where tenant = 1 and kind = 'Staff' and system = 'https://hospital.example/id/staff' and value = 'osler'");
        var trail = await new Browser(product).Launch("practitioner", new EhrVisit(booked.GetProperty("appointment").GetString()!, "", ""));
        Assert.Equal(staff, await product.Ask<Guid>($"select person from auth.visit_session where id = '{trail.Session()}'"));
        // Many first launches at the same moment make one person.
        await product.Faults(new Dictionary<string, object?> { ["subject"] = "at-the-same-moment" });
        var visit = await product.BookInEhr("At once", patient: "MRN-1006");
        var at = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => new Browser(product).Launch("practitioner", visit)));
        await product.Faults();
        Assert.Equal(1, await product.Ask<long>($"select count(distinct person) from auth.visit_session where id in ({string.Join(',', at.Select(t => $"'{t.Session()}'"))})"));
    }

    private static string Policy(List<Step> trail) => trail[^1].Answer.Headers.GetValues("Content-Security-Policy").Single();
}
