using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Access;

/// <summary>
/// Basic as the state of apps that people use (SMART-S18, experimental): preferences of the user, state of the patient in
/// context, configuration of all. Backend services and operators use Basic like any resource.
/// https://hl7.org/fhir/smart-app-launch/app-state.html
/// </summary>
internal static class AppState
{
    public const int Longest = 256 * 1024;

    public static bool Of(Caller caller, string type) => Of(caller.Kind, type);

    public static bool Of(CallerKind kind, string type) => type == "Basic" && kind != CallerKind.System;

    /// <summary>
    /// A user/ scope reaches what is the user's own, the patient's in context, and everybody's, which only an administrator
    /// writes; never what belongs to another user. A code is narrowed by the scope itself (user/Basic.cuds?code=...).
    /// </summary>
    public static IEnumerable<Grant> Narrow(Caller caller, char interaction, Grant grant)
    {
        if (grant.Patient is not null)
        {
            yield return grant;
            yield break;
        }
        if (caller.LaunchPatient is { } patient) yield return grant with { Patient = patient };
        if (caller.FhirUser is { } user && ScopeFilter.Read("Basic", $"subject={user}") is { } own) yield return grant with { Filter = [.. grant.Filter, .. own] };
        if (interaction is 'r' or 's' || caller.Has("administrator")) yield return grant with { Filter = [.. grant.Filter, OfNobody] };
    }

    /// <summary>What is asked of a write before it is done.</summary>
    public static Problem? Wrong(WriteEntry write)
    {
        if (write.Kind != WriteKind.Create && write.IfMatch is null)
        {
            return new Problem(428, "required", "App state is changed and deleted with If-Match: the version that was read, like W/\"3\".", "If-Match");
        }
        if (write.Body is not { } body) return null;
        if (JsonSize(body) > Longest) return new Problem(413, "too-long", $"App state has at most {Longest / 1024} kB.");
        if (Codings(body) is not [var coding] || FhirJson.Text(coding, "system") is null || FhirJson.Text(coding, "code") is null)
        {
            return Problem.Unprocessable("App state has exactly one coding, with system and code.", "Basic.code.coding");
        }
        return FhirJson.Items(body, "extension").Any(e => FhirJson.Text(e, "valueString") is null)
            ? Problem.Unprocessable("The extensions of app state hold a valueString each.", "Basic.extension") : null;
    }

    /// <summary>Whose and what a state is never changes.</summary>
    public static Problem? Changed(WriteResult written) =>
        written is { Before: { } before, Body: { } after } && Names(before) != Names(after)
            ? Problem.Precondition("The code and the subject of app state cannot be changed: delete it and make another.", "conflict") : null;

    private static (string? System, string? Code, string? Subject) Names(byte[] resource)
    {
        using var document = JsonDocument.Parse(resource);
        var coding = Codings(document.RootElement).FirstOrDefault();
        return (FhirJson.Text(coding, "system"), FhirJson.Text(coding, "code"), FhirJson.Text(document.RootElement, "subject", "reference"));
    }

    private static List<JsonElement> Codings(JsonElement resource) =>
        resource.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Object ? [.. FhirJson.Items(code, "coding")] : [];

    private static int JsonSize(JsonElement body) => System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(body).Length;

    private static readonly ScopeFilter OfNobody = new("subject:missing", "true", resource => !resource.TryGetProperty("subject", out _));
}
