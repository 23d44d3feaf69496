using HealthTeams.SmartLauncher.Ehrs;

namespace HealthTeams.Web.Administration;

/// <summary>Asks before a registration goes, and says what goes with it.</summary>
public sealed class EhrRemovalPage(EhrRegistry ehrs) : AdminPage
{
    public Ehr Ehr { get; private set; } = null!;
    public bool InDialog { get; private set; }

    public async Task<IActionResult> OnGetAsync(Guid id, string? part)
    {
        if (await ehrs.Get(Me.Tenant, id, Stop) is not { } ehr) return NotFound();
        (Ehr, InDialog) = (ehr, part == "dialog");
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid id)
    {
        var removed = await ehrs.Remove(Me.Tenant, id, Me.Actor, Stop);
        return removed.Ok ? SeeOther("/admin/ehrs?done=removed") : Refuse(removed.Problem);
    }
}
