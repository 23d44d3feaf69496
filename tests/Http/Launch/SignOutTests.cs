using System.Net;
using HealthTeams.FhirGateway.Ehr;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>The EHR's tokens are renewed while a visit needs them, and given back when it does not.</summary>
public sealed class SignOutTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    [Fact, Trait("Row", "SMART-A30")]
    public async Task Signing_out_closes_the_room_on_this_device_and_gives_the_tokens_back()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Sign out", patient: "MRN-1002");
        var (browser, other) = (new Browser(product), new Browser(product));
        var (room, second) = (await browser.Launch("practitioner", visit), await other.Launch("practitioner", visit));
        var id = await product.Visit(room);
        var revoked = (await product.Calls("/oauth/revoke")).Count;

        var signedOut = await browser.Submit(new Step(new Uri(product.Url, $"/room/{room.Session()}/sign-out"), room[^1].Answer, Form(room[^1].Page)));
        Assert.Equal("/launch/signed-out", signedOut.End().AbsolutePath);
        Assert.Contains("data-launch=\"signed-out\"", signedOut[^1].Page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.Http.GetAsync(room.End())).StatusCode);
        // The same person's other device goes on, and with it the tokens.
        Assert.Equal(HttpStatusCode.OK, (await other.Http.GetAsync(second.End())).StatusCode);
        Assert.Equal(2, await Tokens(id));

        await other.Submit(new Step(new Uri(product.Url, $"/room/{second.Session()}/sign-out"), second[^1].Answer, Form(second[^1].Page)));
        await TestProduct.Until(async () => await Tokens(id) == 0, "the tokens are gone here");
        Assert.True((await product.Calls("/oauth/revoke")).Count >= revoked + 2, "the EHR was told");
    }

    [Fact, Trait("Row", "SMART-A30")]
    public async Task The_end_of_a_visit_is_written_back_first_and_then_its_tokens_are_given_back()
    {
        await product.Faults();
        await product.Register(e => e with { BackendClientId = null, WriteBack = true });
        var visit = await product.BookInEhr("End with token", patient: "MRN-1003");
        var trail = await new Browser(product).Launch("practitioner", visit);
        var id = await product.Visit(trail);
        // Signing out does not take the only way by which the end can be told.
        var person = await product.Ask<Guid>($"select person from auth.visit_session where id = '{trail.Session()}'");
        Assert.NotEqual(Guid.Empty, person);
        await product.Db.In(1, Actor.Product, tx => Task.FromResult(tx.Publish("seat.signed-out", $"visit/{id}", null, new { person })), default);
        await product.Db.In(1, Actor.Product, async tx =>
        {
            await tx.Execute("update collab.visit set status = 'Finished', started_at = @Now, finished_at = @Now where tenant = @Tenant and id = @id", new { tx.Tenant, id, tx.Now });
            tx.Publish("visit.finished", $"visit/{id}");
        }, default);
        await TestProduct.Until(async () => await Tokens(id) == 0, "the tokens are gone");
        Assert.Equal(("fulfilled", "finished"), await product.InEhr(visit));
        await product.Register();
    }

    [Fact, Trait("Row", "SMART-A22")]
    public async Task A_session_that_the_EHR_ended_says_start_again()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Session over", patient: "MRN-1004");
        await product.Faults("rejectTokens", "rejectRefresh");
        var trail = await new Browser(product).Launch("practitioner", visit);
        await product.Faults();
        Assert.Equal("error: ehr-session-over", trail.Outcome());
    }

    [Fact, Trait("Row", "SMART-A22")]
    public async Task A_refresh_that_the_EHR_refuses_is_not_tried_again()
    {
        await product.Faults();
        await product.Register(e => e with { BackendClientId = null, WriteBack = true });
        var visit = await product.BookInEhr("Refused refresh", patient: "MRN-1005");
        await product.Faults(new Dictionary<string, object?> { ["tokenExpiresIn"] = 5 });
        var id = await product.Visit(await new Browser(product).Launch("practitioner", visit));
        await product.Faults("rejectRefresh");
        async Task<string?> Asked() => (await product.App.Services.GetRequiredService<EhrConnections>()(1, id, default)) is [var way] ? (await way.Token(false, default)).Problem?.Code : "no way";
        Assert.Equal("ehr-session-over", await Asked());
        var calls = (await product.Calls("/oauth/token")).Count(c => c.StartsWith("refresh_token", StringComparison.Ordinal));
        Assert.Equal("no way", await Asked());
        Assert.Equal(calls, (await product.Calls("/oauth/token")).Count(c => c.StartsWith("refresh_token", StringComparison.Ordinal)));
        await product.Faults();
        await product.Register();
    }

    [Fact, Trait("Row", "SMART-A23")]
    public async Task An_EHR_that_counts_its_user_s_presence_is_told_when_they_were_last_here()
    {
        await product.Faults();
        await product.Register(e => e with { BackendClientId = null, WriteBack = true });
        var visit = await product.BookInEhr("Presence", patient: "MRN-1007");
        await product.Faults(new Dictionary<string, object?> { ["activeTtl"] = 600, ["tokenExpiresIn"] = 5 });
        var id = await product.Visit(await new Browser(product).Launch("practitioner", visit));
        var way = Assert.Single(await product.App.Services.GetRequiredService<EhrConnections>()(1, id, default));
        Assert.True((await way.Token(false, default)).Ok);
        Assert.Contains(": active_at, client_assertion", (await product.Calls("/oauth/token"))[0], StringComparison.Ordinal);
        await product.Faults();
        await product.Register();
    }

    private Task<long> Tokens(Guid visit) => product.Ask<long>($"select count(*) from auth.launch_token where visit = '{visit}'");

    /// <summary>The room's own form token, as its script uses it.</summary>
    private static string Form(string page) => $"<form>{page[page.IndexOf("<input name=\"__RequestVerificationToken\"", StringComparison.Ordinal)..]}";
}
