using HealthTeams.Collaboration.Forms;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

/// <summary>A ward's board as a shift finds it: work that is late, due, begun, waiting; a round that repeats; a check that needs its photo.</summary>
internal static class DemoTasks
{
    public static async Task Load(IServiceProvider services, Tenant tenant, DateTimeOffset seed, CancellationToken stop)
    {
        var db = services.GetRequiredService<Db>();
        if (await db.In(tenant.Id, Actor.Product, tx => tx.Scalar<bool>("select exists (select from collab.task_board where tenant = @Tenant and team = @Ward)", new { tx.Tenant, DemoTeams.Ward }), stop)) return;
        var people = (await db.In(tenant.Id, Actor.Product, tx => tx.Query<(string Username, Guid Person)>("select username, person from auth.credential where tenant = @Tenant", new { tx.Tenant }), stop)).ToDictionary(p => p.Username, p => p.Person);
        var patients = await db.In(tenant.Id, Actor.Product, tx => tx.Query<Guid>("select id from collab.person where tenant = @Tenant and kind = 'Patient' and birth_date is not null order by lower(family), id limit 6", new { tx.Tenant }), stop);
        Guid? Patient(int n) => patients.Count > n ? patients[n] : null;
        var chief = Staff(tenant, people["nightingale"], "Florence Nightingale");
        var doctor = Staff(tenant, people["curie"], "Dr Marie Curie");
        var (boards, changes, series, work, parts) = (services.GetRequiredService<TaskBoards>(), services.GetRequiredService<TaskChanges>(), services.GetRequiredService<TaskSeries>(), services.GetRequiredService<TaskProgress>(), services.GetRequiredService<TaskParts>());
        var board = (await boards.Make(chief, DemoTeams.Ward, "Ward work", ["To do", "This shift", "Waiting"], stop)).Value;
        await boards.Make(doctor, DemoTeams.Clinic, "Clinic work", ["To do", "Follow-up"], stop);
        var buckets = await db.In(tenant.Id, Actor.Product, tx => tx.Query<Guid>("select id from collab.task_bucket where tenant = @Tenant and board = @board order by place", new { tx.Tenant, board }), stop);
        var (today, minute) = TaskTime.Local(seed, tenant.Zone);
        short Later(int minutes) => (short)Math.Min(1439, minute + minutes);

        await changes.Add(chief, new TaskSaid { Board = board, Bucket = buckets[0], Title = "Order the physiotherapy review", Patient = Patient(0), Priority = TaskRules.Important, DueDay = today.AddDays(-1), Assignees = [people["seacole"]], Labels = "mobility" }, stop);
        await changes.Add(chief, new TaskSaid { Board = board, Bucket = buckets[0], Title = "Weigh before breakfast", Patient = Patient(1), DueDay = today.AddDays(1), DueMinute = 450, Assignees = [people["barton"]] }, stop);
        await changes.Add(chief, new TaskSaid { Board = board, Bucket = buckets[0], Title = "Ask the family for the home medication list", Patient = Patient(2), Labels = "discharge" }, stop);
        await changes.Add(chief, new TaskSaid { Board = board, Bucket = buckets[1], Title = "Check potassium and call the doctor", Patient = Patient(3), Priority = TaskRules.Urgent, DueDay = today, DueMinute = Later(60), RemindMinutes = 10, Assignees = [people["seacole"], people["curie"]], Notes = "Result expected from the laboratory; call with the value." }, stop);
        var wound = await changes.Add(chief, new TaskSaid
        {
            Board = board, Bucket = buckets[1], Title = "Change the dressing, with a photo", Patient = Patient(4), DueDay = today, Assignees = [people["barton"]], Labels = "wound",
            Checks = ["Hands and gloves", "Old dressing off, wound cleaned", "Size measured", "New dressing, date on it"],
            Needs = new Needs(true, true, people["nightingale"], FormLines.Parse("* Skin around | choice: intact, red, broken\nPain 0 to 10 | number\nRemarks").Value),
        }, stop);
        if (wound.Ok)
        {
            var barton = Staff(tenant, people["barton"], "Clara Barton");
            await work.Set(barton, wound.Value.Id, wound.Value.Version, Progress.InProgress, stop);
            await parts.Comment(barton, wound.Value.Id, "Started; the camera is in room 3.", stop);
        }
        var scan = await changes.Add(doctor, new TaskSaid { Board = board, Bucket = buckets[2], Title = "Echo slot from cardiology", Patient = Patient(5), DueDay = today.AddDays(2), Assignees = [people["curie"]] }, stop);
        if (scan.Ok) await work.Set(doctor, scan.Value.Id, scan.Value.Version, Progress.Waiting, stop);
        await changes.Add(doctor, new TaskSaid { Title = "Prepare the teaching round", DueDay = today.AddDays(3) }, stop);
        await series.Start(chief, new SeriesSaid(new Recurrence(Pattern.Daily, 1, today, []), 1260, 1, false, new TaskSaid { Board = board, Bucket = buckets[1], Title = "Evening check of the emergency trolley", Checks = ["Defibrillator test", "Drugs in date", "Suction works"], Needs = Needs.Nothing with { Checklist = true } }), stop);
    }

    private static Caller Staff(Tenant tenant, Guid person, string name) => new() { Tenant = tenant.Id, TenantSlug = tenant.Slug, Id = person.ToString(), Kind = CallerKind.Staff, Person = person, Display = name };
}
