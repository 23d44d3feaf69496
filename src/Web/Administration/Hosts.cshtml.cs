using HealthTeams.Platform.Outbound;

namespace HealthTeams.Web.Administration;

/// <summary>Hosts that this hospital's administrators allowed; what the operator and other hospitals allowed is not shown.</summary>
public sealed class HostsPage(TenantHosts hosts) : AdminPage
{
    public IReadOnlyList<TenantHost> Rows { get; private set; } = [];
    public string? Address { get; private set; }
    public Problem? Problem { get; private set; }

    public async Task OnGetAsync() => Rows = await hosts.List(Me.Tenant, Stop);

    public async Task<IActionResult> OnPostAsync(string? address, bool privateRanges)
    {
        var added = await hosts.Add(Me, address ?? "", privateRanges, Stop);
        if (added.Ok) return SeeOther("/admin/hosts?done=kept");
        (Address, Problem) = (address, added.Problem);
        Response.StatusCode = added.Problem.Status;
        await OnGetAsync();
        return Page();
    }

    public async Task<IActionResult> OnPostRemoveAsync(string? origin)
    {
        var removed = await hosts.Remove(Me, origin ?? "", Stop);
        return removed.Ok ? SeeOther("/admin/hosts?done=removed") : Refuse(removed.Problem);
    }
}
