using System.Globalization;

namespace HealthTeams.Bench;

/// <summary>
/// The hospital that is measured: the same numbers give the same resources, byte for byte. Patients, the clinic's
/// practitioners and rooms, and a year of appointments around 2026-06-01.
/// </summary>
internal sealed record Hospital(int Patients, int Appointments)
{
    public const int Practitioners = 50;
    public const int Rooms = 10;
    private const int Days = 365;
    private static readonly DateOnly FirstDay = new(2026, 1, 1);
    private static readonly string[] Families = ["Adler", "Bianchi", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ivanova", "Jansen", "Kowalski", "Lefèvre", "Müller", "Novak", "Okafor", "Petit", "Quinn", "Rossi", "Schmidt", "Tanaka"];
    private static readonly string[] Given = ["Anna", "Bilal", "Chloé", "David", "Elena", "Farid", "Grace", "Hugo", "Inès", "Jonas", "Karim", "Léa", "Marco", "Nadia", "Omar", "Paula"];
    private static readonly string[] Status = ["booked", "booked", "booked", "booked", "booked", "booked", "fulfilled", "fulfilled", "fulfilled", "cancelled"];

    public string Name(int patient) => $"{Families[patient % Families.Length]}{patient / Families.Length % 100}";
    public static DateOnly Born(int patient) => new DateOnly(1930, 1, 1).AddDays((int)((long)patient * 7919 % 30000));
    public int PatientOf(int appointment) => (int)((long)appointment * 104729 % Patients);
    public static DateOnly Day(int appointment) => FirstDay.AddDays((int)((long)appointment * 31 % Days));
    public static string StatusOf(int appointment) => Status[appointment % Status.Length];

    public string Patient(int i, string? id = null, string prefix = "urn:bench:mrn") => $$"""
        {"resourceType":"Patient"{{Id(id)}},"identifier":[{"use":"usual","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"system":"{{prefix}}","value":"{{i}}"}],"active":true,"name":[{"use":"official","family":"{{Name(i)}}","given":["{{Given[i % Given.Length]}}"]}],"telecom":[{"system":"phone","value":"+3312345{{i:D6}}","use":"mobile"}],"gender":"{{(i % 2 == 0 ? "female" : "male")}}","birthDate":"{{Born(i):yyyy-MM-dd}}","address":[{"line":["{{i % 200}} rue des Lilas"],"city":"Lyon","postalCode":"69{{i % 1000:D3}}","country":"FR"}]}
        """;

    public static string Practitioner(int i, string? id = null) => $$"""
        {"resourceType":"Practitioner"{{Id(id)}},"identifier":[{"system":"urn:bench:staff","value":"{{i}}"}],"active":true,"name":[{"family":"Clinician{{i}}","given":["{{Given[i % Given.Length]}}"],"prefix":["Dr"]}]}
        """;

    public static string Room(int i, string? id = null) => $$"""
        {"resourceType":"Location"{{Id(id)}},"status":"active","name":"Room {{i}}","mode":"instance"}
        """;

    public string Appointment(int i, string? id = null, string? identifier = null, string? note = null)
    {
        var start = new DateTime(Day(i), new TimeOnly(8 + i % 9, i % 4 * 15));
        return $$"""
            {"resourceType":"Appointment"{{Id(id)}},"identifier":[{"system":"urn:bench:appointment","value":"{{identifier ?? i.ToString(CultureInfo.InvariantCulture)}}"}],"status":"{{StatusOf(i)}}","serviceType":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/service-type","code":"{{124 + i % 5}}","display":"General Practice"}]}],"appointmentType":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0276","code":"FOLLOWUP"}]},"reasonCode":[{"text":"Follow-up of blood pressure"}],"description":"{{note ?? "Follow-up visit by video"}}","start":"{{start:yyyy-MM-dd'T'HH:mm:ss}}+01:00","end":"{{start.AddMinutes(15):yyyy-MM-dd'T'HH:mm:ss}}+01:00","created":"2025-12-01","participant":[{"actor":{"reference":"Patient/p{{PatientOf(i)}}"},"status":"accepted"},{"actor":{"reference":"Practitioner/d{{i % Practitioners}}"},"status":"accepted"},{"actor":{"reference":"Location/r{{i % Rooms}}"},"status":"accepted"}]}
            """;
    }

    /// <summary>A patient who comes for the first time: ten resources that refer to each other by urn:uuid.</summary>
    public string Arrival(int i, Guid run)
    {
        string Urn(int n) => $"urn:uuid:{new Guid(i, (short)n, 0, run.ToByteArray().AsSpan(0, 8).ToArray())}";
        var observations = Enumerable.Range(2, 7).Select(n => Entry(Urn(n), "Observation", $$"""
            {"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}]},"subject":{"reference":"{{Urn(0)}}"},"encounter":{"reference":"{{Urn(1)}}"},"effectiveDateTime":"2026-03-0{{n}}T08:00:00+01:00","valueQuantity":{"value":{{60 + i % 40}}.5,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"} }
            """));
        return Bundle([
            Entry(Urn(0), "Patient", Patient(i, prefix: $"urn:bench:arrival:{run:N}")),
            Entry(Urn(1), "Encounter", $$"""
                {"resourceType":"Encounter","status":"planned","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"VR"},"subject":{"reference":"{{Urn(0)}}"},"period":{"start":"2026-03-01T08:00:00+01:00"} }
                """),
            .. observations,
            Entry(Urn(9), "Condition", $$"""
                {"resourceType":"Condition","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Hypertension"},"subject":{"reference":"{{Urn(0)}}"} }
                """),
        ]);
    }

    public static string Bundle(IEnumerable<string> entries) => $$"""{"resourceType":"Bundle","type":"transaction","entry":[{{string.Join(',', entries)}}]}""";

    public static string Put(string type, string id, string resource) => $$"""{"resource":{{resource}},"request":{"method":"PUT","url":"{{type}}/{{id}}"} }""";

    private static string Entry(string url, string type, string resource) => $$"""{"fullUrl":"{{url}}","resource":{{resource}},"request":{"method":"POST","url":"{{type}}"} }""";

    private static string Id(string? id) => id is null ? "" : $",\"id\":\"{id}\"";
}
