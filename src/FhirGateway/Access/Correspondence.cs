using HealthTeams.FhirGateway.Interactions;

namespace HealthTeams.FhirGateway.Access;

/// <summary>
/// Communication in the hands of people: what staff write to each other about a patient is the patient's as little as it is another
/// colleague's. A patient/ scope reaches what the patient sent or got, a user/ scope what the user (fhirUser) sent or got; only who
/// sent it changes it. system/ scopes integrate hospitals and reach all.
/// </summary>
internal static class Correspondence
{
    public static bool Of(ScopeLevel level, string type) => type == "Communication" && level != ScopeLevel.System;

    public static IEnumerable<Grant> Narrow(Caller caller, char interaction, Grant grant)
    {
        if (interaction == 'c')
        {
            yield return grant;
            yield break;
        }
        if ((grant.Patient is { } patient ? $"Patient/{patient}" : caller.FhirUser) is not { } who) yield break;
        foreach (var by in interaction is 'r' or 's' ? (string[])["sender", "recipient"] : ["sender"])
        {
            if (ScopeFilter.Read("Communication", $"{by}={who}") is { } own) yield return grant with { Filter = [.. grant.Filter, .. own] };
        }
    }
}
