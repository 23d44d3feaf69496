using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>Which resources are only read by other systems (FHIR leaks): each with the rows it is made from.</summary>
internal static class OwnResources
{
    private const string Teams = "select id::text from collab.team where tenant = @Tenant and id = any(@uuids)";
    private const string Roles = "select id::text from collab.roster_person where tenant = @Tenant and id = any(@uuids)";
    private const string Photos = "select id::text from collab.task_photo where tenant = @Tenant and id = any(@uuids)";

    public static void AddOwnResources(this IServiceCollection services)
    {
        Only("Group", "select fhir_id from collab.list where tenant = @Tenant and fhir_id = any(@ids) and removed_at is null", "the patients of a list: change the List of that id");
        Only("PlanDefinition", """
            select id::text from collab.team_template where tenant = @Tenant and id = any(@uuids)
            union all select id::text from collab.task_list where tenant = @Tenant and id = any(@uuids)
            """, "a template or a published list of tasks: it is changed on its page");
        Only("HealthcareService", Teams, "a team: change its CareTeam, or the team on its page");
        Only("Schedule", $"{Teams} union all {Roles}", "a team's roster: change its Slots, or the roster on its page");
        Only("PractitionerRole", Roles, "a person's place in a roster: availability and time off are changed on the page of their shifts");
        Only("Questionnaire", """
            select i from unnest(@ids) i where i ~ '^form-[0-9a-f]{40}$'
            union all select id::text from collab.approval_template where tenant = @Tenant and id = any(@uuids)
            """, "a form as it was asked: it is changed where it is used");
        Only("Provenance", "select id::text from collab.approval_request where tenant = @Tenant and id = any(@uuids) and signature is not null", "a signature: what was signed stays");
        Only("DocumentReference", Photos, "a photo on a task: it is changed on the task's page");
        Only("Binary", Photos, "a photo on a task: it is changed on the task's page");

        void Only(string type, string ours, string where) => services.AddSingleton<IResourceSlice>(new OnlyOurs(type, ours, where));
    }
}
