using System.Net;
using System.Web;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using Xunit;

namespace HealthTeams.Tests.Launch;

[Collection(LaunchedProduct.Name)]
public sealed class NothingLeaksTests(ProductWithEhr product)
{
    [Fact, Trait("Row", "SMART-A26")]
    public async Task Codes_and_tokens_stay_on_the_server_and_no_answer_is_kept()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Leaks", patient: "MRN-1002");
        var trail = await new Browser(product).Launch("patient", visit);
        Assert.Equal("room", trail.Outcome());
        var code = HttpUtility.ParseQueryString(trail.Single(s => s.At.AbsolutePath == "/launch/callback").At.Query)["code"]!;
        var mine = trail.Ours(product).ToList();
        Assert.Equal(2, mine.Count);
        Assert.All(mine, s =>
        {
            Assert.Equal(HttpStatusCode.SeeOther, s.Answer.StatusCode);
            Assert.True(s.Answer.Headers.CacheControl?.NoStore);
            Assert.Equal("no-referrer", s.Answer.Headers.GetValues("Referrer-Policy").Single());
            Assert.DoesNotContain(code, s.Next!.AbsoluteUri, StringComparison.Ordinal);
        });
        foreach (var word in (string[])[code, "access_token", "refresh_token", "id_token", "eyJ"])
        {
            Assert.DoesNotContain(word, trail[^1].Page, StringComparison.Ordinal);
            Assert.DoesNotContain(word, trail[^1].At.AbsoluteUri, StringComparison.Ordinal);
        }
    }

    [Fact, Trait("Row", "SMART-A27")]
    public async Task Cookies_work_in_a_frame_and_are_no_script_s_business()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Cookies", patient: "MRN-1003");
        var trail = await new Browser(product).Launch("practitioner", visit);
        var cookies = trail.Ours(product).SelectMany(s => s.Answer.Headers.TryGetValues("Set-Cookie", out var set) ? set : []).ToList();
        Assert.Equal(3, cookies.Count); // the launch's, its end, the seat's
        Assert.All(cookies, cookie =>
        {
            var parts = cookie.ToLowerInvariant().Split("; ");
            Assert.StartsWith("__host-", parts[0], StringComparison.Ordinal);
            Assert.Superset(new HashSet<string> { "httponly", "secure", "samesite=none", "partitioned", "path=/" }, parts.ToHashSet());
        });
    }

    [Fact]
    public async Task Somebody_removed_is_out_at_once()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Removed", patient: "MRN-1009");
        var browser = new Browser(product);
        var room = (await browser.Launch("patient", visit)).End();
        var session = room.AbsolutePath.Split('/')[2];
        var participant = await product.Ask<Guid>($"select participant from auth.visit_session where id = '{session}'");
        var id = await product.Ask<Guid>($"select visit from auth.visit_session where id = '{session}'");
        Assert.Equal(HttpStatusCode.OK, (await browser.Http.GetAsync(room)).StatusCode);
        await product.Db.In(1, Actor.Product, tx => Task.FromResult(tx.Publish("visit.removed", $"visit/{id}", null, new { participant })), default);
        await TestProduct.Until(async () => (await browser.Http.GetAsync(room)).StatusCode == HttpStatusCode.Unauthorized, "the seat is gone", 4);
    }

    [Fact]
    public async Task A_no_show_that_was_taken_back_leaves_the_seats()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Taken back", patient: "MRN-1004");
        var session = (await new Browser(product).Launch("patient", visit)).End().AbsolutePath.Split('/')[2];
        var id = await product.Ask<Guid>($"select visit from auth.visit_session where id = '{session}'");
        await product.Db.In(1, Actor.Product, tx => Task.FromResult(tx.Publish("visit.noshow", $"visit/{id}")), default);
        await TestProduct.Until(async () => await product.Ask<long>("select count(*) from platform.delivery where consumer = 'seats'") == 0, "it was delivered");
        Assert.True(await product.Ask<bool>($"select expires_at > now() + interval '1 hour' from auth.visit_session where id = '{session}'"));
    }
}
