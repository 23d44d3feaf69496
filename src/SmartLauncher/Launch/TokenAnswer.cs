using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using HealthTeams.FhirGateway.Ehr;
using HealthTeams.SmartLauncher.Ehrs;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>Tokens of one launch; kept on the server, encrypted (SMART-A26).</summary>
public sealed record EhrTokens(string Access, string? Refresh, DateTimeOffset ExpiresAt, string Scope)
{
    /// <summary>Seconds after which the EHR takes its user for gone, where it says so (Oracle Health's active_ttl).</summary>
    public int? ActiveTtl { get; init; }
}

/// <summary>What the EHR's token endpoint said, read with care: pure (SMART-A16).</summary>
public sealed partial record TokenAnswer(EhrTokens Tokens, string? IdToken, LaunchContext Context, bool NeedPatientBanner)
{
    /// <summary>The EHR's look, to be fetched from where that is allowed (SMART-A32).</summary>
    public string? StyleUrl { get; init; }

    /// <summary>What a Task's launch carries (SMART-A33).</summary>
    public string? AppContext { get; init; }

    // intent and tenant are not read: we have one view, and the registration knows its tenant.

    /// <summary>When an EHR does not say how long: short enough to ask again soon.</summary>
    private static readonly TimeSpan Unsaid = TimeSpan.FromMinutes(5);

    public static Outcome<TokenAnswer> Read(JsonElement body, string fhirBase, string asked, DateTimeOffset now)
    {
        var tokens = ReadTokens(body, asked, now);
        if (!tokens.Ok) return tokens.Problem;
        if (!Id(body, "patient", out var patient) || !Id(body, "encounter", out var encounter)) return NotAnId;
        var references = FhirContext(body, fhirBase);
        if (!references.Ok) return references.Problem;
        var appointments = references.Value.Where(r => r.Type == "Appointment").Select(r => r.Id).Distinct().ToList();
        encounter ??= references.Value.FirstOrDefault(r => r.Type == "Encounter").Id;
        var banner = !(body.TryGetProperty("need_patient_banner", out var b) && b.ValueKind == JsonValueKind.False);
        return new TokenAnswer(tokens.Value, LongText(body, "id_token"),
            new LaunchContext(patient, encounter, appointments), banner)
        {
            StyleUrl = DiscoveryRules.Text(body, "smart_style_url"), AppContext = DiscoveryRules.Text(body, "appContext"),
        };
    }

    /// <summary>The part that refreshing and backend services answer, too.</summary>
    public static Outcome<EhrTokens> ReadTokens(JsonElement body, string asked, DateTimeOffset now)
    {
        if (LongText(body, "access_token") is not { } access) return LaunchProblem.Of(LaunchProblem.TokenRefused, "There is no access_token in the answer.");
        if (!string.Equals(DiscoveryRules.Text(body, "token_type"), "bearer", StringComparison.OrdinalIgnoreCase))
        {
            return LaunchProblem.Of(LaunchProblem.TokenRefused, "The token is not of type Bearer.");
        }
        return new EhrTokens(access, LongText(body, "refresh_token"), now + Lifetime(body), DiscoveryRules.Text(body, "scope") ?? asked)
        {
            ActiveTtl = body.TryGetProperty("active_ttl", out var active) && active.ValueKind == JsonValueKind.Number && active.TryGetInt32(out var seconds) && seconds > 0 ? seconds : null,
        };
    }

    public static bool IsFhirId(string text) => FhirId().IsMatch(text);

    private static TimeSpan Lifetime(JsonElement body)
    {
        if (!body.TryGetProperty("expires_in", out var value)) return Unsaid;
        double? seconds = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetDouble(),
            JsonValueKind.String when double.TryParse(value.GetString(), CultureInfo.InvariantCulture, out var d) => d,
            _ => null,
        };
        return seconds is > 0 and < 86_400 * 365 ? TimeSpan.FromSeconds(seconds.Value) : Unsaid;
    }

    /// <summary>Absent is fine; present must be a FHIR id, because it becomes part of addresses.</summary>
    private static bool Id(JsonElement body, string name, out string? id)
    {
        id = null;
        if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return true;
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { } text) return false;
        if (text.Length == 0) return true;
        id = text;
        return IsFhirId(text);
    }

    /// <summary>Objects with a reference since SMART 2.1, plain strings in 2.0. References elsewhere or of another form are passed over.</summary>
    private static Outcome<IReadOnlyList<(string Type, string Id)>> FhirContext(JsonElement body, string fhirBase)
    {
        var found = new List<(string, string)>();
        if (!body.TryGetProperty("fhirContext", out var items) || items.ValueKind != JsonValueKind.Array) return found;
        foreach (var item in items.EnumerateArray().Take(50))
        {
            var text = item.ValueKind == JsonValueKind.String ? item.GetString() : DiscoveryRules.Text(item, "reference");
            if (text is null) continue;
            if (text.StartsWith(fhirBase + "/", StringComparison.Ordinal)) text = text[(fhirBase.Length + 1)..];
            var slash = text.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0) continue;
            var type = text[..slash];
            if (type is not ("Appointment" or "Encounter")) continue;
            if (!IsFhirId(text[(slash + 1)..])) return NotAnId;
            found.Add((type, text[(slash + 1)..]));
        }
        return found;
    }

    internal static string? LongText(JsonElement body, string name) =>
        body.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.String && v.GetString() is { Length: > 0 and < 100_000 } text ? text : null;

    private static readonly Problem NotAnId = LaunchProblem.Of(LaunchProblem.ContextInvalid, "The launch context holds something that is not a FHIR id.");

    [GeneratedRegex(@"^[A-Za-z0-9\-.]{1,64}\z")]
    private static partial Regex FhirId();
}
