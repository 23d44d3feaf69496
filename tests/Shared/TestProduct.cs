using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.Host;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Due;
using HealthTeams.SmartLauncher.Staff;
using HealthTeams.SmartLauncher.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace HealthTeams.Tests;

/// <summary>The product as it is shipped, on a port of its own, a database of its own and a clock the test moves.</summary>
public class TestProduct : IAsyncLifetime
{
    public const string Password = "a long password";
    private static readonly ConcurrentDictionary<Wake, bool> Workers = [];
    private readonly List<WebApplication> running = [];
    private readonly string folder = Path.Combine(TestDatabase.Folder, Guid.NewGuid().ToString("N")[..8]);

    public DatabaseSetup Database { get; private set; } = null!;
    public WebApplication App => running[^1];
    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
    public virtual bool RealClock => false;
    public Uri Url { get; private set; } = null!;
    public Db Db => App.Services.GetRequiredService<Db>();

    public virtual async Task InitializeAsync()
    {
        Database = await TestDatabase.New();
        await Sql("insert into platform.tenant (id, slug, name, time_zone, demo) values (1, 'demo', 'Example General Hospital', 'Europe/Paris', true), (2, 'north', 'North Hospital', 'Europe/Paris', true)");
        await Start();
    }

    /// <summary>Starts the product (again, after <see cref="Stop"/>: the same database, the same keys).</summary>
    public async Task Start()
    {
        Directory.CreateDirectory(folder);
        var app = HostApp.Build(Settings(new HostSettings { DataDir = folder, Port = Url?.Port ?? 0, Demo = true, Simulator = false }), Database, services =>
        {
            Configure(services);
            // Thousands of sign-ins: the work of a hash is shown by PasswordsTests, not at each of them.
            services.Configure<PasswordHasherOptions>(o => o.IterationCount = 1000);
        });
        running.Add(app);
        await app.StartAsync();
        Workers.TryAdd(app.Services.GetRequiredService<Wake>(), true);
        Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public async Task Stop()
    {
        await End(App);
        running.RemoveAt(running.Count - 1);
    }

    protected virtual HostSettings Settings(HostSettings usual) => usual;

    protected virtual void Configure(IServiceCollection services)
    {
        if (!RealClock) services.AddSingleton<TimeProvider>(Clock);
    }

    public virtual async Task DisposeAsync()
    {
        foreach (var app in running.ToArray().Reverse()) await End(app);
        NpgsqlConnection.ClearAllPools();
    }

    private static async Task End(WebApplication app)
    {
        Workers.TryRemove(app.Services.GetRequiredService<Wake>(), out _);
        await app.StopAsync();
        await app.DisposeAsync();
    }

    /// <summary>A client with an operator's token; the scope decides what it may.</summary>
    public async Task<HttpClient> Fhir(string scope = "system/*.cruds", string tenant = "demo", string? patient = null)
    {
        var minted = await App.Services.GetRequiredService<OperatorTokens>().Mint(tenant, scope, patient, TimeSpan.FromHours(8), "test", default);
        Assert.True(minted.Ok, minted.Problem?.Detail);
        var client = Stranger();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", minted.Value);
        client.DefaultRequestHeaders.Accept.ParseAdd("application/fhir+json");
        return client;
    }

    public HttpClient Stranger() => new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>A member of staff with an account, joined to Practitioners by the staff number.</summary>
    public async Task<Guid> Staff(string username, string family, string tenant = "demo", string role = "physician")
    {
        var id = tenant == "demo" ? 1 : 2;
        var person = await Db.In(id, Actor.Product, tx => App.Services.GetRequiredService<VisitDoor>().Person(tx, new PersonSaid(
            PersonKind.Staff, Guid.Empty, null, [new Identifier("https://hospital.example/id/staff", username)], family, null, "Dr", null, null, role)), default);
        Assert.Null(await App.Services.GetRequiredService<StaffAccounts>().Add(id, person.Id, username, Password, default));
        return person.Id;
    }

    /// <summary>A team with these members ("Owner", "Member", "Guest").</summary>
    public async Task<Guid> Team(string name, params (Guid Person, string Role)[] members)
    {
        var team = Guid.CreateVersion7();
        await Sql($"insert into collab.team (tenant, id, name, created_at) select 1, '{team}', '{name.Replace("'", "''", StringComparison.Ordinal)}', now()");
        foreach (var (person, role) in members) await Sql($"insert into collab.team_member (tenant, team, person, role, since) values (1, '{team}', '{person}', '{role}', now())");
        return team;
    }

    /// <summary>Posts a form as a browser does: the antiforgery token comes with a page.</summary>
    public static async Task<HttpResponseMessage> Post(HttpClient client, string path, params (string Name, string Value)[] fields)
    {
        var token = Form.Token(await client.GetStringAsync("/activity"));
        return await client.PostAsync(path, new FormUrlEncodedContent(fields.Append(("__RequestVerificationToken", token)).Select(f => KeyValuePair.Create(f.Item1, f.Item2))));
    }

    /// <summary>A browser's cookie jar after signing in; the antiforgery token comes with the form, as for anybody.</summary>
    public async Task<HttpClient> SignedIn(string username) => await SignIn(this.Device(), username);

    public async Task<HttpClient> SignIn(HttpClient client, string username)
    {
        var page = await client.GetStringAsync("/auth/sign-in");
        var answer = await client.PostAsync("/auth/sign-in", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["username"] = username, ["password"] = Password, ["__RequestVerificationToken"] = Form.Token(page),
        }));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        return client;
    }

    public async Task Sql(string sql)
    {
        await using var connection = new NpgsqlConnection(Database.Owner);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T?> Ask<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(Database.Owner);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    /// <summary>
    /// Waits, in real time, until something that happens behind the scenes has happened. The clock may have been moved while a
    /// worker was between looking and waiting; on a clock that stands it would wait for ever, so it is rung, as by any commit.
    /// </summary>
    public static async Task Until(Func<Task<bool>> happened, string what, int seconds = 30)
    {
        var end = Environment.TickCount64 + seconds * 1000;
        for (var look = 1; !await Looked(happened); look++)
        {
            Assert.True(Environment.TickCount64 < end, $"did not happen within {seconds} s: {what}");
            await Task.Delay(25);
            if (look % 20 == 0) foreach (var wake in Workers.Keys) wake.Ring();
        }
    }

    /// <summary>A page that is asked and does not answer (it went meanwhile) is asked again.</summary>
    private static async Task<bool> Looked(Func<Task<bool>> happened)
    {
        try
        {
            return await happened().WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}

/// <summary>A cookie jar as a browser keeps one for http://127.0.0.1: Secure cookies are taken and sent there.</summary>
public sealed class SecureCookies : DelegatingHandler
{
    private readonly Dictionary<string, string> jar = new(StringComparer.Ordinal);

    public SecureCookies() : base(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (jar.Count > 0) request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", jar.Select(c => $"{c.Key}={c.Value}")));
        var response = await base.SendAsync(request, cancellationToken);
        if (!response.Headers.TryGetValues("Set-Cookie", out var set)) return response;
        foreach (var cookie in set)
        {
            var pair = cookie.Split(';')[0];
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (cookie.Contains("expires=Thu, 01 Jan 1970", StringComparison.OrdinalIgnoreCase)) jar.Remove(pair[..at]);
            else jar[pair[..at]] = pair[(at + 1)..];
        }
        return response;
    }

    public void Plant(string name, string value) => jar[name] = value;

    public string Header => string.Join("; ", jar.Select(c => $"{c.Key}={c.Value}"));
}

public static class Form
{
    public static string Token(string html)
    {
        const string mark = "name=\"__RequestVerificationToken\" type=\"hidden\" value=\"";
        var at = html.IndexOf(mark, StringComparison.Ordinal);
        Assert.True(at > 0, "the page has no form token");
        var from = at + mark.Length;
        return html[from..html.IndexOf('"', from)];
    }
}

public static class FhirHttp
{
    public static StringContent Json(string body, string type = "application/fhir+json") => new(body, Encoding.UTF8, type);

    public static async Task<JsonElement> Body(this HttpResponseMessage response) => JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

    public static async Task<JsonElement> Create(this HttpClient client, string type, string body)
    {
        var answer = await client.PostAsync($"/fhir/{type}", Json(body));
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return await answer.Body();
    }

    public static string Id(this JsonElement resource) => resource.GetProperty("id").GetString()!;
}
