using System.Globalization;
using HealthTeams.Collaboration.Approvals;

namespace HealthTeams.Web.Approvals;

public sealed class AwayPage(Delegations delegations) : StaffPage
{
    public IReadOnlyList<Delegation> All { get; private set; } = [];
    public Problem? Problem { get; private set; }
    public string? From { get; private set; }
    public string? Until { get; private set; }

    public async Task OnGetAsync()
    {
        All = await delegations.Mine(Me, Stop);
        From ??= Local(Now);
        Until ??= Local(Now.AddDays(7));
    }

    public async Task<IActionResult> OnPostAsync(Guid person, string? from, string? until)
    {
        (From, Until) = (from, until);
        var done = HospitalTime.Said(from, Hospital.Zone) is { } begins && HospitalTime.Said(until, Hospital.Zone) is { } ends ? await delegations.Set(Me, person, begins, ends, Stop) : Problem.Unprocessable("Say from when until when.", "from", "delegation-time");
        return await After(done);
    }

    public async Task<IActionResult> OnPostEndAsync(Guid id) => await After(await delegations.End(Me, id, Stop));

    private async Task<IActionResult> After(Outcome<bool> done)
    {
        if (done.Ok) return SeeOther("/approvals/away");
        await OnGetAsync();
        (Problem, Response.StatusCode) = (done.Problem, done.Problem.Status);
        return Page();
    }

    private string Local(DateTimeOffset at) => HospitalTime.At(at, Zone).ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture);
}
