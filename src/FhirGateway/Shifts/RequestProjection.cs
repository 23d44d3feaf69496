using HealthTeams.Collaboration.Shifts;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Shifts;

/// <summary>A step of a request as the next version of its Task.</summary>
internal sealed class RequestProjection(ProjectedResources resources, Lazy<StaffPractitioner> staff) : IProjection
{
    public string Kind => "shift-request";

    public async Task Project(Tx tx, Guid id)
    {
        var request = (await ShiftTaskDoor.Find(tx, id))!;
        var stored = await ResourceReads.Body(tx, $"Task/{request.Task}", toChange: true);
        // Whoever is to act owns it: the colleague, then whoever decides; a team of several deciders is meant as the team.
        var owner = request switch
        {
            { AssignedTo: "recipient", Recipient: { } recipient } => await staff.Value.In(tx, recipient),
            { Manager: { } manager } => await staff.Value.In(tx, manager),
            _ => $"HealthcareService/{request.Team}",
        };
        if (owner.StartsWith("HealthcareService/", StringComparison.Ordinal) && await ResourceReads.Body(tx, owner) is null)
        {
            var name = await tx.Scalar<string>("select name from collab.team where tenant = @Tenant and id = @Team", new { tx.Tenant, request.Team });
            await resources.Save(tx, new ProjectedResources.Resource("HealthcareService", request.Team.ToString(), RosterToFhir.Service(name!)));
        }
        var reason = request.Reason is { } r ? await tx.Scalar<string>("select name from collab.time_off_reason where tenant = @Tenant and id = @r", new { tx.Tenant, r }) : null;
        var elements = stored is null ? RequestToFhir.Whole(request, await staff.Value.In(tx, request.Sender), owner, reason) : RequestToFhir.Decided(request, owner, stored);
        await resources.Save(tx, new ProjectedResources.Resource("Task", request.Task, elements));
    }
}
