using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace HealthTeams.Tests.PatientLists;

/// <summary>A ward's team with an owner, members and a guest; lists made on the page; cells written as the page does.</summary>
public sealed class Ward : TestProduct
{
    public Guid TeamId { get; private set; }
    public Guid OtherTeam { get; private set; }
    public HttpClient Owner { get; private set; } = null!;
    public HttpClient Member { get; private set; } = null!;
    public HttpClient Second { get; private set; } = null!;
    public HttpClient Guest { get; private set; } = null!;
    public HttpClient Outsider { get; private set; } = null!;
    public Guid MemberId { get; private set; }

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var (owner, member, second, guest, outsider) = (await Staff("ward-owner", "Owner"), await Staff("ward-member", "Member"), await Staff("ward-second", "Second"), await Staff("ward-guest", "Guest"), await Staff("ward-out", "Outsider"));
        MemberId = member;
        TeamId = await Team("Ward 4", (owner, "Owner"), (member, "Member"), (second, "Member"), (guest, "Guest"));
        OtherTeam = await Team("Ward 9", (outsider, "Owner"));
        (Owner, Member, Second, Guest, Outsider) = (await SignedIn("ward-owner"), await SignedIn("ward-member"), await SignedIn("ward-second"), await SignedIn("ward-guest"), await SignedIn("ward-out"));
    }


    public async Task<Guid> List(string name, string from = "scratch", HttpClient? by = null, params (string, string)[] more)
    {
        var made = await Post(by ?? Member, "/lists/new", [("team", TeamId.ToString()), ("name", name), ("from", from), .. more]);
        Assert.True(made.StatusCode == HttpStatusCode.SeeOther, await made.Content.ReadAsStringAsync());
        return Guid.Parse(made.Headers.Location!.ToString().Split('/')[^1]);
    }

    public async Task<Guid> Column(Guid list, string name, string type = "Text", HttpClient? by = null, params (string, string)[] more)
    {
        var made = await Post(by ?? Member, $"/lists/{list}/columns", [("name", name), ("type", type), .. more]);
        Assert.True(made.StatusCode == HttpStatusCode.SeeOther, await made.Content.ReadAsStringAsync());
        return await Ask<Guid>($"select id from collab.list_column where list = '{list}' and name = '{name}' and removed_at is null");
    }

    public Task<Guid> ColumnOf(Guid list, string name) => Ask<Guid>($"select id from collab.list_column where list = '{list}' and name = '{name}' and removed_at is null");

    public async Task<Guid> Row(Guid list, string title, HttpClient? by = null, params (string, string)[] more)
    {
        var made = await Post(by ?? Member, $"/lists/{list}/add", [("title", title), .. more]);
        Assert.True(made.StatusCode == HttpStatusCode.SeeOther, await made.Content.ReadAsStringAsync());
        return await Ask<Guid>($"select id from collab.list_row where list = '{list}' and title = '{title}' order by added_at desc limit 1");
    }

    public static Task<HttpResponseMessage> Write(HttpClient by, Guid list, Guid row, Guid column, int version, string text) =>
        Post(by, $"/lists/{list}?handler=cell", ("row", row.ToString()), ("column", column.ToString()), ("version", version.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("text", text));

    public async Task<string?> Cell(Guid row, Guid column) => await Ask<string>($"select cells -> '{column}' ->> 'v' from collab.list_row where id = '{row}'");

    public async Task<Guid> Patient(string family, string mrn, string type = "MR")
    {
        var fhir = await Fhir();
        var patient = await fhir.Create("Patient", $$"""{"resourceType":"Patient","identifier":[{"system":"https://hospital.example/id/mrn","value":"{{mrn}}","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"{{type}}"}]} }],"name":[{"family":"{{family}}","given":["Ada"]}],"gender":"female","birthDate":"1970-02-03"}""");
        // Something refers to the patient, so that the product knows them.
        await fhir.Create("Encounter", $$"""{"resourceType":"Encounter","status":"in-progress","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/{{patient.Id()}}"} }""");
        return await Ask<Guid>($"select person from collab.person_key where tenant = 1 and reference = 'Patient/{patient.Id()}'");
    }

    public static string Text(string html) => Regex.Replace(WebUtility.HtmlDecode(Regex.Replace(html, "<[^>]+>", " ")), @"\s+", " ");

    public static string Code(JsonElement body) => body.GetProperty("code").GetString()!;
}
