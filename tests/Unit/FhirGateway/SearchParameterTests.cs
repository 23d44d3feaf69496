using System.Text.Json;
using HealthTeams.FhirGateway.Search;
using Hl7.Fhir.Model;
using Xunit;

namespace HealthTeams.UnitTests.FhirGateway;

public sealed class SearchParameterTests
{
    [Fact, Trait("Row", "FHIR-68")]
    public void Every_search_parameter_of_R4_is_offered()
    {
        var missing = ModelInfo.SearchParameters
            .Where(p => p.Resource is not (null or "Resource" or "DomainResource") && SearchParameters.Find(p.Resource, p.Name!) is null)
            .Select(p => $"{p.Resource}.{p.Name}").Distinct().Order(StringComparer.Ordinal);
        Assert.Empty(missing);
    }

    [Fact, Trait("Row", "FHIR-68")]
    public void Every_expression_of_R4_is_understood_whole()
    {
        var half = ModelInfo.SearchParameters.Where(p => p.Resource is not (null or "Resource" or "DomainResource") && ElementPath.Whole(p.Resource, p.Expression!) is null).Select(p => $"{p.Resource}.{p.Name}: {p.Expression}");
        Assert.Empty(half);
        Assert.All(ModelInfo.SearchParameters.Where(p => p.Type == SearchParamType.Composite), p => Assert.All(SearchParameters.Find(p.Resource!, p.Name!)!.Components, c => Assert.NotEmpty(c.Paths)));
    }

    [Theory]
    [InlineData("Encounter", "patient", "Encounter.subject", "Patient", null)]
    [InlineData("Appointment", "practitioner", "Appointment.actor", "Practitioner", null)]
    [InlineData("Patient", "phone", "Patient.telecom", null, "phone")]
    [InlineData("Patient", "phonetic", "Patient.name", null, null)]
    [InlineData("Encounter", "practitioner", "Encounter.participant", "Practitioner", null)]
    public void A_parameter_that_is_a_view_of_another_writes_no_rows(string type, string code, string of, string? target, string? system)
    {
        var view = SearchParameters.Find(type, code)!;
        Assert.False(view.Own);
        Assert.Equal((of, target, system), (view.RowsOf, view.OnlyTarget, view.OnlySystem));
        Assert.Equal(SearchParameters.Find(type, of.Split('.')[1])!.Number, view.Number);
        Assert.DoesNotContain(view, SearchParameters.Indexed(type));
    }

    [Theory]
    [InlineData("Appointment", "date", true)]
    [InlineData("Encounter", "date", true)]
    [InlineData("Patient", "birthdate", true)]
    [InlineData("Patient", "identifier", false)]
    [InlineData("ServiceRequest", "occurrence", false)]
    public void A_parameter_knows_whether_it_has_one_value_at_most(string type, string code, bool one) => Assert.Equal(one, SearchParameters.Find(type, code)!.Single);

    [Theory]
    [InlineData("Patient.name.matches('x')")]
    [InlineData("Patient.name.where(given.count() > 1)")]
    [InlineData("Patient.name.family & 'x'")]
    [InlineData("Patient.name.where(use='official'")]
    [InlineData("Patient..name")]
    public void What_is_not_understood_is_not_half_understood(string expression) => Assert.Null(ElementPath.Whole("Patient", expression));

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
    [InlineData("(Observation.value as CodeableConcept).text", "Observation", """{"valueCodeableConcept":{"text":"x"}}""", 1)]
    [InlineData("Condition.onset.as(dateTime) | Condition.onset.as(Period)", "Condition", """{"onsetPeriod":{"start":"2026"}}""", 1)]
    [InlineData("Bundle.entry[0].resource", "Bundle", """{"entry":[{"resource":{"id":"1"}},{"resource":{"id":"2"}}]}""", 1)]
    [InlineData("Patient.extension('urn:x').value.as(Coding)", "Patient", """{"extension":[{"url":"urn:x","valueCoding":{"code":"1"}},{"url":"urn:y","valueCoding":{"code":"2"}}]}""", 1)]
    [InlineData("Patient.extension.where(url = 'urn:x').value", "Patient", """{"extension":[{"url":"urn:x","valueString":"1"}]}""", 1)]
    [InlineData("Patient.name.family | Practitioner.name.family", "Patient", """{"name":[{"family":"a"},{"given":["b"]},{"family":"c"}]}""", 2)]
    public void A_path_walks_the_json(string expression, string type, string resource, int found) =>
        Assert.Equal(found, ElementPath.Compile(type, expression).Sum(p => p.Walk(JsonDocument.Parse(resource).RootElement).Count()));
}
