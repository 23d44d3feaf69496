using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;

namespace HealthTeams.SmartLauncher.Ehrs.Checks;

/// <summary>Tests a registration step by step and keeps the last result. Steps are told as they end, some side by side.</summary>
public sealed class EhrChecks(Db db, EhrRegistry ehrs, EhrProbe probe)
{
    /// <param name="by">Who asked; the test is an event.</param>
    public async IAsyncEnumerable<CheckStep> Run(Ehr ehr, Actor by, [EnumeratorCancellation] CancellationToken stop)
    {
        var told = Channel.CreateUnbounded<CheckStep>();
        var work = Task.Run(async () =>
        {
            try
            {
                await probe.Run(ehr, told.Writer, stop);
                told.Writer.Complete();
            }
            catch (Exception e)
            {
                told.Writer.Complete(e);
            }
        }, stop);
        var steps = new List<CheckStep>();
        await foreach (var step in told.Reader.ReadAllAsync(stop))
        {
            steps.Add(step);
            yield return step;
        }
        await work;
        await Keep(ehr, steps, by, stop);
    }

    public async Task<IReadOnlyDictionary<Guid, KeptCheck>> All(int tenant, CancellationToken stop) =>
        (await db.In(tenant, Actor.Product, tx => tx.Query<Row>(
            "select ehr, at, steps::text as Steps from auth.ehr_check where tenant = @Tenant", new { tx.Tenant }), stop))
        .ToDictionary(r => r.Ehr, r => new KeptCheck(r.At, JsonSerializer.Deserialize<List<CheckStep>>(r.Steps) ?? []));

    private async Task Keep(Ehr ehr, List<CheckStep> steps, Actor by, CancellationToken stop)
    {
        // Removed while it was tested: there is nothing to keep.
        if (await ehrs.Get(ehr.Tenant, ehr.Id, stop) is null) return;
        await db.In(ehr.Tenant, by, async tx =>
        {
            await tx.Execute("""
                insert into auth.ehr_check (tenant, ehr, at, steps)
                select @Tenant, e.id, @Now, @steps::jsonb from auth.ehr e where e.tenant = @Tenant and e.id = @Id
                on conflict (tenant, ehr) do update set at = excluded.at, steps = excluded.steps
                """, new { tx.Tenant, ehr.Id, tx.Now, steps = JsonSerializer.Serialize(steps) });
            tx.Publish("ehr.tested", $"ehr/{ehr.Id}", null, new { failed = steps.Where(s => s.State == CheckState.Failed).Select(s => s.Name) });
        }, stop);
    }

    private sealed record Row
    {
        public Guid Ehr { get; init; }
        public DateTimeOffset At { get; init; }
        public string Steps { get; init; } = "";
    }
}
