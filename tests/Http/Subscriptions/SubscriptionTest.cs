using System.Net;
using System.Text.Json;
using HealthTeams.FhirGateway.Subscriptions;
using HealthTeams.Platform.Outbound;
using HealthTeams.Tests.Fhir;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace HealthTeams.Tests.Subscriptions;

/// <summary>The product with a subscriber beside it, whose host is registered.</summary>
public sealed class ProductWithReceiver : TestProduct
{
    public Receiver Receiver { get; } = new();

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Receiver.Start();
        await Register(Receiver.Url);
    }

    public async Task Register(string url)
    {
        await using var connection = new NpgsqlConnection(Database.Owner);
        await connection.OpenAsync();
        await OutboundHttp.Register(connection, new Uri(url), privateRanges: true, Clock.GetUtcNow(), default);
    }

    protected override void Configure(IServiceCollection services)
    {
        base.Configure(services);
        services.AddSingleton(new SubscriptionSettings { GiveUpAfter = TimeSpan.FromHours(24) });
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Receiver.DisposeAsync();
    }
}

[CollectionDefinition("subscriptions")]
public sealed class SubscriptionCollection : ICollectionFixture<ProductWithReceiver>;

public abstract class SubscriptionTest(ProductWithReceiver product) : FhirTest(product)
{
    protected new ProductWithReceiver Product => product;
    protected Receiver Receiver => product.Receiver;

    /// <summary>Switched off afterwards: the next test's changes are not for it.</summary>
    private readonly List<string> made = [];

    public override async Task DisposeAsync()
    {
        foreach (var id in made) await Product.Sql($"delete from fhir.subscription where id = '{id}'");
        await base.DisposeAsync();
    }

    protected string Hook(string criteria, string more = "", string payload = "\"payload\":\"application/fhir+json\",", string? path = null, string root = "") => $$"""
        {"resourceType":"Subscription","status":"requested","reason":"test","criteria":"{{criteria}}"{{root}},
         "channel":{"type":"rest-hook",{{payload}}"endpoint":"{{Receiver.Url}}/{{path ?? T}}"{{more}} } }
        """;

    protected async Task<string> Subscribe(string body, HttpClient? by = null)
    {
        var id = (await Body(Send(HttpMethod.Post, "Subscription", body, [], by: by), HttpStatusCode.Created)).Id();
        made.Add(id);
        return id;
    }

    protected string Appointment(string status = "booked", string? id = null, string? patient = null) => Resource("Appointment", id, $$"""
        "status":"{{status}}","start":"2026-11-23T10:00:00Z","end":"2026-11-23T10:20:00Z","participant":[{"actor":{"reference":"{{patient ?? "Location/none"}}"},"status":"accepted"}]
        """);

    protected async Task<string> Book(string status = "booked", string? patient = null) => (await Fhir.Create("Appointment", Appointment(status, null, patient))).Id();

    protected async Task<Sent[]> Received(int count, string? path = null, int seconds = 15)
    {
        await TestProduct.Until(() => Task.FromResult(Receiver.At(path ?? T).Length >= count), $"{count} are received, not {Receiver.At(path ?? T).Length}", seconds);
        return Receiver.At(path ?? T);
    }

    /// <summary>Long enough for whatever would come to have come: the feed is empty and every lane has sent what it has.</summary>
    protected async Task Quiet()
    {
        await TestProduct.Until(async () => await Product.Ask<long>("select count(*) from fhir.subscription_feed") == 0, "the feed is empty");
        await TestProduct.Until(async () => await Product.Ask<long>("select count(*) from fhir.subscription where state = 'active' and attempts = 0 and sent < last") == 0, "the lanes are empty");
        await Task.Delay(50);
    }

    protected async Task<JsonElement> Subscription(string id) => await Body(Get($"Subscription/{id}"));

    protected Task Becomes(string id, string status) => TestProduct.Until(async () => (await Subscription(id)).GetProperty("status").GetString() == status, $"its status is {status}");

    /// <summary>Moves the clock in steps until it has happened: what waits for its next attempt gets it.</summary>
    protected async Task Hurry(Func<Task<bool>> happened, string what, TimeSpan step)
    {
        await TestProduct.Until(async () =>
        {
            if (await happened()) return true;
            Product.Clock.Advance(step);
            await Task.Delay(30);
            return await happened();
        }, what, 40);
        await ReNew();
    }

    /// <summary>Hours passed on the clock: the token is over.</summary>
    protected async Task ReNew() => Fhir.DefaultRequestHeaders.Authorization = (await Product.Fhir()).DefaultRequestHeaders.Authorization;
}
