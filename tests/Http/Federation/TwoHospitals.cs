using System.Net;
using System.Text.RegularExpressions;
using HealthTeams.Tests.Administration;
using Xunit;

namespace HealthTeams.Tests.Federation;

/// <summary>Two installations with a database, keys and a clock each: Ada's hospital and Ben's. Only HTTP lies between them.</summary>
public sealed class TwoHospitals : IAsyncLifetime
{
    public sealed class Hospital : TestProduct
    {
        public HttpClient Admin { get; private set; } = null!;
        public HttpClient Page { get; private set; } = null!;
        public Guid Person { get; private set; }
        public Guid TeamId { get; private set; }
        public string Address => new Uri(Url, "/federation/demo").AbsoluteUri;

        public async Task Begin(string name, string family)
        {
            await InitializeAsync();
            await Sql($"update platform.tenant set name = '{name}' where id = 1; insert into platform.outbound_host (origin, private_ranges, added_at) values ('http://127.0.0.1:*', true, now()) on conflict do nothing");
            Person = await Staff("clinician", family);
            TeamId = await Team($"Ward of {name}", (Person, "Owner"));
            Page = await SignedIn("clinician");
            Admin = await this.Administrator("boss");
        }

        public async Task<string> Fingerprint() => WebUtility.HtmlDecode(Regex.Match(await Admin.GetStringAsync("/admin/federation"), "class=\"fingerprint\">([^<]+)<").Groups[1].Value);

        public Task<HttpResponseMessage> Open() => Admin.Submit("/admin/federation", "/admin/federation?handler=open", ("directory", "true"));

        public async Task<HttpResponseMessage> Register(Hospital other, string? fingerprint = null) =>
            await Admin.Submit("/admin/federation", "/admin/federation", ("address", other.Address), ("fingerprint", fingerprint ?? await other.Fingerprint()), ("privateNetwork", "true"));

        public Task<Guid> Partner() => Ask<Guid>("select id from collab.partner where tenant = 1");

        public async Task<Guid> Message(string text) => await Ask<Guid>($"select id from collab.message where text = '{text}'");

        /// <summary>Begins a conversation with people of the other hospital, found by name.</summary>
        public async Task<Guid> Write(string search, params (string, string)[] more)
        {
            var partner = await Partner();
            var found = await Page.GetStringAsync($"/messages/elsewhere?partner={partner}&q={search}");
            var keys = Regex.Matches(found, "name=\"theirs\" value=\"([^\"]+)\"").Select(m => ("theirs", m.Groups[1].Value)).ToArray();
            Assert.True(keys.Length > 0, $"nobody is found by {search}");
            var begun = await TestProduct.Post(Page, "/messages/elsewhere", [("partner", $"{partner}"), .. keys, .. more]);
            Assert.True(begun.StatusCode == HttpStatusCode.SeeOther, await begun.Content.ReadAsStringAsync());
            return Guid.Parse(begun.Headers.Location!.ToString().Split('/')[^1]);
        }

        public async Task Say(Guid conversation, string text, string priority = "normal")
        {
            var said = await TestProduct.Post(Page, $"/messages/c/{conversation}/messages", ("text", text), ("priority", priority), ("key", Guid.NewGuid().ToString("N")), ("json", "1"));
            Assert.True(said.IsSuccessStatusCode, await said.Content.ReadAsStringAsync());
        }

        public async Task Arrives(string text, Hospital from)
        {
            try
            {
                await TestProduct.Until(async () => await Ask<long>($"select count(*) from collab.message where text = '{text}'") == 1, $"“{text}” arrives");
            }
            catch (Xunit.Sdk.TrueException e)
            {
                Assert.Fail($"{e.Message}: {await from.Ask<string>("select string_agg(consumer || ' ' || attempts || ' ' || coalesce(error, ''), '; ') from platform.delivery")}");
            }
        }
    }

    public Hospital Ada { get; } = new();
    public Hospital Ben { get; } = new();

    public async Task InitializeAsync()
    {
        await Task.WhenAll(Ada.Begin("Hospital A", "Lovelace"), Ben.Begin("Hospital B", "Franklin"));
    }

    public async Task DisposeAsync()
    {
        await Ada.DisposeAsync();
        await Ben.DisposeAsync();
    }

    /// <summary>Both administrators register the other hospital, as the guide says.</summary>
    public async Task Trust()
    {
        foreach (var hospital in (Hospital[])[Ada, Ben]) Assert.Equal(HttpStatusCode.SeeOther, (await hospital.Open()).StatusCode);
        foreach (var (one, other) in new[] { (Ada, Ben), (Ben, Ada) })
        {
            var answer = await one.Register(other);
            Assert.True(answer.StatusCode == HttpStatusCode.SeeOther, WebUtility.HtmlDecode(Regex.Match(await answer.Content.ReadAsStringAsync(), "role=\"alert\">.*?</div>", RegexOptions.Singleline).Value));
        }
    }
}
