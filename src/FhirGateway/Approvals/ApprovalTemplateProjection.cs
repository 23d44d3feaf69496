using System.Globalization;
using System.Text.Json;
using HealthTeams.Collaboration.Forms;
using HealthTeams.FhirGateway.Forms;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Approvals;

/// <summary>http://hl7.org/fhir/R4/questionnaire.html: the form of an approval's template (AP-12).</summary>
internal sealed class ApprovalTemplateProjection(ProjectedResources resources) : IProjection
{
    public string Kind => "approval-template";

    public async Task Project(Tx tx, Guid id)
    {
        var (name, form, enabled, version) = (await tx.Query<(string, string?, bool, int)>(
            "select name, form::text, enabled, version from collab.approval_template where tenant = @Tenant and id = @id", new { tx.Tenant, id }))[0];
        await resources.Save(tx, new ProjectedResources.Resource("Questionnaire", id.ToString(), new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["version"] = w => w.WriteStringValue(version.ToString(CultureInfo.InvariantCulture)),
            ["title"] = w => w.WriteStringValue(name),
            ["status"] = w => w.WriteStringValue(enabled ? "active" : "retired"),
            ["subjectType"] = w => w.WriteRawValue("[\"Task\"]"),
            ["item"] = form is null ? null : w => FormToFhir.Items(w, Question.Of(form)),
        }));
    }
}
