using System.Net;
using System.Text;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>What is nearly right, by a seed: never an error of ours, never a hang.</summary>
[Collection("fhir")]
public sealed class JunkTests(TestProduct product) : FhirTest(product)
{
    private const int Rounds = 60;
    private static readonly string[] Splinters = ["", "\"", "{", "}", "[", "]", ",", "null", "-1", "1e999", "\\u0000", "\\ud800", "é", "'", "(", ")", ".", "$this", "Patient", "<", "&", "%00", "\n", "true", "[0]", "_given", "where(", "/", "~1", "\u00a0"];

    public static TheoryData<string, string, string, string> Templates => new()
    {
        { "PATCH", "Patient/ID", "application/fhir+json", """{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"insert"},{"name":"path","valueString":"Patient.name.where(use = 'official').given"},{"name":"index","valueInteger":1},{"name":"value","valueString":"X","_valueString":{"id":"a"}}]}]}""" },
        { "PATCH", "Patient/ID", "application/fhir+json", """{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"add"},{"name":"path","valueString":"Patient"},{"name":"name","valueString":"contact"},{"name":"value","part":[{"name":"name","valueHumanName":{"text":"a"}},{"name":"telecom","valueContactPoint":{"value":"1"}}]}]},{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Patient.deceased"},{"name":"value","valueDateTime":"2026"}]}]}""" },
        { "PATCH", "Patient/ID", "application/json-patch+json", """[{"op":"add","path":"/name/0/given/-","value":"X"},{"op":"move","from":"/name/0/given/0","path":"/name/0/given/1"},{"op":"copy","from":"/name/0","path":"/name/-"},{"op":"test","path":"/gender","value":"female"}]""" },
        { "PUT", "Patient/ID", "application/fhir+xml", """<Patient xmlns="http://hl7.org/fhir"><id value="ID"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">a<br/></div></text><contained><Organization><id value="o"/></Organization></contained><name id="n"><given value="A"><extension url="urn:x"><valueDecimal value="1.0"/></extension></given></name><deceasedBoolean value="true"/></Patient>""" },
        { "POST", "", "application/fhir+json", """{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Basic","code":{"text":"x"},"subject":{"reference":"urn:uuid:1"}},"request":{"method":"POST","url":"Basic","ifNoneExist":"identifier=a|b"}},{"request":{"method":"GET","url":"Patient/ID/_history?_since=2026","ifModifiedSince":"2026-01-01T00:00:00Z"}},{"resource":{"resourceType":"Parameters"},"request":{"method":"POST","url":"Patient/ID/$validate"}}]}""" },
        { "POST", "Patient/ID/$meta-add", "application/fhir+json", """{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"system":"a","code":"b"}],"profile":["http://x"],"security":[{"code":"R"}]}}]}""" },
        { "POST", "Appointment/$book", "application/fhir+json", """{"resourceType":"Parameters","parameter":[{"name":"slot","valueReference":{"reference":"Slot/JUNK"}},{"name":"patient-reference","valueReference":{"reference":"Patient/ID"}},{"name":"appointment-resource","resource":{"resourceType":"Appointment","id":"x","status":"pending","slot":[{"reference":"Slot/JUNK"}],"participant":[{"status":"accepted"}]}}]}""" },
        { "POST", "Appointment", "application/fhir+json", """{"resourceType":"Appointment","status":"booked","start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:30:00Z","slot":[{"reference":"Slot/JUNK"},{"reference":"Slot/JUNK2"}],"extension":[{"url":"https://healthteams.example/fhir/StructureDefinition/hold-until","valueInstant":"2026-12-01T09:00:00Z"}],"participant":[{"actor":{"reference":"Patient/ID"},"status":"accepted"}]}""" },
        { "GET", "Appointment/$find?start=2026-12-01T00:00:00%2B01:00&end=2026-12-02&practitioner=Practitioner/1&service-type=a|b&_count=3", "", "" },
        { "GET", "Patient/ID/_history?_at=2026-11&_count=3&_sort=_lastUpdated&_total=accurate&_cursor=7", "", "" },
        { "GET", "Patient/ID/_history/1/$meta?_format=xml&_pretty=true", "", "" },
    };

    [Theory, MemberData(nameof(Templates))]
    public async Task Nearly_right_is_answered(string method, string path, string type, string body)
    {
        var id = (await Fhir.Create("Patient", Patient(more: "\"gender\":\"female\",\"name\":[{\"use\":\"official\",\"given\":[\"A\",\"B\"]}],\"deceasedBoolean\":true"))).Id();
        var random = new Random(7 + body.Length + path.Length);
        (path, body) = (path.Replace("ID", id), body.Replace("ID", id));
        var question = path.IndexOf('?');
        for (var i = 0; i < Rounds; i++)
        {
            var junk = body.Length > 0 ? Broken(body, random) : "";
            var where = body.Length == 0 ? path[..(question + 1)] + Broken(path[(question + 1)..], random).Replace("\n", "%0A").Replace("<", "%3C").Replace("#", "") : path;
            var answer = await Send(new HttpMethod(method), where, body.Length > 0 ? junk : null, i % 5 == 0 ? [("Prefer", "handling=lenient")] : [], type.Length > 0 ? type : "application/fhir+json");
            Assert.True((int)answer.StatusCode < 500, $"{answer.StatusCode} to {method} {where} {junk}: {await answer.Content.ReadAsStringAsync()}");
            // And what it left can be read, in both formats.
            if (answer.IsSuccessStatusCode && method != "GET") Assert.True((await Get($"Patient/{id}", ("Accept", "application/fhir+xml"))).StatusCode is HttpStatusCode.OK or HttpStatusCode.Gone, junk);
        }
    }

    [Fact]
    public async Task Nearly_a_provenance_is_answered()
    {
        var random = new Random(7);
        for (var i = 0; i < Rounds; i++)
        {
            var junk = Broken("""{"resourceType":"Provenance","recorded":"2026-11-23T10:00:00+01:00","agent":[{"who":{"display":"x"}}]}""", random).Replace("\n", " ");
            if (!Ascii.IsValid(junk)) continue;
            var answer = await Post("Patient", Patient(), ("X-Provenance", junk));
            Assert.True((int)answer.StatusCode < 500, junk);
        }
    }

    /// <summary>A splinter put in or over, a piece taken out, or two pieces changed.</summary>
    private static string Broken(string text, Random random)
    {
        for (var times = random.Next(1, 4); times > 0 && text.Length > 1; times--)
        {
            var (at, length) = (random.Next(text.Length), random.Next(0, 12));
            var rest = text[Math.Min(text.Length, at + length)..];
            text = random.Next(3) switch
            {
                0 => text[..at] + Splinters[random.Next(Splinters.Length)] + text[at..],
                1 => text[..at] + Splinters[random.Next(Splinters.Length)] + rest,
                _ => text[..at] + rest,
            };
        }
        return text;
    }
}
