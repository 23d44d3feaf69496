using HealthTeams.FhirGateway.Ehr;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Ehrs.Checks;

namespace HealthTeams.Web.Administration;

/// <summary>One registration as the list shows it.</summary>
public sealed record EhrRow(Ehr Ehr, KeptCheck? Checked, EhrHealthRow? Health, string Zone, DateTimeOffset Now);

/// <summary>This hospital's EHRs, the health of each in one line (EHR-10).</summary>
public sealed class EhrsPage(EhrRegistry ehrs, EhrChecks checks, WriteBackQueue queue, EhrHealth health) : AdminPage
{
    public IReadOnlyList<EhrRow> Rows { get; private set; } = [];
    public int Waiting { get; private set; }
    public int GivenUp { get; private set; }

    public async Task OnGetAsync()
    {
        var (known, written) = (await checks.All(Me.Tenant, Stop), await health.All(Me.Tenant, Stop));
        Rows = [.. (await ehrs.All(Me.Tenant, Stop)).Select(e => new EhrRow(e, known.GetValueOrDefault(e.Id), written.GetValueOrDefault(e.Id), Zone, Now))];
        var waiting = await queue.List(Me.Tenant, Stop);
        (Waiting, GivenUp) = (waiting.Count(r => !r.GivenUp), waiting.Count(r => r.GivenUp));
    }

    public string Heading(Words words) => (Rows.Count, Rows.Count(r => r.Checked is { Failed: > 0 })) switch
    {
        (0, _) => words["EHRs"],
        (1, 0) => words["1 EHR may launch us"],
        (_, 0) => words["{0} EHRs may launch us", Rows.Count],
        (_, 1) => words["1 EHR failed its last test"],
        (_, var failed) => words["{0} EHRs failed their last test", failed],
    };
}
