using HealthTeams.Collaboration.Handovers;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Handovers;

/// <summary>The desk: what I give, what waits for me, what else is under way, what is over.</summary>
public sealed class HandoversPage(HandoverViews views) : StaffPage
{
    public HandoverDesk Desk { get; private set; } = null!;
    public IReadOnlyList<Team> Teams { get; private set; } = [];
    public bool Past { get; private set; }

    public IEnumerable<(string Title, IReadOnlyList<Handover> Rows)> Groups(Words w) => Past
        ? [(w["Over"], Desk.Past)]
        : new[] { (w["For me to receive"], Desk.Receive), (w["Mine to give"], Desk.Give), (w["Others in my teams"], Desk.Others) }.Where(g => g.Item2.Count > 0);

    public string Heading(Words w) => Past ? w["Handovers of the past"] : Desk.Receive.Count switch { 0 => w["No handover waits for you"], 1 => w["1 handover waits for you"], var n => w["{0} handovers wait for you", n] };

    public async Task<IActionResult> OnGetAsync(string? part, string? past)
    {
        Past = past == "1";
        Desk = await views.Desk(Me, Stop);
        Teams = await views.Teams(Me, Stop);
        Response.Headers.CacheControl = "no-cache, no-store";
        return part == "list" ? Partial("_Handovers", this) : Page();
    }
}
