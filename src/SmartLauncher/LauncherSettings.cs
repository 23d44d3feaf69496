namespace HealthTeams.SmartLauncher;

/// <summary>What this module must be told. <see cref="PublicUrl"/> is asked late: tests know their port only once they listen.</summary>
/// <param name="PublicUrl">PUBLIC_URL: where browsers and EHRs find us, without a trailing slash's worth of path.</param>
/// <param name="DataFolder">DATA_DIR; keys are kept in its folder "secrets".</param>
/// <param name="DemoMode">Demo data: test registrations, loopback EHRs and operator tokens without --production are allowed.</param>
public sealed record LauncherSettings(Func<Uri> PublicUrl, string DataFolder, bool DemoMode)
{
    /// <summary>Absolute address of one of our paths.</summary>
    public string At(string path) => PublicUrl().GetLeftPart(UriPartial.Path).TrimEnd('/') + path;

    public string Issuer => At("/auth");
    public string FhirBase => At("/fhir");
    public string TokenEndpoint => At("/auth/token");
    public string StyleAddress => At("/auth/smart-style.json");
    public string LaunchCallback => At("/launch/callback");
    public string SecretsFolder => Path.Combine(DataFolder, "secrets");
}
