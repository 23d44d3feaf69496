using System.Globalization;

namespace HealthTeams.Bench;

/// <summary>One thing that is measured, against the floor it is compared with and what is aimed at.</summary>
/// <param name="Floor">"get" or "post": the thin server's; null: an absolute aim.</param>
/// <param name="Aim">Share of the floor, or requests a second where there is none.</param>
/// <param name="Weight">Resources in one request.</param>
internal sealed record Case(string Name, string? Floor, double Aim, Func<Servers, int, TimeSpan, Task<Measured>> Run, int Weight = 1);

/// <summary>The cases of the performance page, in its order.</summary>
internal sealed class Cases(Hospital hospital)
{
    private static readonly CultureInfo C = CultureInfo.InvariantCulture;
    private readonly Guid run = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
    private int round;
    private int spread = 1;

    public static Task<Measured> Constant(Servers s, int connections, TimeSpan time) => s.Thin.Run("constant", connections, time, 200, (_, _) => s.Thin.Get("/constant"), s.ThinProcessors);

    public Task<Measured> ThinGet(Servers s, int connections, TimeSpan time) =>
        s.Thin.Run("thin get", connections, time, 200, (w, n) => s.Thin.Get($"/thin/a{Pick(w, n)}"), s.ThinProcessors);

    public Task<Measured> ThinPost(Servers s, int connections, TimeSpan time) =>
        s.Thin.Run("thin post", connections, time, 201, (w, n) => s.Thin.Send("POST", "/thin", hospital.Appointment(Pick(w, n))), s.ThinProcessors);

    public IReadOnlyList<Case> All =>
    [
        new("read", "get", 0.70, (s, c, t) => Get(s, "read", c, t, (w, n) => $"/fhir/Appointment/a{Pick(w, n)}")),
        new("vread", "get", 0.70, (s, c, t) => Get(s, "vread", c, t, (w, n) => $"/fhir/Appointment/a{Pick(w, n)}/_history/1")),
        new("search Appointment by patient, date, status", "get", 0.50, (s, c, t) => Get(s, "search appointment", c, t, (w, n) =>
            $"/fhir/Appointment?patient=Patient/p{Patient(w, n)}&date=ge2026-03-01&date=lt2026-09-01&status=booked")),
        new("search Patient by name, birthdate", "get", 0.40, (s, c, t) => Get(s, "search patient", c, t, (w, n) =>
            $"/fhir/Patient?name={Uri.EscapeDataString(hospital.Name(Pick(w, n) % hospital.Patients))}&birthdate={Hospital.Born(Pick(w, n) % hospital.Patients):yyyy-MM-dd}")),
        new("search with _include", "get", 0.25, (s, c, t) => Get(s, "search include", c, t, (w, n) =>
            $"/fhir/Appointment?patient=Patient/p{Patient(w, n)}&_include=Appointment:patient&_include=Appointment:practitioner")),
        new("update with If-Match", "post", 0.50, Update),
        new("JSON Patch", "post", 0.45, (s, c, t) => s.Product.Run("patch", c, t, 200, (w, n) => s.Product.Send("PATCH", $"/fhir/Appointment/a{Own(w, n)}",
            $$"""[{"op":"replace","path":"/description","value":"Seen {{round}} {{w}} {{n}}"}]""", "application/json-patch+json"), s.ProductProcessors)),
        new("create Appointment", "post", 0.50, (s, c, t) => s.Product.Run("create", c, t, 201, (w, n) => s.Product.Send("POST", "/fhir/Appointment",
            hospital.Appointment(Pick(w, n), identifier: $"{run:N}-{round}-{w}-{n}")), s.ProductProcessors)),
        new("create with If-None-Exist, distinct", "post", 0.50, (s, c, t) => s.Product.Run("if-none-exist", c, t, 201, (w, n) => s.Product.Send("POST", "/fhir/Patient",
            hospital.Patient(w * 1_000_000 + n, prefix: $"urn:bench:{run:N}{round}"), more: $"If-None-Exist: identifier=urn:bench:{run:N}{round}|{w * 1_000_000 + n}\r\n"), s.ProductProcessors)),
        new("transaction of 10", null, 400, (s, c, t) => s.Product.Run("transaction", c, t, 200, (w, n) => s.Product.Send("POST", "/fhir",
            hospital.Arrival((w + round * 64) * 1_000_000 + n, run)), s.ProductProcessors), Weight: 10),
        new("mixed 80/20", null, 5000, Mixed),
    ];

    /// <summary>From now on searches ask all over the hospital that was multiplied.</summary>
    public void Grow(int times) => spread = times;

    /// <summary>Everything again, with identifiers that were not used before.</summary>
    public void Next() => round++;

    private static Task<Measured> Get(Servers s, string name, int connections, TimeSpan time, Func<int, int, string> path) =>
        s.Product.Run(name, connections, time, 200, (w, n) => s.Product.Get(path(w, n)), s.ProductProcessors);

    private Task<Measured> Update(Servers s, int connections, TimeSpan time)
    {
        // Each connection has appointments of its own and knows their versions, as a client with If-Match does.
        var versions = Enumerable.Range(0, connections).Select(_ => new Dictionary<int, int>()).ToArray();
        return s.Product.Run("update", connections, time, 200, (w, n) =>
        {
            var id = 1_000_000 * (round + 1) + w * 1000 + n % 20;
            var version = versions[w].GetValueOrDefault(id);
            versions[w][id] = version + 1;
            return s.Product.Send("PUT", $"/fhir/Appointment/u{id}", hospital.Appointment(n % 10 == 9 ? n - 1 : n % 200, $"u{id}", $"{run:N}u{id}", $"Version {version} of {n}"),
                more: version == 0 ? "" : $"If-Match: W/\"{version}\"\r\n");
        }, s.ProductProcessors);
    }

    private Task<Measured> Mixed(Servers s, int connections, TimeSpan time) => s.Product.Run("mixed", connections, time, 200, (w, n) => (n % 10) switch
    {
        0 => s.Product.Send("PATCH", $"/fhir/Appointment/a{Own(w, n)}", $$"""[{"op":"replace","path":"/description","value":"Mixed {{round}} {{w}} {{n}}"}]""", "application/json-patch+json"),
        1 => s.Product.Send("PUT", $"/fhir/Appointment/a{Own(w, n)}", hospital.Appointment(Own(w, n), $"a{Own(w, n)}", note: $"Mixed {round} {w} {n}")),
        2 or 3 or 4 => s.Product.Get($"/fhir/Appointment?patient=Patient/p{hospital.PatientOf(Pick(w, n))}&date=ge2026-03-01&status=booked"),
        _ => s.Product.Get($"/fhir/Appointment/a{Pick(w, n)}"),
    }, s.ProductProcessors);

    private int Patient(int worker, int n) => hospital.PatientOf(Pick(worker, n)) + n % spread * hospital.Patients;

    private int Pick(int worker, int n) => (int)(((long)worker * 7_368_787 + (long)n * 15_485_863) % hospital.Appointments);

    /// <summary>An appointment that no other connection writes; "fulfilled" and "cancelled" ones stay as they are.</summary>
    private int Own(int worker, int n)
    {
        var i = ((n % (hospital.Appointments / 640)) * 64 + worker) * 10;
        return i + n % 6;
    }
}
