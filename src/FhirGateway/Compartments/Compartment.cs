using System.Collections.Frozen;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Compartments;

/// <summary>
/// Which resources belong to whom: http://hl7.org/fhir/R4/compartmentdefinition.html, the parameters by which a type refers
/// to the one the compartment is of. Three departures, all narrow: Task belongs to its patient as it does in R5 (R4 forgot
/// it); no other Patient belongs to a Patient, though R4 counts those that are linked; and a Group belongs to none of its
/// members, since it names the others.
/// </summary>
internal static class Compartment
{
    private static readonly FrozenDictionary<string, FrozenDictionary<string, Parameter[]>> All = new Dictionary<string, string>
    {
        ["Patient"] = """
            Account subject; AdverseEvent subject; AllergyIntolerance patient recorder asserter; Appointment actor; AppointmentResponse actor; AuditEvent patient;
            Basic patient author; BodyStructure patient; CarePlan patient performer; CareTeam patient participant; ChargeItem subject; Claim patient payee;
            ClaimResponse patient; ClinicalImpression subject; Communication subject sender recipient; CommunicationRequest subject sender recipient requester;
            Composition subject author attester; Condition patient asserter; Consent patient; Coverage policy-holder subscriber beneficiary payor;
            CoverageEligibilityRequest patient; CoverageEligibilityResponse patient; DetectedIssue patient; DeviceRequest subject performer; DeviceUseStatement subject;
            DiagnosticReport subject; DocumentManifest subject author recipient; DocumentReference subject author; Encounter patient; EnrollmentRequest subject;
            EpisodeOfCare patient; ExplanationOfBenefit patient payee; FamilyMemberHistory patient; Flag patient; Goal patient; ImagingStudy patient;
            Immunization patient; ImmunizationEvaluation patient; ImmunizationRecommendation patient; Invoice subject patient recipient; List subject source;
            MeasureReport patient; Media subject; MedicationAdministration patient performer subject; MedicationDispense subject patient receiver;
            MedicationRequest subject; MedicationStatement subject; MolecularSequence patient; NutritionOrder patient; Observation subject performer; Person patient;
            Procedure patient performer; Provenance patient; QuestionnaireResponse subject author; RelatedPerson patient; RequestGroup subject participant;
            ResearchSubject individual; RiskAssessment subject; Schedule actor; ServiceRequest subject performer; Specimen subject; SupplyDelivery patient;
            SupplyRequest subject; Task patient; VisionPrescription patient
            """,
        ["Encounter"] = """
            CarePlan encounter; CareTeam encounter; ChargeItem context; Claim encounter; ClinicalImpression encounter; Communication encounter;
            CommunicationRequest encounter; Composition encounter; Condition encounter; DeviceRequest encounter; DiagnosticReport encounter;
            DocumentManifest related-ref; DocumentReference encounter; ExplanationOfBenefit encounter; Media encounter; MedicationAdministration context;
            MedicationRequest encounter; NutritionOrder encounter; Observation encounter; Procedure encounter; QuestionnaireResponse encounter;
            RequestGroup encounter; ServiceRequest encounter; VisionPrescription encounter
            """,
        ["RelatedPerson"] = """
            AdverseEvent recorder; AllergyIntolerance asserter; Appointment actor; AppointmentResponse actor; Basic author; CarePlan performer; CareTeam participant;
            ChargeItem enterer performer-actor; Claim payee; Communication sender recipient; CommunicationRequest sender recipient requester; Composition author;
            Condition asserter; Coverage policy-holder subscriber payor; DocumentManifest author recipient; DocumentReference author; Encounter participant;
            ExplanationOfBenefit payee; Invoice recipient; MedicationAdministration performer; MedicationStatement source; Observation performer; Patient link;
            Person link; Procedure performer; Provenance agent; QuestionnaireResponse author source; RequestGroup participant; Schedule actor;
            ServiceRequest performer; SupplyRequest requester
            """,
        ["Practitioner"] = """
            Account subject; AdverseEvent recorder; AllergyIntolerance recorder asserter; Appointment actor; AppointmentResponse actor; AuditEvent agent; Basic author;
            CarePlan performer; CareTeam participant; ChargeItem enterer performer-actor; Claim enterer provider payee care-team; ClaimResponse requestor;
            ClinicalImpression assessor; Communication sender recipient; CommunicationRequest sender recipient requester; Composition subject author attester;
            Condition asserter; CoverageEligibilityRequest enterer provider; CoverageEligibilityResponse requestor; DetectedIssue author;
            DeviceRequest requester performer; DiagnosticReport performer; DocumentManifest subject author recipient; DocumentReference subject author authenticator;
            Encounter practitioner participant; EpisodeOfCare care-manager; ExplanationOfBenefit enterer provider payee care-team; Flag author; Group member;
            Immunization performer; Invoice participant; Linkage author; List source; Media subject operator; MedicationAdministration performer;
            MedicationDispense performer receiver; MedicationRequest requester; MedicationStatement source; MessageHeader receiver author responsible enterer;
            NutritionOrder provider; Observation performer; Patient general-practitioner; PaymentNotice provider; PaymentReconciliation requestor; Person practitioner;
            PractitionerRole practitioner; Procedure performer; Provenance agent; QuestionnaireResponse author source; RequestGroup participant author;
            ResearchStudy principalinvestigator; RiskAssessment performer; Schedule actor; ServiceRequest performer requester; Specimen collector;
            SupplyDelivery supplier receiver; SupplyRequest requester; VisionPrescription prescriber
            """,
        ["Device"] = """
            Account subject; Appointment actor; AppointmentResponse actor; AuditEvent agent; ChargeItem enterer performer-actor;
            Claim procedure-udi item-udi detail-udi subdetail-udi; Communication sender recipient; CommunicationRequest sender recipient; Composition author;
            DetectedIssue author; DeviceRequest device subject requester performer; DeviceUseStatement device; DiagnosticReport subject; DocumentManifest subject author;
            DocumentReference subject author; ExplanationOfBenefit procedure-udi item-udi detail-udi subdetail-udi; Flag author; Group member; Invoice participant;
            List subject source; Media subject; MedicationAdministration device; MessageHeader target; Observation subject device; Provenance agent;
            QuestionnaireResponse author; RequestGroup author; RiskAssessment performer; Schedule actor; ServiceRequest performer requester; Specimen subject;
            SupplyRequest requester
            """,
    }.ToFrozenDictionary(c => c.Key, c => Read(c.Value), StringComparer.Ordinal);

    public static bool Known(string compartment) => All.ContainsKey(compartment);

    /// <summary>Types with members in it, the one it is of not among them.</summary>
    public static IEnumerable<string> Types(string compartment) => All[compartment].Keys.Order(StringComparer.Ordinal);

    /// <summary>Parameters by which a resource of this type is a member; none when it never is.</summary>
    public static Parameter[] Parameters(string compartment, string type) => All[compartment].GetValueOrDefault(type) ?? [];

    public static int[] Numbers(string compartment, IEnumerable<string> types) => [.. types.SelectMany(t => Parameters(compartment, t)).Select(p => p.Number).Distinct()];

    /// <summary>Whether these bytes belong to the patient, for what no index holds: old versions, and what is being written.</summary>
    public static bool OfPatient(string patient, string type, string id, System.Text.Json.JsonElement body)
    {
        if (type == "Patient") return id == patient;
        var parameters = Parameters("Patient", type);
        return parameters.Length > 0 && IndexRows.Of(body, parameters).References.Any(r => r.TargetType == ResourceTypes.Number("Patient") && r.TargetId == patient);
    }

    private static FrozenDictionary<string, Parameter[]> Read(string table) => table.Split(';', StringSplitOptions.TrimEntries)
        .Select(line => line.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
        .ToFrozenDictionary(words => words[0], words => words[1..].Select(code => SearchParameters.Find(words[0], code)
            ?? throw new InvalidOperationException($"{words[0]} has no search parameter '{code}'.")).ToArray(), StringComparer.Ordinal);
}
