using Microsoft.Extensions.Primitives;

namespace EhrSim;

/// <summary>A launch that did not begin in the EHR: who signs in, and about which patient.</summary>
internal static class StandalonePage
{
    /// <summary>Null until somebody has chosen. A patient is always about themself.</summary>
    public static LaunchContext? Chosen(Ehr ehr, string scope, string? user, string? patient)
    {
        var scopes = new SmartScopes(scope);
        if (user is null || ehr.Records.Find(user) is null) return null;
        if (user.StartsWith("Patient/", StringComparison.Ordinal)) patient = user["Patient/".Length..];
        else if (!user.StartsWith("Practitioner/", StringComparison.Ordinal)) return null;
        if (!scopes.Has("launch/patient") && !user.StartsWith("Patient/", StringComparison.Ordinal)) return new LaunchContext(user, null, null, null, false);
        if (patient is null || ehr.Records.Find($"Patient/{patient}") is null) return null;
        var visit = scopes.Has("launch/encounter") ? Schedule.Next(ehr.Records, ehr.Now, patient) : null;
        return new LaunchContext(user, patient, visit?.EncounterId, visit?.Id, false);
    }

    public static IResult Show(Ehr ehr, IEnumerable<KeyValuePair<string, StringValues>> asked) => Layout.Page("Sign in", Html.Of($"""
        <form class="card narrow book" method="post" action="/oauth/authorize">
          <h1>HealthTeams asks to open your records</h1>
          {Html.All(asked, a => Html.Of($"<input type=\"hidden\" name=\"{a.Key}\" value=\"{a.Value}\">"))}
          <label>Sign in as <select name="ehrsim_user">
            <optgroup label="Staff">{People(ehr, "Practitioner")}</optgroup>
            <optgroup label="Patients">{People(ehr, "Patient")}</optgroup>
          </select></label>
          <label>About the patient <select name="ehrsim_patient">{DayPage.Choices(ehr, "Patient")}</select></label>
          <p class="quiet">A patient who signs in opens their own record only.</p>
          <button class="main">Allow</button>
        </form>
        """));

    private static Html People(Ehr ehr, string type) => Html.All(ehr.Records.All(type), v => Html.Of($"<option value=\"{v.Reference}\">{PersonName.Of(v.Resource)}</option>"));
}
