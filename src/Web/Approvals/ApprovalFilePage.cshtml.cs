using HealthTeams.Collaboration.Approvals;
using HealthTeams.Platform.Blobs;

namespace HealthTeams.Web.Approvals;

/// <summary>An attachment, for who sees the approval; saved, never run in our page.</summary>
public sealed class ApprovalFilePage(ApprovalViews views, BlobStore blobs) : StaffPage
{
    public async Task<IActionResult> OnGetAsync(Guid id, string name)
    {
        if (await views.File(Me, id, name, Stop) is not { } file || blobs.Open(Me.Tenant, file.Hash) is not { } content) return Refuse(Problem.NotFound("There is no such file for you.", "file-unknown"));
        Response.Headers.CacheControl = "private, no-store";
        return File(content, file.Type, file.Name);
    }
}
