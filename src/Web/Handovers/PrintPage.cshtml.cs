using HealthTeams.Collaboration.Handovers;

namespace HealthTeams.Web.Handovers;

/// <summary>On A4, marked confidential, with who printed it and when: paper does not change with the patient.</summary>
public sealed class PrintPage(HandoverViews views) : StaffPage
{
    public HandoverView View { get; private set; } = null!;
    public Handover Handover => View.Handover;

    public async Task<IActionResult> OnGetAsync(Guid id)
    {
        var found = await views.One(Me, id, Stop, "print");
        if (!found.Ok) return Refuse(found.Problem);
        View = found.Value;
        Response.Headers.CacheControl = "no-cache, no-store";
        return Page();
    }
}
