using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using HealthTeams.Collaboration.Visits;
using Microsoft.AspNetCore.SignalR.Client;
using Xunit;

namespace HealthTeams.Tests;

/// <summary>What an EHR books in one transaction, and who comes to it.</summary>
public static class Scenes
{
    public static string Booking(string number, DateTimeOffset start, string family = "Barlow", string staff = "curie", string status = "booked", string mrn = "MRN-1") => $$$"""
        {"resourceType":"Bundle","type":"transaction","entry":[
          {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=https://hospital.example/id/mrn|{{{mrn}}}"},
           "resource":{"resourceType":"Patient","identifier":[{"system":"https://hospital.example/id/mrn","value":"{{{mrn}}}"}],"name":[{"family":"{{{family}}}","given":["Ada"]}],"gender":"female","birthDate":"1970-02-03"}},
          {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000002","request":{"method":"POST","url":"Practitioner","ifNoneExist":"identifier=https://hospital.example/id/staff|{{{staff}}}"},
           "resource":{"resourceType":"Practitioner","identifier":[{"system":"https://hospital.example/id/staff","value":"{{{staff}}}"}],"name":[{"family":"Curie","given":["Marie"],"prefix":["Dr"]}]}},
          {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000003","request":{"method":"POST","url":"Location","ifNoneExist":"identifier=https://hospital.example/id/location|virtual"},
           "resource":{"resourceType":"Location","identifier":[{"system":"https://hospital.example/id/location","value":"virtual"}],"name":"Virtual clinic"}},
          {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000004","request":{"method":"PUT","url":"Appointment?identifier=https://hospital.example/id/appointment|{{{number}}}"},
           "resource":{"resourceType":"Appointment","identifier":[{"system":"https://hospital.example/id/appointment","value":"{{{number}}}"}],"status":"{{{status}}}",
             "start":"{{{Instant(start)}}}","end":"{{{Instant(start.AddMinutes(20))}}}","reasonCode":[{"text":"Follow-up"}],
             "participant":[{"actor":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000001"},"status":"accepted"},
               {"actor":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000002"},"status":"accepted"},
               {"actor":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000003"},"status":"accepted"}]}},
          {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000005","request":{"method":"PUT","url":"Encounter?identifier=https://hospital.example/id/encounter|{{{number}}}"},
           "resource":{"resourceType":"Encounter","identifier":[{"system":"https://hospital.example/id/encounter","value":"{{{number}}}"}],"status":"planned",
             "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"VR"},
             "subject":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000001"},"appointment":[{"reference":"urn:uuid:00000000-0000-4000-8000-000000000004"}]}}]}
        """;

    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Books by FHIR and finds what came of it.</summary>
    public static async Task<BookedVisit> Book(this TestProduct product, string number, DateTimeOffset? start = null, string status = "booked", string tenant = "demo", string family = "Barlow", string mrn = "MRN-1")
    {
        var fhir = await product.Fhir(tenant: tenant);
        var answer = await fhir.PostAsync("/fhir", FhirHttp.Json(Booking(number, start ?? product.Clock.GetUtcNow().AddMinutes(10), family, status: status, mrn: mrn)));
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        var locations = JsonDocument.Parse(body).RootElement.GetProperty("entry").EnumerateArray()
            .Select(e => e.GetProperty("response").GetProperty("location").GetString()!.Split('/')).ToDictionary(l => l[0], l => l[1]);
        var id = tenant == "demo" ? 1 : 2;
        var visit = await product.Ask<Guid>($"select visit from collab.visit_key where tenant = {id} and kind = 'Appointment' and id = '{locations["Appointment"]}'");
        return new BookedVisit(visit, locations["Patient"], locations["Practitioner"], locations["Appointment"], locations["Encounter"]);
    }

    public static async Task<VisitStatus> Status(this TestProduct product, Guid visit) =>
        Enum.Parse<VisitStatus>((await product.Ask<string>($"select status from collab.visit where id = '{visit}'"))!);

    /// <summary>A guest's link, made by staff on the page.</summary>
    public static async Task<string> Invite(HttpClient staff, Guid visit, string role = "Patient", string? name = null)
    {
        var form = await staff.GetStringAsync($"/visits/{visit}/invite");
        var answer = await staff.PostAsync($"/visits/{visit}/invite", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["role"] = role, ["name"] = name ?? "", ["__RequestVerificationToken"] = Form.Token(form),
        }));
        var page = await answer.Content.ReadAsStringAsync();
        var link = Regex.Match(page, "/join/([A-Za-z0-9_-]{22,})");
        Assert.True(link.Success, page);
        return link.Groups[1].Value;
    }

    public static async Task<HttpResponseMessage> Redeem(HttpClient device, string token, string? born = null, string? display = null)
    {
        var form = await device.GetStringAsync($"/join/{token}");
        return await device.PostAsync($"/join/{token}", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["display"] = display ?? "", ["born"] = born ?? "", ["__RequestVerificationToken"] = Form.Token(form),
        }));
    }

    public static HttpClient Device(this TestProduct product) => new(new SecureCookies()) { BaseAddress = product.Url, Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>A member of staff takes the host's seat from the list.</summary>
    public static async Task<string> OpenRoom(HttpClient staff, Guid visit)
    {
        var form = await staff.GetStringAsync($"/visits/{visit}/invite");
        var answer = await staff.PostAsync($"/visits/{visit}/room", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = Form.Token(form) }));
        return answer.Headers.Location!.ToString();
    }

    /// <summary>Opens the room page and enters by its ticket, as the page's script does.</summary>
    public static async Task<InRoom> Enter(this TestProduct product, HttpClient browser, SecureCookies cookies, string room)
    {
        var page = await browser.GetStringAsync(room);
        var ticket = Regex.Match(page, "name=\"room-ticket\" content=\"([^\"]+)\"").Groups[1].Value;
        Assert.NotEmpty(ticket);
        var connection = new HubConnectionBuilder()
            .WithUrl(new Uri(product.Url, $"/hubs/room?s={room.Split('/')[^1]}"), o => o.Headers["Cookie"] = cookies.Header).Build();
        var inRoom = new InRoom(connection, ticket);
        await connection.StartAsync();
        inRoom.State = await connection.InvokeAsync<JsonElement>("Enter", ticket);
        return inRoom;
    }
}

public sealed record BookedVisit(Guid Visit, string Patient, string Practitioner, string Appointment, string Encounter);

/// <summary>One connection to a room, with the last state it was told.</summary>
public sealed class InRoom : IAsyncDisposable
{
    private readonly HubConnection connection;

    public InRoom(HubConnection connection, string ticket)
    {
        (this.connection, Ticket) = (connection, ticket);
        connection.On<JsonElement>("state", s => State = s);
        connection.On<Guid, string>("signal", (from, json) => Signals.Add((from, json)));
        connection.On("ended", () => Ended = true);
    }

    public string Ticket { get; }
    public JsonElement State { get; set; }
    public List<(Guid From, string Json)> Signals { get; } = [];
    public bool Ended { get; private set; }
    public Guid Me => State.GetProperty("me").GetGuid();
    public string MyState => State.GetProperty("myState").GetString()!;
    public IEnumerable<string> Names => State.GetProperty("people").EnumerateArray().Select(p => p.GetProperty("name").GetString()!);
    public Task Do(string method, params object[] arguments) => connection.InvokeCoreAsync(method, arguments);
    public Task Drop() => connection.StopAsync();
    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
