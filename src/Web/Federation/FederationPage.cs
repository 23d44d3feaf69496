using HealthTeams.FhirGateway.Federation;
using HealthTeams.Web.Administration;

namespace HealthTeams.Web.Federation;

/// <summary>Hospitals that this one exchanges messages with: our card, theirs, and how it goes (FD-01).</summary>
public sealed class FederationPage(Partners partners) : AdminPage
{
    public FederationCard Card { get; private set; } = null!;
    public IReadOnlyList<Partner> Rows { get; private set; } = [];
    public Problem? Problem { get; private set; }
    public string? Address { get; private set; }
    public string? Fingerprint { get; private set; }

    public async Task OnGetAsync() => (Card, Rows) = (await partners.Card(Me, Stop), await partners.All(Me, Stop));

    public async Task<IActionResult> OnPostOpenAsync(bool directory)
    {
        await partners.Open(Me, directory, Stop);
        return SeeOther("/admin/federation?done=open");
    }

    public async Task<IActionResult> OnPostAsync(string? address, string? fingerprint, bool privateNetwork)
    {
        (Address, Fingerprint) = (address, fingerprint);
        return await After(await partners.Add(Me, address ?? "", fingerprint ?? "", privateNetwork, Stop), "registered");
    }

    public async Task<IActionResult> OnPostGreetAsync(Guid partner) => await After(await partners.Greet(Me, partner, Stop), "greeted");

    public async Task<IActionResult> OnPostPauseAsync(Guid partner, bool paused) => await After(await partners.Pause(Me, partner, paused, Stop), paused ? "paused" : "resumed");

    private async Task<IActionResult> After<T>(Outcome<T> done, string said)
    {
        if (done.Ok) return SeeOther($"/admin/federation?done={said}");
        (Problem, Response.StatusCode) = (done.Problem, done.Problem.Status);
        await OnGetAsync();
        return Page();
    }
}
