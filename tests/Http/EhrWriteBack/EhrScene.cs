using System.Net.Http.Json;
using System.Text.Json;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.Platform.Callers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.EhrWriteBack;

/// <summary>A visit booked in the EHR and held in our room.</summary>
internal static class EhrScene
{
    /// <summary>The simulator's manners and our registration of it, both anew: a registration that was there before is removed.</summary>
    public static async Task<Guid> Ehr(this ProductWithEhr product, string style, string adapter, string joinLink = "none", string environment = "production")
    {
        Assert.True((await product.EhrApi.PostAsJsonAsync("/fhir-style", new { style })).IsSuccessStatusCode);
        var ehrs = product.App.Services.GetRequiredService<EhrRegistry>();
        foreach (var old in await ehrs.All(1, default)) await ehrs.Remove(1, old.Id, Actor.Product, default);
        var added = await ehrs.Add(new EhrToAdd(1, $"{product.Ehr}fhir", "healthteams", "private_key_jwt")
        {
            BackendClientId = "healthteams-backend", Adapter = adapter, JoinLink = joinLink, Environment = environment,
        }, default);
        Assert.True(added.Ok, added.Problem?.Detail);
        return added.Value.Id;
    }

    public static Task<Guid> VisitOf(this ProductWithEhr product, EhrVisit visit) =>
        product.Ask<Guid>($"select visit from collab.visit_identifier where value = '{visit.Identifier}' limit 1")!;

    /// <summary>What the EHR holds now.</summary>
    public static async Task<JsonElement> InChart(this ProductWithEhr product, string reference) =>
        (await product.EhrHistory(reference)).GetProperty("entry")[0].GetProperty("resource");

    /// <summary>The clinician for whom it is booked hosts; the patient comes by a link.</summary>
    public static async Task<EhrRoom> Hold(this ProductWithEhr product, EhrVisit visit, string username = "curie")
    {
        var id = await product.VisitOf(visit);
        if (!await product.Ask<bool>($"select exists (select from auth.credential where username = '{username}')")) await product.Staff(username, "Curie");
        var cookies = new SecureCookies();
        var staff = await product.SignIn(new HttpClient(cookies) { BaseAddress = product.Url }, username);
        var token = await Scenes.Invite(staff, id);
        var host = await product.Enter(staff, cookies, await Scenes.OpenRoom(staff, id));
        var patientCookies = new SecureCookies();
        var device = new HttpClient(patientCookies) { BaseAddress = product.Url };
        var room = (await Scenes.Redeem(device, token)).Headers.Location!.ToString();
        return new EhrRoom(id, host, await product.Enter(device, patientCookies, room));
    }

    /// <summary>Everything that was to be told has been, or was given up.</summary>
    public static Task Told(this ProductWithEhr product, Guid visit) => TestProduct.Until(async () => await product.Ask<long>(
        $"select count(*) from platform.delivery d join platform.event e on e.tenant = d.tenant and e.id = d.event where d.consumer = 'ehr' and d.parked_at is null and e.subject = 'visit/{visit}'") == 0,
        "nothing waits for the EHR", 40);
}

internal sealed record EhrRoom(Guid Visit, InRoom Host, InRoom Patient) : IAsyncDisposable
{
    public async Task Whole()
    {
        await Patient.Do("Wait");
        await Host.Do("JoinCall");
        await Host.Do("Admit", Patient.Me);
        await Patient.Do("JoinCall");
        await Host.Do("EndVisit");
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Patient.DisposeAsync();
    }
}

internal static class EhrHands
{
    /// <summary>As another of the EHR's own clients would.</summary>
    public static async Task PutInEhr(this ProductWithEhr product, string reference, string body)
    {
        var connections = await product.App.Services.GetRequiredService<HealthTeams.FhirGateway.Ehr.EhrConnections>()(1, null, default);
        var token = await connections[0].Token(false, default);
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/fhir/{reference}") { Content = FhirHttp.Json(body) };
        request.Headers.Authorization = new("Bearer", token.Value);
        var answer = await product.EhrApi.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
