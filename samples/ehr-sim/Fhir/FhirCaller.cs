using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>Who calls the FHIR API, and how far that token reaches.</summary>
internal sealed record FhirCaller(string Client, SmartScopes Scopes, string? User, string? Patient)
{
    public bool IsPatient => User?.StartsWith("Patient/", StringComparison.Ordinal) == true;

    public Reach On(string type, char letter) => Scopes.On(type, letter, IsPatient);

    public bool MaySee(JsonObject resource, char letter)
    {
        var type = resource.Text("resourceType")!;
        return On(type, letter) switch
        {
            Reach.Everything => true,
            Reach.LaunchPatient => RecordTypes.IsDirectory(type) || PatientCompartment.Holds(resource, Patient),
            _ => false,
        };
    }

    /// <summary>A token of one patient writes only what belongs to that patient, never the directory.</summary>
    public bool MayChange(JsonObject resource, char letter) => On(resource.Text("resourceType")!, letter) switch
    {
        Reach.Everything => true,
        Reach.LaunchPatient => PatientCompartment.Holds(resource, Patient),
        _ => false,
    };

    public static FhirAnswer Refused(string type, char letter) =>
        FhirAnswer.Problem(403, "forbidden", $"The token's scopes do not reach '{letter}' on {type}");
}
