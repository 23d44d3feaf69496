namespace HealthTeams.FhirGateway.Access;

/// <summary>What our authorization server can do and nothing it cannot (SMART-S17): said by .well-known/smart-configuration and by metadata.</summary>
public static class SmartCapabilities
{
    public static IReadOnlyList<string> All { get; } =
    [
        "launch-ehr", "launch-standalone", "authorize-post",
        "client-public", "client-confidential-symmetric", "client-confidential-asymmetric", "sso-openid-connect",
        "context-banner", "context-style", "context-ehr-patient", "context-ehr-encounter", "context-standalone-patient", "context-standalone-encounter",
        "permission-offline", "permission-online", "permission-patient", "permission-user", "permission-v1", "permission-v2", "smart-app-state",
    ];
}
