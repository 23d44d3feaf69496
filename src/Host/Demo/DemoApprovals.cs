using HealthTeams.Collaboration.Approvals;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

/// <summary>A request under way in two steps, one decided, and a template of the ward.</summary>
internal static class DemoApprovals
{
    public static async Task Load(IServiceProvider services, Tenant tenant, DateTimeOffset seed, CancellationToken stop)
    {
        var db = services.GetRequiredService<Db>();
        var (people, there) = await db.In(tenant.Id, Actor.Product, async tx => (
            (await tx.Query<(string Username, Guid Person)>("select username, person from auth.credential where tenant = @Tenant", new { tx.Tenant })).ToDictionary(p => p.Username, p => p.Person),
            await tx.Scalar<bool>("select exists (select from collab.approval where tenant = @Tenant)", new { tx.Tenant })), stop);
        if (there) return;
        var (ask, answers) = (services.GetRequiredService<AskApproval>(), services.GetRequiredService<AnswerApproval>());
        var bed = await ask.Ask(As("seacole"), new NewApproval("Bed swap between 4-02 and 4-07", "Isolation room needed tonight.", [new StepPlan(StepRule.First, [people["nightingale"]]), new StepPlan(StepRule.First, [people["curie"]])])
        {
            Team = DemoTeams.Ward, Due = seed.AddHours(30), EscalateTo = people["osler"],
        }, stop);
        Done(bed.Problem);
        Done((await answers.Answer(As("nightingale"), bed.Value, "Approve", "4-07 is free from 18:00.", new SignerProof(null, null), stop)).Problem);
        var pump = await ask.Ask(As("barton"), new NewApproval("Two more infusion pumps for the weekend", null, [new StepPlan(StepRule.First, [people["osler"], people["nightingale"]])]) { Team = DemoTeams.Ward }, stop);
        Done(pump.Problem);
        Done((await answers.Answer(As("osler"), pump.Value, "Approve", null, new SignerProof(null, null), stop)).Problem);
        Done((await services.GetRequiredService<ApprovalTemplates>().Save(As("nightingale"), null, DemoTeams.Ward, "Overtime", "Hours beyond the roster.", [new StepPlan(StepRule.First, [people["nightingale"]])],
            AnswerWord.Usual, "* Hours | number\n* Reason | choice: sick colleague, more patients, other\nWhat happened", false, 24, stop)).Problem);

        Caller As(string user) => new() { Tenant = tenant.Id, TenantSlug = tenant.Slug, Id = people[user].ToString(), Kind = CallerKind.Staff, Person = people[user] };
    }

    private static void Done(Platform.Problems.Problem? problem)
    {
        if (problem is not null) throw new StartupException($"The demo approvals were refused: {problem.Detail}");
    }
}
