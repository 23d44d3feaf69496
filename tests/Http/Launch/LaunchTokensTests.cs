using System.Net.Http.Headers;
using System.Net.Http.Json;
using HealthTeams.FhirGateway.Ehr;
using HealthTeams.SmartLauncher.Ehrs;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>An EHR without a backend client of ours: what launches leave writes back.</summary>
public sealed class LaunchTokensTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    [Fact, Trait("Row", "SMART-A22")]
    public async Task A_refresh_token_is_used_once_however_many_ask_and_the_new_one_is_kept()
    {
        var visit = await product.BookInEhr("Refresh", patient: "MRN-1002");
        await Register(backend: null, writeBack: true);
        await product.EhrApi.PostAsJsonAsync("/faults", new { tokenExpiresIn = 5 });
        var trail = await new Browser(product).Launch("practitioner", visit);
        Assert.Equal("room", trail.Outcome());
        Assert.Contains("user/Encounter.u", Asked(trail), StringComparison.Ordinal);
        await product.Faults();

        var id = await product.Ask<Guid>($"select visit from auth.visit_session where id = '{trail.End().AbsolutePath.Split('/')[2]}'");
        var before = await TokenCalls();
        var asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => await (await Way(id)).Token(false, default)));
        Assert.All(asked, token => Assert.True(token.Ok, token.Problem?.Detail));
        Assert.Single(asked.Select(t => t.Value).Distinct());
        Assert.Equal(before + 1, await TokenCalls());
        Assert.Equal(200, await Read(visit, asked[0].Value));

        // After a 401 once more, with what the first refresh left: the EHR ends the whole grant when one is used twice.
        var way = await Way(id);
        await way.Token(false, default);
        var renewed = await way.Token(true, default);
        Assert.True(renewed.Ok, renewed.Problem?.Detail);
        Assert.NotEqual(asked[0].Value, renewed.Value);
        Assert.Equal(200, await Read(visit, renewed.Value));
        Assert.Equal(before + 2, await TokenCalls());
    }

    [Fact, Trait("Row", "SMART-A14")]
    public async Task A_launch_asks_for_no_right_to_write_where_a_backend_client_has_it()
    {
        var visit = await product.BookInEhr("Minimum", patient: "MRN-1003");
        await Register(backend: "healthteams-backend", writeBack: false);
        var scopes = Asked(await new Browser(product).Launch("practitioner", visit)).Split(' ');
        Assert.DoesNotContain("user/Encounter.u", scopes);
        Assert.DoesNotContain("user/Appointment.u", scopes);
    }

    private async Task Register(string? backend, bool writeBack)
    {
        await product.Faults();
        Assert.True((await product.App.Services.GetRequiredService<EhrRegistry>().Add(
            new EhrToAdd(1, $"{product.Ehr}fhir", "healthteams", "private_key_jwt") { BackendClientId = backend, WriteBack = writeBack }, default)).Ok);
    }

    private static string Asked(List<Step> trail) =>
        System.Web.HttpUtility.ParseQueryString(trail.Single(s => s.At.AbsolutePath == "/oauth/authorize").At.Query)["scope"]!;

    private async Task<EhrConnection> Way(Guid visit) => Assert.Single(await product.App.Services.GetRequiredService<EhrConnections>()(1, visit, default));

    private async Task<int> TokenCalls() => (await product.EhrApi.GetStringAsync("/status")).Split("/oauth/token<").Length;

    private async Task<int> Read(EhrVisit visit, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/fhir/Appointment/{visit.Appointment}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return (int)(await product.EhrApi.SendAsync(request)).StatusCode;
    }
}
