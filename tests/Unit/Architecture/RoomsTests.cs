using System.Reflection;
using HealthTeams.Collaboration;
using HealthTeams.FhirGateway;
using HealthTeams.Platform;
using HealthTeams.SmartLauncher;
using HealthTeams.Web;
using NetArchTest.Rules;
using Xunit;

namespace HealthTeams.Tests.Architecture;

/// <summary>The house as docs/adr describes it: references run one way, and each outside library has one room.</summary>
public sealed class RoomsTests
{
    private static readonly Assembly Platform = typeof(PlatformServices).Assembly;
    private static readonly Assembly Collaboration = typeof(CollaborationServices).Assembly;
    private static readonly Assembly Gateway = typeof(FhirGatewayServices).Assembly;
    private static readonly Assembly Launcher = typeof(SmartLauncherServices).Assembly;
    private static readonly Assembly Web = typeof(WebServices).Assembly;
    private static readonly Assembly Host = typeof(HealthTeams.Host.HostSettings).Assembly;

    [Fact]
    public void References_run_one_way()
    {
        Assert.Empty(Ours(Platform));
        Assert.Equal(["Platform"], Ours(Collaboration));
        Assert.Equal(["Collaboration", "Platform"], Ours(Gateway));
        Assert.Equal(["Collaboration", "FhirGateway", "Platform"], Ours(Launcher));
        Assert.DoesNotContain("Host", Ours(Web));
    }

    [Fact]
    public void Only_the_gateway_knows_FHIR_types() => OnlyIn(Gateway, "Hl7.Fhir");

    [Fact]
    public void Only_the_launcher_knows_OpenIddict() => OnlyIn(Launcher, "OpenIddict");

    [Fact]
    public void Only_the_launcher_uses_Entity_Framework() => OnlyIn(Launcher, "Microsoft.EntityFrameworkCore");

    [Fact]
    public void Slices_of_the_domain_do_not_know_each_other()
    {
        // Everybody may know people, activity and the public doors named here; nothing else of each other.
        string[] slices = ["Visits", "Messages", "PatientLists", "Tasks", "Approvals", "Shifts", "Teams", "Handovers", "Policies", "Files"];
        string[] common = ["People", "Activity", "Sheets"];
        foreach (var slice in slices.Concat(common))
        {
            var forbidden = Types.InAssembly(Collaboration).GetTypes()
                .Where(t => slices.Any(other => other != slice && InSlice(t, other)) && !Doors.Contains(t.Name)).Select(t => t.FullName!).ToArray();
            var found = Types.InAssembly(Collaboration).That().ResideInNamespace($"HealthTeams.Collaboration.{slice}").ShouldNot().HaveDependencyOnAny(forbidden).GetResult();
            Assert.True(found.IsSuccessful, $"{slice} knows more of another slice than its door: {string.Join(", ", found.FailingTypeNames ?? [])}");
        }
    }

    [Fact]
    public void Planning_stands_on_Shifts_and_its_solver_on_nothing()
    {
        string[] elsewhere = ["Visits", "Messages", "PatientLists", "Tasks", "Approvals", "Teams"];
        var forbidden = Types.InAssembly(Collaboration).GetTypes().Where(t => elsewhere.Any(slice => InSlice(t, slice)) && !Doors.Contains(t.Name)).Select(t => t.FullName!).ToArray();
        Nothing(Types.InAssembly(Collaboration).That().ResideInNamespace("HealthTeams.Collaboration.RosterPlans").ShouldNot().HaveDependencyOnAny(forbidden));
        Nothing(Types.InAssembly(Collaboration).That().ResideInNamespace("HealthTeams.Collaboration.Shifts").ShouldNot().HaveDependencyOn("HealthTeams.Collaboration.RosterPlans"));
        Nothing(Types.InAssembly(Collaboration).That().ResideInNamespace("HealthTeams.Collaboration.RosterPlans.Solver").ShouldNot().HaveDependencyOnAny("HealthTeams.Collaboration.Shifts", "HealthTeams.Platform", "Npgsql"));
        Nothing(Types.InAssembly(Collaboration).That().DoNotResideInNamespace("HealthTeams.Collaboration.RosterPlans.Solver").ShouldNot().HaveDependencyOn("Google.OrTools"));

        static void Nothing(ConditionList rule) => Assert.True(rule.GetResult().IsSuccessful, string.Join(", ", rule.GetResult().FailingTypeNames ?? []));
    }

    /// <summary>What a slice shows the others, and the values that pass through it.</summary>
    private static readonly HashSet<string> Doors = ["TeamDoor", "TeamRole", "TeamMember", "Team", "Standing", "TaskDoor", "ApprovalDoor", "ApprovalEnded", "ShiftDoor", "ListDoor", "MessageDoor", "VisitDoor", "HandoverDoor",
        "OpenTask", "Target", "TargetKind", "Raised", "Called", "Mention", "MessageBox", "PolicyDoor", "EffectivePolicy", "PolicyReach", "FileDoor", "TeamFile", "RoomRules", "ConversationDoor", "PostSaid", "Posted", "Participant", "SeatRequest", "SeatRole", "KnownBy", "OnShift", "ListedPatient", "OpenMessage", "PlannedVisit"];

    private static bool InSlice(Type type, string slice) => type.Namespace?.StartsWith($"HealthTeams.Collaboration.{slice}", StringComparison.Ordinal) == true;

    [Fact]
    public void The_domain_sees_no_HttpContext_below_its_hubs()
    {
        var found = Types.InAssembly(Collaboration).That().DoNotHaveNameEndingWith("Hub").And().DoNotHaveNameEndingWith("Services")
            .ShouldNot().HaveDependencyOn("Microsoft.AspNetCore.Http").GetResult();
        Assert.True(found.IsSuccessful, string.Join(", ", found.FailingTypeNames ?? []));
    }

    private static void OnlyIn(Assembly room, string library)
    {
        foreach (var assembly in new[] { Platform, Collaboration, Gateway, Launcher, Web, Host }.Where(a => a != room))
        {
            Assert.DoesNotContain(assembly.GetReferencedAssemblies(), r => r.Name!.StartsWith(library, StringComparison.Ordinal));
        }
    }

    private static IEnumerable<string> Ours(Assembly assembly) => assembly.GetReferencedAssemblies()
        .Where(r => r.Name!.StartsWith("HealthTeams.", StringComparison.Ordinal)).Select(r => r.Name!["HealthTeams.".Length..]).Order();
}
