using HealthTeams.FhirGateway.Ehr;

namespace HealthTeams.Web.Administration;

/// <summary>What the hospital's EHRs are still to be told: what waits, what was given up and why, and again (EHR-07).</summary>
public sealed class WriteBackPage(WriteBackQueue queue) : AdminPage
{
    public IReadOnlyList<WriteBackRow> Rows { get; private set; } = [];
    public int GivenUp => Rows.Count(r => r.GivenUp);

    public async Task OnGetAsync() => Rows = await queue.List(Me.Tenant, Stop);

    public async Task<IActionResult> OnPostAsync(long? seq)
    {
        await queue.Retry(Me, seq, Stop);
        return SeeOther("/admin/write-back?done=retried");
    }

    public string Heading(Words words) => (GivenUp, Rows.Count) switch
    {
        (0, 0) => words["Nothing waits for an EHR"],
        (0, 1) => words["1 write waits for an EHR"],
        (0, _) => words["{0} writes wait for an EHR", Rows.Count],
        (1, _) => words["1 write was given up"],
        _ => words["{0} writes were given up", GivenUp],
    };
}
