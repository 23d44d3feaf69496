using System.Text.Json;
using HealthTeams.FhirGateway.Search;
using Hl7.Fhir.Model;
using Xunit;

namespace HealthTeams.UnitTests.FhirGateway;

public sealed class SearchParameterTests
{
    [Fact, Trait("Row", "FHIR-68")]
    public void Every_search_parameter_of_R4_is_offered_but_these()
    {
        var missing = ModelInfo.SearchParameters
            .Where(p => p.Resource is not (null or "Resource" or "DomainResource") && p.Type is not (SearchParamType.Composite or SearchParamType.Special) && SearchParameters.Find(p.Resource, p.Name!) is null)
            .Select(p => $"{p.Resource}.{p.Name}").Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(["Patient.deceased"], missing);
    }

    [Theory]
    [InlineData("Appointment", "status", "http://hl7.org/fhir/appointmentstatus", true)]
    [InlineData("Appointment", "status", "http://hl7.org/fhir/encounter-status", false)]
    [InlineData("Encounter", "status", "http://hl7.org/fhir/encounter-status", true)]
    [InlineData("Patient", "gender", "http://hl7.org/fhir/administrative-gender", true)]
    [InlineData("Patient", "identifier", "urn:any", false)]
    [InlineData("Encounter", "class", "urn:any", false)]
    [InlineData("Communication", "status", "http://hl7.org/fhir/event-status", true)]
    public void A_code_element_implies_the_system_of_its_binding(string type, string code, string system, bool implied) =>
        Assert.Equal(implied, SearchParameters.Find(type, code)!.Implies(system));

    [Theory]
    [InlineData("Appointment.participant.actor.where(resolve() is Patient)", "Appointment", """{"participant":[{"actor":{"reference":"Patient/1"}},{"actor":{"reference":"Practitioner/2"}}]}""", 2)]
    [InlineData("(Observation.value as Quantity)", "Observation", """{"valueQuantity":{"value":1}}""", 1)]
    [InlineData("(Observation.value as Quantity)", "Observation", """{"valueString":"x"}""", 0)]
    [InlineData("Observation.effective", "Observation", """{"effectivePeriod":{"start":"2026"}}""", 1)]
    [InlineData("Patient.telecom.where(system='phone')", "Patient", """{"telecom":[{"system":"phone","value":"1"},{"system":"email","value":"2"}]}""", 1)]
    [InlineData("Patient.name.family | Practitioner.name.family", "Patient", """{"name":[{"family":"a"},{"given":["b"]},{"family":"c"}]}""", 2)]
    public void A_path_walks_the_json(string expression, string type, string resource, int found) =>
        Assert.Equal(found, ElementPath.Compile(type, expression).Sum(p => p.Walk(JsonDocument.Parse(resource).RootElement).Count()));
}
