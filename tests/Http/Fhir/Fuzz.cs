using System.Text;
using System.Text.Json.Nodes;

namespace HealthTeams.Tests.Fhir;

/// <summary>A request gone wrong: real ones of every interaction, each changed in a few places. The same seed and number make the same request.</summary>
public sealed record FuzzRequest(string Method, string Path, List<(string Name, string Value)> Headers, string? ContentType, byte[]? Body)
{
    public override string ToString() =>
        $"{Method} {Path}\n{string.Join('\n', Headers.Select(h => $"{h.Name}: {h.Value}"))}{(Body is null ? "" : $"\nContent-Type: {ContentType}\n\n{Encoding.UTF8.GetString(Body[..Math.Min(Body.Length, 1500)])}")}";

    private const string Patient = """{"resourceType":"Patient","id":"fuzz-p","meta":{"tag":[{"system":"urn:t","code":"a"}]},"identifier":[{"system":"urn:fuzz","value":"p"}],"name":[{"family":"Müller","given":["Ada"],"period":{"start":"2020-01-01"} }],"gender":"female","birthDate":"1970-02-03","deceasedBoolean":false}""";
    private const string Appointment = """{"resourceType":"Appointment","id":"fuzz-a","status":"booked","start":"2026-11-23T10:00:00+01:00","end":"2026-11-23T10:20:00+01:00","participant":[{"actor":{"reference":"Patient/fuzz-p"},"status":"accepted"}],"contained":[{"resourceType":"HealthcareService","id":"1","telecom":[{"system":"url","value":"https://x.example"}]}]}""";
    private const string Observation = """{"resourceType":"Observation","id":"fuzz-o","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8310-5","display":"T"}]},"subject":{"reference":"Patient/fuzz-p"},"effectiveDateTime":"2026-11-23T09:00:00Z","valueQuantity":{"value":36.60,"unit":"C","system":"http://unitsofmeasure.org","code":"Cel"} }""";
    private const string Subscription = """{"resourceType":"Subscription","id":"fuzz-s","status":"off","reason":"fuzz","criteria":"Appointment?status=booked","channel":{"type":"websocket","header":["X-A: b"],"payload":"application/fhir+json"} }""";
    private const string Xml = """<Patient xmlns="http://hl7.org/fhir"><id value="fuzz-p"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>Ada</p></div></text><name><family value="Müller"/></name><birthDate value="1970-02-03"/></Patient>""";
    private static readonly string Transaction = $$"""
        {"resourceType":"Bundle","type":"transaction","entry":[
          {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","resource":{{Patient}},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=urn:fuzz|p"} },
          {"resource":{{Appointment.Replace("Patient/fuzz-p", "urn:uuid:00000000-0000-4000-8000-000000000001")}},"request":{"method":"PUT","url":"Appointment/fuzz-a","ifMatch":"W/\"1\""} },
          {"request":{"method":"GET","url":"Patient/fuzz-p"} },{"request":{"method":"DELETE","url":"Observation?identifier=urn:fuzz|none"} }]}
        """;

    private static readonly string[] Gets =
    [
        "metadata", "Patient/fuzz-p", "Patient/fuzz-p/_history", "Patient/fuzz-p/_history/1", "Appointment/_history?_count=3&_since=2026-01-01", "_history?_count=2",
        "Patient?name=mu&gender=female&_sort=-birthdate&_count=3", "Appointment?date=ge2026-01-01&date=lt2027&actor=Patient/fuzz-p&status:not=cancelled&_include=Appointment:actor",
        "Observation?code=http://loinc.org|8310-5&value-quantity=gt36.5|http://unitsofmeasure.org|Cel&_total=accurate", "Patient?_has:Observation:subject:code=8310-5", "Observation?subject.name=ada&subject:Patient.birthdate=gt1900",
        "Patient?identifier=urn:fuzz|p&_elements=name&_summary=true", "Patient?_id=a,b,c&_lastUpdated=gt2020-01-01T00:00:00Z&_tag=urn:t|a&_revinclude=Observation:subject", "Patient/fuzz-p/Observation?date=2026",
        "Patient/fuzz-p/$everything", "AuditEvent?date=gt2026-01-01&_count=2", "Subscription/fuzz-s/$status", "Subscription/fuzz-s/$events?eventsSinceNumber=1&eventsUntilNumber=3", "Subscription/$get-ws-binding-token?id=fuzz-s",
        "$export?_type=Patient&_since=2026-01-01T00:00:00Z&_typeFilter=Patient%3Fgender%3Dmale", "$bulk/0199c7a0-0000-7000-8000-000000000000", "Patient/$export?_outputFormat=ndjson", "Group/fuzz-g/$export", "ValueSet?url:below=http://x", "Patient?_cursor=eHwx&_count=1",
    ];

    private static readonly (string Method, string Path, string Type, string Body)[] Writes =
    [
        ("POST", "Patient", "application/fhir+json", Patient), ("PUT", "Patient/fuzz-p", "application/fhir+json", Patient), ("PUT", "Appointment/fuzz-a", "application/fhir+json", Appointment),
        ("POST", "Observation", "application/fhir+json", Observation), ("PUT", "Observation?identifier=urn:fuzz|o", "application/fhir+json", Observation), ("PUT", "Subscription/fuzz-s", "application/fhir+json", Subscription),
        ("POST", "Patient", "application/fhir+xml", Xml), ("PUT", "Patient/fuzz-p", "application/fhir+xml", Xml), ("POST", "", "application/fhir+json", Transaction), ("POST", "", "application/fhir+json", Transaction.Replace("transaction", "batch")),
        ("PATCH", "Patient/fuzz-p", "application/json-patch+json", """[{"op":"replace","path":"/name/0/family","value":"X"},{"op":"test","path":"/gender","value":"female"},{"op":"copy","from":"/name/0","path":"/name/-"}]"""),
        ("PATCH", "Patient/fuzz-p", "application/fhir+json", """{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Patient.name[0].family"},{"name":"value","valueString":"Y"}]}]}"""),
        ("POST", "Patient/_search", "application/x-www-form-urlencoded", "name=ada&_count=2&birthdate=gt1900"), ("DELETE", "Patient/fuzz-none", "", ""), ("DELETE", "Patient?identifier=urn:fuzz|none", "", ""),
        ("POST", "Patient/$validate", "application/fhir+json", Patient), ("POST", "Subscription/fuzz-s/$resend", "application/fhir+json", """{"resourceType":"Parameters","parameter":[{"name":"eventsSinceNumber","valueInteger":1}]}"""),
        ("POST", "$import", "application/fhir+ndjson", Patient + "\n" + Observation), ("POST", "$import", "application/fhir+json", """{"inputFormat":"application/fhir+ndjson","input":[{"type":"Patient","url":"http://unregistered.example/x"}]}"""),
        ("POST", "$export", "application/fhir+json", """{"resourceType":"Parameters","parameter":[{"name":"_type","valueString":"Patient"}]}"""), ("POST", "Appointment/$find", "application/fhir+json", """{"resourceType":"Parameters","parameter":[{"name":"start","valueDateTime":"2026-11-23T00:00:00Z"}]}"""),
        ("POST", "Appointment/$book", "application/fhir+json", Appointment), ("POST", "Binary", "application/fhir+json", """{"resourceType":"Binary","contentType":"text/plain","data":"aGk="}"""),
    ];

    private static readonly string[] Nasty =
    [
        "", " ", "%00", "\0", "null", "-1", "0", "1e999", "99999999999999999999999", "-0.0000000000000000000000001", "'", "\"", "';drop table fhir.resource;--", "\\", "\\,", "|", "||", "a|b|c|d", "$", ",", ",,,", "%", "%zz", "%ED%A0%80", "\uD83D\uDE00", "é̀", "\u202E", "\uFFFF",
        "0000-00-00", "9999-12-31T23:59:60Z", "2026-13-45", "eq", "ge", "ap2026", "2026-11-23T10:00:00+99:00", "Patient/", "/Patient", "Patient/fuzz-p/extra", "http://", "http://[::1", "urn:uuid:nonsense", "#", "true", "[]", "{}", "*", ":", "a:b:c", "..", "$x", "_x", "W/\"", "W/\"99999999999\"", "W/\"-1\"",
        new('a', 3000), new('(', 500), "application/fhir+json; fhirVersion=9", "text/html;q=0", "return=;handling=", "respond-async", "handling=strict", "handling=lenient, return=minimal", "gzip", "Bearer x",
    ];

    private static readonly string[] Names =
        ["_count", "_sort", "_include", "_revinclude:iterate", "_elements", "_summary", "_total", "_format", "_pretty", "_since", "_at", "_before", "_cursor", "_filter", "_has:Observation:subject:code", "_has::::", "name:exact", "name:nonsense", "date:missing", "identifier:of-type", "subject:Patient.name", "a.b.c.d.e", "_id", "_lastUpdated", "_type", "_list", "code:in", "code:above", "url:below", "near", "_text", "_content", "_query", "_typeFilter", "_elements:x", "status:not", "", "\uD83D\uDE00"];

    private static readonly string[] HeaderNames = ["If-Match", "If-None-Match", "If-None-Exist", "If-Modified-Since", "Prefer", "Accept", "X-Provenance", "Accept-Language", "Origin"];

    public static IEnumerable<(string Path, string Body)> Stored => [("Patient/fuzz-p", Patient), ("Appointment/fuzz-a", Appointment), ("Observation/fuzz-o", Observation), ("Subscription/fuzz-s", Subscription)];

    public static FuzzRequest Make(int seed, int number)
    {
        var random = new Random(unchecked(seed * 1_000_003 + number));
        var headers = new List<(string, string)> { ("Prefer", random.Next(3) == 0 ? "respond-async" : "handling=lenient") };
        var (method, path, type, body) = random.Next(2) == 0 ? (random.Next(12) == 0 ? "HEAD" : "GET", Pick(random, Gets), "", "") : Pick(random, Writes);
        var bytes = body.Length == 0 ? null : Encoding.UTF8.GetBytes(body);
        for (var changes = random.Next(4); changes >= 0; changes--)
        {
            switch (random.Next(10))
            {
                case 0: path = Segment(random, path); break;
                case 1 or 2: path = Query(random, path); break;
                case 3: headers.Add((Pick(random, HeaderNames), Header(Pick(random, Nasty)))); break;
                case 4 when bytes is not null: type = Pick(random, (string[])["application/fhir+json", "application/fhir+xml", "application/json", "text/plain", "application/fhir+ndjson", "application/json-patch+json", "application/x-www-form-urlencoded", "nonsense", "application/fhir+json; charset=utf-16"]); break;
                case 5 when random.Next(4) == 0: method = Pick(random, (string[])["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "X"]); break;
                case 6 when bytes is not null: bytes = Bytes(random, bytes); break;
                default: if (bytes is not null) bytes = Structure(random, bytes) ?? Bytes(random, bytes); break;
            }
        }
        return new FuzzRequest(method, "/fhir" + (path.Length > 0 ? "/" : "") + path, headers, type, method is "GET" or "HEAD" or "TRACE" ? null : bytes);
    }

    private static string Segment(Random random, string path)
    {
        var parts = path.Split('?');
        var segments = parts[0].Split('/').ToList();
        var nasty = random.Next(2) == 0 ? Uri.EscapeDataString(Scalar(Pick(random, Nasty))) : Pick(random, (string[])["Patient", "_history", "$export", "_search", "fuzz-p", "*", "$x", "%2F", "%00", "metadata", "nonsense", "1"]);
        if (random.Next(2) == 0) segments[random.Next(segments.Count)] = nasty;
        else segments.Insert(random.Next(segments.Count + 1), nasty);
        return string.Join('/', segments) + (parts.Length > 1 ? "?" + parts[1] : "");
    }

    private static string Query(Random random, string path)
    {
        var at = path.IndexOf('?', StringComparison.Ordinal);
        if (at > 0 && random.Next(2) == 0)
        {
            var pairs = path[(at + 1)..].Split('&');
            var i = random.Next(pairs.Length);
            var name = pairs[i].Split('=')[0];
            pairs[i] = random.Next(3) switch { 0 => $"{name}={Uri.EscapeDataString(Scalar(Pick(random, Nasty)))}", 1 => $"{name}:{Pick(random, Names)}={pairs[i].Split('=')[^1]}", _ => $"{pairs[i]}{Uri.EscapeDataString(Scalar(Pick(random, Nasty)))}" };
            return path[..(at + 1)] + string.Join('&', pairs);
        }
        return $"{path}{(at > 0 ? '&' : '?')}{Uri.EscapeDataString(Pick(random, Names))}={Uri.EscapeDataString(Scalar(Pick(random, Nasty)))}";
    }

    private static byte[] Bytes(Random random, byte[] bytes)
    {
        var list = bytes.ToList();
        for (var i = random.Next(1, 6); i > 0 && list.Count > 2; i--)
        {
            var at = random.Next(list.Count);
            var length = Math.Min(random.Next(1, 40), list.Count - at);
            switch (random.Next(4))
            {
                case 0: list[at] = (byte)random.Next(256); break;
                case 1: list.RemoveRange(at, length); break;
                case 2: list.InsertRange(at, list.GetRange(at, length)); break;
                default: list.InsertRange(at, Encoding.UTF8.GetBytes(Pick(random, Nasty))); break;
            }
        }
        return [.. list];
    }

    /// <summary>Another value, of another type, in another place: still JSON.</summary>
    private static byte[]? Structure(Random random, byte[] bytes)
    {
        JsonNode? root;
        try
        {
            root = System.Text.Unicode.Utf8.IsValid(bytes) ? JsonNode.Parse(bytes, documentOptions: new() { AllowDuplicateProperties = false }) : null;
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
        {
            return null;
        }
        var nodes = new List<JsonNode>();
        void Walk(JsonNode? node)
        {
            if (node is JsonObject o)
            {
                nodes.Add(o);
                foreach (var p in o) Walk(p.Value);
            }
            else if (node is JsonArray a)
            {
                nodes.Add(a);
                foreach (var item in a) Walk(item);
            }
        }
        try
        {
            Walk(root);
        }
        catch (InvalidOperationException)
        {
            return null; // half a character, from an earlier change
        }
        if (nodes.Count == 0) return null;
        JsonNode? value = random.Next(9) switch
        {
            0 => null, 1 => JsonValue.Create(random.Next(2) == 0), 2 => JsonNode.Parse(Pick(random, (string[])["1e400", "-0", "1.000000000000000000001", "123456789012345678901234567890", "0.1E-300"])),
            3 => new JsonArray(), 4 => new JsonObject(), 5 => Deep(random.Next(10, 90)), 6 => nodes[random.Next(nodes.Count)].DeepClone(), _ => JsonValue.Create(Scalar(Pick(random, Nasty))),
        };
        switch (nodes[random.Next(nodes.Count)])
        {
            case JsonObject o when o.Count > 0:
                var name = o.ElementAt(random.Next(o.Count)).Key;
                if (random.Next(4) == 0) o.Remove(name);
                else o[random.Next(4) == 0 ? Pick(random, (string[])["resourceType", "id", "_" + name, "extension", "valueString", "nonsense", "contained", "reference", ""]) : name] = value;
                break;
            case JsonArray a when a.Count > 0 && random.Next(3) == 0: a.RemoveAt(random.Next(a.Count)); break;
            case JsonArray a: a.Insert(random.Next(a.Count + 1), value); break;
        }
        return Encoding.UTF8.GetBytes(root!.ToJsonString());
    }

    private static JsonNode Deep(int levels) => Enumerable.Range(0, levels).Aggregate((JsonNode)new JsonObject(), (inside, _) => new JsonObject { ["extension"] = new JsonArray(inside) });

    private static T Pick<T>(Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];
    private static string Header(string value) => new([.. value.Where(c => c is >= ' ' and <= '~').Take(1000)]);
    private static string Scalar(string value) => value.Contains('\uFFFF', StringComparison.Ordinal) ? "x" : value;
}
