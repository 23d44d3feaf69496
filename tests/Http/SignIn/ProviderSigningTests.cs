using System.Net;
using System.Web;
using HealthTeams.Collaboration.Approvals;
using HealthTeams.Platform.Callers;
using HealthTeams.Tests.Launch;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.SignIn;

/// <summary>Signing without a password of ours: the hospital's provider asks again who this is, for one answer.</summary>
public sealed partial class ProviderSignInTests
{
    [Fact, Trait("Row", "AP-13")]
    public async Task Without_a_password_here_an_answer_is_signed_by_signing_in_again_at_the_provider()
    {
        var (browser, curie, provider) = await Signer();
        var approval = await Asked(curie, "Release the pump");
        var page = (await browser.Follow(new Uri(product.Url, $"/approvals/{approval}")))[^1];
        Assert.Contains("Sign with Example General", WebUtility.HtmlDecode(page.Page), StringComparison.Ordinal);
        Assert.DoesNotContain("name=\"password\"", page.Page, StringComparison.Ordinal);
        // A press without the proof signs nothing.
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Answer(browser, page, approval, "Approve", "checked", proven: true)).StatusCode);

        var back = await Prove(browser, page, approval, provider, "Approve", "checked", "Marie Curie");
        Assert.Equal($"/approvals/{approval}", back.End().AbsolutePath);
        Assert.Contains("Sign your answer", back[^1].Page, StringComparison.Ordinal);
        // The proof is of this answer with these words, of nothing else.
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Answer(browser, back[^1], approval, "Reject", "checked", proven: true)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Answer(browser, back[^1], approval, "Approve", "other words", proven: true)).StatusCode);
        Assert.Equal("Pending", await product.Ask<string>($"select status from collab.approval where id = '{approval}'"));
        var other = await Asked(curie, "Another one");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Answer(browser, back[^1], other, "Approve", "checked", proven: true)).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await Answer(browser, back[^1], approval, "Approve", "checked", proven: true)).StatusCode);
        Assert.Equal("Completed", await product.Ask<string>($"select status from collab.approval where id = '{approval}'"));
        Assert.Contains("signed, and unchanged since", (await browser.Follow(new Uri(product.Url, $"/approvals/{approval}")))[^1].Page, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "AP-13")]
    public async Task Another_account_a_late_press_and_a_refusal_of_the_provider_sign_nothing_and_the_page_says_so()
    {
        var (browser, curie, provider) = await Signer();
        var approval = await Asked(curie, "Not theirs");
        var page = (await browser.Follow(new Uri(product.Url, $"/approvals/{approval}")))[^1];
        var osler = await Prove(browser, page, approval, provider, "Approve", "", "William Osler");
        Assert.Equal("signature-other", HttpUtility.ParseQueryString(osler.End().Query)["failed"]);
        Assert.Contains("Another account than yours answered", osler[^1].Page, StringComparison.Ordinal);
        await product.Faults("denyAccess");
        var denied = await Prove(browser, page, approval, provider, "Approve", "", "Marie Curie");
        Assert.Equal("provider-refused", HttpUtility.ParseQueryString(denied.End().Query)["failed"]);
        await product.Faults();
        var back = await Prove(browser, page, approval, provider, "Approve", "", "Marie Curie");
        product.Time.Move(TimeSpan.FromMinutes(6));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Answer(browser, back[^1], approval, "Approve", "", proven: true)).StatusCode);
        Assert.Equal("Pending", await product.Ask<string>($"select status from collab.approval where id = '{approval}'"));
        // A provider where this person has no account signs for nobody.
        Assert.Equal(HttpStatusCode.NotFound, (await Sign(browser, page, approval, Guid.NewGuid(), "Approve", "")).StatusCode);
    }

    private async Task<(Browser Browser, Guid Curie, Guid Provider)> Signer()
    {
        var curie = await product.Staff("curie", "Curie");
        var browser = await Registered("preferred_username");
        await SignIn(browser, "Marie Curie");
        await product.Sql($"delete from auth.credential where person = '{curie}'");
        return (browser, curie, await product.Ask<Guid>($"select provider from auth.staff_identity where person = '{curie}'"));
    }

    private async Task<Guid> Asked(Guid of, string title)
    {
        var asker = await product.Staff("pasteur", "Pasteur");
        var made = await product.App.Services.GetRequiredService<AskApproval>().Ask(new Caller { Tenant = 1, TenantSlug = "demo", Id = asker.ToString(), Kind = CallerKind.Staff, Person = asker },
            new NewApproval(title, null, [new StepPlan(StepRule.First, [of])]) { MustSign = true }, default);
        Assert.True(made.Ok, made.Problem?.Detail);
        return made.Value;
    }

    private async Task<HttpResponseMessage> Answer(Browser browser, Step page, Guid approval, string answer, string comments, bool proven) =>
        await browser.Http.PostAsync(new Uri(product.Url, $"/approvals/{approval}?handler=answer"), Fields(page, ("answer", answer), ("comments", comments), ("proven", proven ? "true" : "false")));

    private async Task<HttpResponseMessage> Sign(Browser browser, Step page, Guid approval, Guid provider, string answer, string comments) =>
        await browser.Http.PostAsync(new Uri(product.Url, $"/approvals/{approval}?handler=sign&provider={provider}"), Fields(page, ("answer", answer), ("comments", comments)));

    /// <summary>To the provider, which must ask although it remembers, and back.</summary>
    private async Task<List<Step>> Prove(Browser browser, Step page, Guid approval, Guid provider, string answer, string comments, string name)
    {
        var sent = await Sign(browser, page, approval, provider, answer, comments);
        Assert.True(sent.StatusCode == HttpStatusCode.SeeOther, await sent.Content.ReadAsStringAsync());
        Assert.Contains("prompt=login", sent.Headers.Location!.Query, StringComparison.Ordinal);
        Assert.Contains("max_age=0", sent.Headers.Location!.Query, StringComparison.Ordinal);
        return await AtProvider(browser, await browser.Follow(sent.Headers.Location), name, null);
    }

    private static FormUrlEncodedContent Fields(Step page, params (string, string)[] fields) =>
        new(fields.Append(("__RequestVerificationToken", Form.Token(page.Page))).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
}
