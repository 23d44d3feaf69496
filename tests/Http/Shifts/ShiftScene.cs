using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace HealthTeams.Tests.Shifts;

/// <summary>A ward with an owner, members, a guest, and helpers that post as its pages do. The clock stands at Monday 23-Nov-2026 10:00 in Paris.</summary>
public sealed class ShiftScene
{
    private static int number;

    public required TestProduct Product { get; init; }
    public required Guid Team { get; init; }
    public required Guid Group { get; init; }
    public required string Name { get; init; }
    public required Dictionary<string, Guid> People { get; init; }
    public required Dictionary<string, HttpClient> Clients { get; init; }

    public static readonly DateOnly Tuesday = new(2026, 11, 24);

    public static async Task<ShiftScene> Open(TestProduct product, params string[] members)
    {
        var name = $"Ward {Interlocked.Increment(ref number)}";
        var people = new Dictionary<string, Guid>();
        var clients = new Dictionary<string, HttpClient>();
        foreach (var who in members.Prepend("boss"))
        {
            var username = $"{name.Replace(' ', '-')}-{who}".ToLowerInvariant();
            people[who] = await product.Staff(username, $"{char.ToUpperInvariant(who[0])}{who[1..]}", role: "nurse");
            clients[who] = await product.SignedIn(username);
        }
        var team = await product.Team(name, [.. people.Select(p => (p.Value, p.Key == "boss" ? "Owner" : p.Key.StartsWith("guest", StringComparison.Ordinal) ? "Guest" : "Member"))]);
        var scene = new ShiftScene { Product = product, Team = team, Name = name, People = people, Clients = clients, Group = Guid.Empty };
        await scene.Done("boss", $"/shifts/{team}?handler=begin", ("zone", "Europe/Paris"));
        return new ShiftScene { Product = product, Team = team, Name = name, People = people, Clients = clients, Group = await product.Ask<Guid>($"select id from collab.shift_group where team = '{team}'") };
    }

    public HttpClient this[string who] => Clients[who];

    public Task<HttpResponseMessage> Post(string who, string path, params (string, string)[] fields) => TestProduct.Post(Clients[who], path, fields);

    public async Task Done(string who, string path, params (string, string)[] fields)
    {
        var answer = await Post(who, path, fields);
        Assert.True(answer.StatusCode == HttpStatusCode.SeeOther, $"{path}: {(int)answer.StatusCode} {Said(await answer.Content.ReadAsStringAsync())}");
    }

    /// <summary>The refusal's list of reasons, as the page shows it.</summary>
    public async Task<string> Refused(HttpStatusCode status, string who, string path, params (string, string)[] fields)
    {
        var answer = await Post(who, path, fields);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{path}: {(int)answer.StatusCode} {Said(page)}");
        return Said(page);
    }

    public static string Said(string page) => WebUtility.HtmlDecode(Regex.Replace(Regex.Match(page, "(?s)<main.*?</main>").Value is { Length: > 0 } main ? main : page, "<[^>]+>|\\s+", " "));

    /// <summary>A shift, shared unless said; its id. The clock stands still, so the newest row is that of the newest transaction.</summary>
    public async Task<Guid> Shift(string person, DateOnly day, string start, string end, bool share = true, string label = "Day", params (string, string)[] more)
    {
        await Done("boss", $"/shifts/{Team}/item", [.. Fields(person, day, start, end, label), ("share", share ? "true" : "false"), .. more]);
        return await Last(person);
    }

    public (string, string)[] Fields(string person, DateOnly day, string start, string end, string label = "Day") =>
        [("Kind", "shift"), ("Person", People[person].ToString()), ("Group", Group.ToString()), ("Date", $"{day:yyyy-MM-dd}"), ("Start", start), ("End", end), ("Label", label), ("Theme", "blue")];

    public async Task<Guid> OpenShift(DateOnly day, string start, string end, int slots, bool share = true)
    {
        await Done("boss", $"/shifts/{Team}/item", ("Kind", "open"), ("Group", Group.ToString()), ("Date", $"{day:yyyy-MM-dd}"), ("Start", start), ("End", end), ("Label", "Extra"), ("Theme", "green"), ("Slots", $"{slots}"), ("share", share ? "true" : "false"));
        return await Product.Ask<Guid>($"select id from collab.shift where team = '{Team}' and kind = 'open' order by xmin::text::bigint desc limit 1");
    }

    public Task<Guid> Last(string person) => Product.Ask<Guid>($"select id from collab.shift where team = '{Team}' and person = '{People[person]}' order by xmin::text::bigint desc limit 1");

    public Task<Guid> Reason(string name = "Vacation") => Product.Ask<Guid>($"select id from collab.time_off_reason where team = '{Team}' and name = '{name}'");

    public Task<Guid> Request() => Product.Ask<Guid>($"select id from collab.shift_request where team = '{Team}' order by xmin::text::bigint desc limit 1");

    public Task<string?> State(Guid request) => Product.Ask<string>($"select state || ' ' || assigned_to || coalesce(' ' || why, '') from collab.shift_request where id = '{request}'");

    public Task<int> Version(Guid request) => Product.Ask<int>($"select version from collab.shift_request where id = '{request}'");

    public async Task Act(string who, Guid request, string act, params (string, string)[] more) => await Done(who, $"/shifts/requests/{request}", [("act", act), ("version", $"{await Version(request)}"), .. more]);

    public Task<Guid> Owner(Guid shift) => Product.Ask<Guid>($"select person from collab.shift where id = '{shift}' and not draft");

    /// <summary>What every broken rule of the settings would hide, off.</summary>
    public Task Rules(string set) => Product.Sql($"update collab.schedule set {set} where team = '{Team}'");
}
