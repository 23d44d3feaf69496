using System.Net;
using System.Text.RegularExpressions;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Tasks;

/// <summary>A ward with an owner, a member and a guest, a stranger beside it, and a board.</summary>
public sealed class TaskScene : TestProduct
{
    public Guid Owner, Member, Guest, Outsider, Ward, Board;
    public Guid[] Buckets = [];
    public HttpClient Chief = null!, Nurse = null!, Visitor = null!, Outside = null!, North = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        (Owner, Member, Guest, Outsider) = (await Staff("chief", "Nightingale"), await Staff("nurse", "Seacole"), await Staff("visitor", "Codman"), await Staff("outside", "Osler"));
        await Staff("north", "Cavell", tenant: "north");
        Ward = await Team("Ward 4", (Owner, "Owner"), (Member, "Member"), (Guest, "Guest"));
        await Fresh();
        var made = await Post(Chief, "/tasks/boards", ("team", $"{Ward}"), ("name", "Ward work"), ("buckets", "To do, Doing"));
        Assert.Equal(HttpStatusCode.SeeOther, made.StatusCode);
        Board = Guid.Parse(made.Headers.Location!.ToString().Split('/')[^1]);
        Buckets = [await Ask<Guid>($"select id from collab.task_bucket where board = '{Board}' and name = 'To do'"), await Ask<Guid>($"select id from collab.task_bucket where board = '{Board}' and name = 'Doing'")];
    }

    /// <summary>Everybody signs in again: sessions end while the clock moves.</summary>
    public async Task Fresh() => (Chief, Nurse, Visitor, Outside, North) =
        (await SignedIn("chief"), await SignedIn("nurse"), await SignedIn("visitor"), await SignedIn("outside"), await SignIn(this.Device(), "north"));

    /// <summary>A task made on the page.</summary>
    public async Task<Guid> Add(HttpClient by, string title, params (string, string)[] more)
    {
        var made = await Post(by, "/tasks/new", [("title", title), .. more]);
        Assert.True(made.StatusCode == HttpStatusCode.SeeOther, await made.Content.ReadAsStringAsync());
        return Guid.Parse(made.Headers.Location!.ToString().Split('/')[^1]);
    }

    public Task<Guid> AddToBoard(string title, params (string, string)[] more) => Add(Chief, title, [("board", $"{Board}"), ("bucket", $"{Buckets[0]}"), .. more]);

    public Task<int> Version(Guid task) => Ask<int>($"select version from collab.task where id = '{task}'");

    public Task<string?> Status(Guid task) => Ask<string>($"select status || coalesce(':' || hold, '') from collab.task where id = '{task}'");

    public async Task<HttpResponseMessage> Act(HttpClient by, Guid task, string act, params (string, string)[] more) => await Post(by, $"/tasks/{task}/{act}", [("version", $"{await Version(task)}"), .. more]);

    public static async Task Refused(HttpResponseMessage answer, HttpStatusCode status, params string[] words)
    {
        var body = WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {body}");
        foreach (var word in words) Assert.Contains(word, body, StringComparison.Ordinal);
    }

    public async Task Sweep<T>() where T : IDueSweep
    {
        var sweep = App.Services.GetServices<IDueSweep>().OfType<T>().Single();
        while (await sweep.Sweep(Clock.GetUtcNow(), default) > 0) { }
    }

    public static string Text(string html) => Regex.Replace(WebUtility.HtmlDecode(Regex.Replace(html, "<[^>]+>", " ")), @"\s+", " ");
}
