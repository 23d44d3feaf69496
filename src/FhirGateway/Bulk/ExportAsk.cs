using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Subscriptions;

namespace HealthTeams.FhirGateway.Bulk;

/// <summary>The parameters of a kick-off, checked against what the caller may. http://hl7.org/fhir/uv/bulkdata/export.html#query-parameters</summary>
internal sealed record ExportAsk(List<(string Type, string? Criteria)> Types, bool Named, DateTimeOffset? Since)
{
    private static readonly string[] Formats = ["application/fhir+ndjson", "application/ndjson", "ndjson"];

    /// <summary>http://hl7.org/fhir/R4/compartmentdefinition-patient.html, and Task, which R5 added.</summary>
    public static readonly IReadOnlySet<string> OfPatients = new HashSet<string>((
        "Account AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic BodyStructure CarePlan CareTeam ChargeItem Claim ClaimResponse "
        + "ClinicalImpression Communication CommunicationRequest Composition Condition Consent Coverage CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue "
        + "DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference Encounter EnrollmentRequest EpisodeOfCare ExplanationOfBenefit "
        + "FamilyMemberHistory Flag Goal Group ImagingStudy Immunization ImmunizationEvaluation ImmunizationRecommendation Invoice List MeasureReport Media "
        + "MedicationAdministration MedicationDispense MedicationRequest MedicationStatement MolecularSequence NutritionOrder Observation Patient Person Procedure Provenance "
        + "QuestionnaireResponse RelatedPerson RequestGroup ResearchSubject RiskAssessment Schedule ServiceRequest Specimen SupplyDelivery SupplyRequest Task VisionPrescription").Split(' '));

    /// <param name="lenient">Prefer: handling=lenient: what is not supported is left out instead of refused.</param>
    public static Outcome<ExportAsk> Read(Caller caller, string level, IEnumerable<(string Name, string Value)> query, bool lenient, string server)
    {
        var (types, filters, since) = (new List<string>(), new Dictionary<string, string>(StringComparer.Ordinal), (DateTimeOffset?)null);
        foreach (var (name, value) in query)
        {
            switch (name)
            {
                case "_outputFormat" when Formats.Contains(value.Replace(' ', '+')):
                case "_format":
                    break;
                case "_outputFormat":
                    return Problem.Invalid($"'{value}' is not a format of exports here; there is application/fhir+ndjson.", "_outputFormat", "not-supported");
                case "_since":
                    if (DateRange.Parse(value.Replace(' ', '+')) is not { } range) return Problem.Invalid($"'{value}' is not an instant.", "_since", "value");
                    since = range.Lo;
                    break;
                case "_type":
                    types.AddRange(value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
                    break;
                case "_typeFilter":
                    var question = value.IndexOf('?', StringComparison.Ordinal);
                    var type = question > 0 ? value[..question] : value;
                    if (!ResourceTypes.Known(type) || question < 0) return Problem.Invalid("_typeFilter is a search like Appointment?status=booked.", "_typeFilter", "value");
                    if (!filters.TryAdd(type, value[(question + 1)..])) return Problem.Invalid($"One _typeFilter for {type}, not several: join values with a comma.", "_typeFilter", "not-supported");
                    var built = SearchQuery.Build(new SearchOf(caller.Tenant, server, Rights.Of(caller).Caller(caller.Tenant), [type]), Conditions.Parse(filters[type]), strict: true);
                    if (!built.Ok) return built.Problem with { Where = "_typeFilter" };
                    break;
                default:
                    if (!lenient) return Problem.Invalid($"'{name}' is not supported; Prefer: handling=lenient leaves it out.", name, "not-supported");
                    break;
            }
        }
        foreach (var type in types)
        {
            if (!ResourceTypes.Known(type)) return Problem.Invalid($"'{type}' is not a resource type of R4.", "_type", "value");
            if (level != "system" && !OfPatients.Contains(type)) return Problem.Invalid($"{type} is not in the compartment of patients; export it at system level.", "_type", "value");
        }
        var candidates = types.Count > 0 ? types.Distinct().ToList() : [.. ResourceTypes.All.Where(t => level == "system" || OfPatients.Contains(t))];
        var allowed = Allowed(caller, candidates, types.Count > 0);
        return allowed.Then(all => new ExportAsk([.. all.Select(t => (t, filters.GetValueOrDefault(t)))], types.Count > 0, since));
    }

    /// <summary>Types that were named must all be allowed; without names, an export is of those that are.</summary>
    private static Outcome<List<string>> Allowed(Caller caller, List<string> candidates, bool named)
    {
        var (allowed, no) = (new List<string>(), (Problem?)null);
        foreach (var type in candidates)
        {
            var reach = Rights.Of(caller).On(type, "rs");
            var problem = !reach.Ok ? reach.Problem : reach.Value.Patient is not null ? Problem.Forbidden("An export needs system/ or user/ scopes: a patient/ scope reaches one patient only.") : null;
            if (problem is null) allowed.Add(type);
            else if (named) return problem;
            else no ??= problem;
        }
        return allowed.Count > 0 ? allowed : no!;
    }

    /// <summary>A kick-off by POST has its parameters in a Parameters resource.</summary>
    public static IEnumerable<(string Name, string Value)> OfParameters(JsonElement parameters)
    {
        foreach (var p in FhirJson.Items(parameters, "parameter"))
        {
            if (p.ValueKind != JsonValueKind.Object || FhirJson.Text(p, "name") is not { } name) continue;
            foreach (var value in p.EnumerateObject().Where(v => v.Name.StartsWith("value", StringComparison.Ordinal) && v.Value.ValueKind == JsonValueKind.String)) yield return (name, value.Value.GetString()!);
        }
    }
}
