using HealthTeams.Platform.Callers;
using HealthTeams.SmartLauncher.Tokens;
using Xunit;

namespace HealthTeams.UnitTests.SmartLauncher;

public sealed class SmartScopeTests
{
    [Theory]
    [InlineData("patient/Patient.rs", ScopeLevel.Patient, "Patient", "rs", null)]
    [InlineData("system/*.cruds", ScopeLevel.System, "*", "cruds", null)]
    [InlineData("user/Observation.read", ScopeLevel.User, "Observation", "rs", null)]
    [InlineData("user/*.write", ScopeLevel.User, "*", "cud", null)]
    [InlineData("user/Encounter.*", ScopeLevel.User, "Encounter", "cruds", null)]
    [InlineData("patient/Observation.rs?category=http://x|vital-signs", ScopeLevel.Patient, "Observation", "rs", "category=http://x|vital-signs")]
    public void Both_versions_of_the_grammar_are_read(string text, ScopeLevel level, string type, string interactions, string? filter)
    {
        Assert.True(SmartScope.TryParse(text, out var scope));
        Assert.Equal(new SmartScope(level, type, interactions, filter), scope);
    }

    [Theory]
    [InlineData("patient/Patient.sr")]
    [InlineData("patient/Patient.rr")]
    [InlineData("patient/Patient.")]
    [InlineData("patient/Patient.x")]
    [InlineData("patient/patient.rs")]
    [InlineData("Patient/Patient.rs")]
    [InlineData("patient/Patient.read?category=a")]
    [InlineData("patient/Patient.rs?")]
    [InlineData("patient/Patient.rs\n")]
    [InlineData("launch/patient")]
    [InlineData("openid")]
    [InlineData("")]
    public void What_is_not_understood_grants_nothing(string text) => Assert.False(SmartScope.TryParse(text, out _));

    [Fact]
    public void A_scope_allows_its_type_and_letters_only()
    {
        Assert.True(SmartScope.TryParse("user/Appointment.rs", out var scope));
        Assert.True(scope.Allows("Appointment", 'r'));
        Assert.True(scope.Allows("Appointment", 's'));
        Assert.False(scope.Allows("Appointment", 'u'));
        Assert.False(scope.Allows("Encounter", 'r'));
    }

    [Fact]
    public void A_client_gets_what_is_registered_for_it_and_of_the_flow()
    {
        const string registered = "openid offline_access user/*.rs user/Task.cruds system/*.cruds";
        string[] asked = ["openid", "offline_access", "profile", "user/Patient.rs", "user/Patient.cruds", "user/Task.u", "system/Patient.rs", "patient/Patient.rs"];
        Assert.Equal(["openid", "offline_access", "user/Patient.rs", "user/Task.u"], ScopeRules.Grant(asked, registered, ScopeLevel.User));
        Assert.Equal(["system/Patient.rs"], ScopeRules.Grant(asked, registered, ScopeLevel.System));
    }

    [Fact]
    public void A_registered_filter_does_not_cover_the_whole_type()
    {
        Assert.Empty(ScopeRules.Grant(["user/Observation.rs"], "user/Observation.rs?category=a", ScopeLevel.User));
        Assert.Single(ScopeRules.Grant(["user/Observation.rs?category=a"], "user/Observation.rs", ScopeLevel.User));
    }

    [Theory]
    [InlineData("system/*.cruds", null, true)]
    [InlineData("patient/*.rs", "12", true)]
    [InlineData("patient/*.rs", null, false)]
    [InlineData("system/*.cruds", "12", false)]
    [InlineData("patient/*.rs", "../12", false)]
    [InlineData("openid", null, false)]
    [InlineData("", null, false)]
    public void An_operators_token_names_a_patient_exactly_with_patient_scopes(string scope, string? patient, bool right) =>
        Assert.Equal(right, OperatorTokens.Wrong(scope, patient) is null);
}
