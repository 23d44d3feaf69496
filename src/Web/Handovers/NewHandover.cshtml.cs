using HealthTeams.Collaboration.Handovers;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Handovers;

/// <summary>Beginning: whose patients, and who comes next as the roster says it.</summary>
public sealed class NewHandoverPage(BeginHandover begin, HandoverViews views) : StaffPage
{
    public IReadOnlyList<Team> Teams { get; private set; } = [];
    public HandoverProposal? Proposal { get; private set; }
    public string From { get; private set; } = "";
    public bool Mine { get; private set; }
    public IReadOnlyList<Guid> Chosen { get; private set; } = [];
    public Problem? Problem { get; private set; }

    public Task<IActionResult> OnGetAsync(Guid? team, Guid? list) => Show(team, list?.ToString(), false, null);

    public async Task<IActionResult> OnPostAsync(Guid team, string? from, bool mine, Guid[] to)
    {
        var begun = await begin.Begin(Me, new HandoverAsked(team, Guid.TryParse(from, out var list) ? list : null, mine, to), Stop);
        if (begun.Ok) return SeeOther($"/handovers/{begun.Value}");
        if (begun.Problem.Status == 404) return Refuse(begun.Problem);
        Problem = begun.Problem;
        Response.StatusCode = begun.Problem.Status;
        return await Show(team, from, mine, to);
    }

    private async Task<IActionResult> Show(Guid? team, string? from, bool mine, Guid[]? to)
    {
        Teams = await views.Teams(Me, Stop);
        var of = team ?? (Teams.Count == 1 ? Teams[0].Id : null);
        if (of is { } chosen)
        {
            var proposed = await begin.Propose(Me, chosen, Stop);
            if (!proposed.Ok) return Refuse(proposed.Problem);
            Proposal = proposed.Value;
            From = from ?? (Proposal.Lists.Count > 0 ? Proposal.Lists[0].Id.ToString() : "");
            Mine = mine;
            // Who comes in the same group is proposed; with a whole team coming, nobody is chosen for the giver.
            Chosen = to ?? [.. Proposal.Next.Where(n => n.Group == Proposal.Shift?.Group && n.StartsAt > Now.AddHours(-2)).Take(3).Select(n => n.Person)];
        }
        Response.Headers.CacheControl = "no-cache, no-store";
        return Page();
    }
}
