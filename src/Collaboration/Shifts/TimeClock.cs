using System.Text.Json;
using HealthTeams.Collaboration.Handovers;

namespace HealthTeams.Collaboration.Shifts;

public sealed record ClockBreak(DateTimeOffset From, DateTimeOffset? To);

/// <summary>SH-13: one piece of work as it was clocked.</summary>
public sealed record TimeCard
{
    public Guid Id { get; init; }
    public Guid Team { get; init; }
    public Guid Person { get; init; }

    /// <summary>"clockedIn", "onBreak" or "clockedOut".</summary>
    public string State { get; init; } = "";
    public DateTimeOffset InAt { get; init; }
    public bool? InAtPlace { get; init; }
    public string InNotes { get; init; } = "";
    public DateTimeOffset? OutAt { get; init; }
    public bool? OutAtPlace { get; init; }
    public string OutNotes { get; init; } = "";
    public string BreaksJson { get; init; } = "[]";
    public string Notes { get; init; } = "";

    /// <summary>As it was clocked, from before the first edit.</summary>
    public string? Original { get; init; }

    /// <summary>"none", "user" or "manager".</summary>
    public string ConfirmedBy { get; init; } = "none";
    public int Version { get; init; } = 1;

    public IReadOnlyList<ClockBreak> Breaks => JsonSerializer.Deserialize<List<ClockBreak>>(BreaksJson, JsonSerializerOptions.Web) ?? [];

    public double Hours(DateTimeOffset now) => Math.Max(0, ((OutAt ?? now) - InAt).TotalHours - Breaks.Sum(b => ((b.To ?? now) - b.From).TotalHours));

    internal const string Columns = """
        id, team, person, state, in_at as InAt, in_at_place as InAtPlace, in_notes as InNotes, out_at as OutAt, out_at_place as OutAtPlace, out_notes as OutNotes, breaks::text as BreaksJson,
        notes, original::text as Original, confirmed_by as ConfirmedBy, version
        """;
}

/// <summary>none, clockedIn, onBreak and back, clockedOut, confirmed (12.3).</summary>
public static class ClockRules
{
    public static readonly TimeSpan Longest = TimeSpan.FromHours(36);

    public static Outcome<TimeCard> Step(TimeCard card, string act, DateTimeOffset now) => (card.State, act) switch
    {
        ("clockedIn", "break") => card with { State = "onBreak", BreaksJson = Write([.. card.Breaks, new(now, null)]) },
        ("onBreak", "resume") => card with { State = "clockedIn", BreaksJson = Closed(card, now) },
        ("clockedIn" or "onBreak", "out") => card with { State = "clockedOut", OutAt = now, BreaksJson = Closed(card, now) },
        _ => Problem.Conflict(card.State switch { "clockedOut" => "This entry is clocked out.", "onBreak" => "You are on a break.", _ => "You are at work." }, "clock-step"),
    };

    public static Problem? Wrong(DateTimeOffset from, DateTimeOffset? to, IReadOnlyList<ClockBreak> breaks, DateTimeOffset now)
    {
        if (from > now || to > now) return Problem.Unprocessable("Work is entered when it is done, not before.", "in", "clock-future");
        if (to < from || (to ?? now) - from > Longest) return Problem.Unprocessable("An entry ends after it starts and lasts at most 36 hours.", "out", "clock-length");
        var inOrder = breaks.OrderBy(b => b.From).ToList();
        return inOrder.Any(b => b.To is null || b.To <= b.From || b.From < from || b.To > (to ?? now)) || inOrder.Zip(inOrder.Skip(1)).Any(p => p.First.To > p.Second.From)
            ? Problem.Unprocessable("Breaks lie within the entry, one after the other.", "breaks", "clock-breaks") : null;
    }

    internal static string Write(IReadOnlyList<ClockBreak> breaks) => JsonSerializer.Serialize(breaks, JsonSerializerOptions.Web);

    private static string Closed(TimeCard card, DateTimeOffset now) => Write([.. card.Breaks.Select(b => b.To is null ? b with { To = now } : b)]);
}

/// <summary>Clocking in and out, breaks, corrections that keep what was clocked, confirmations.</summary>
public sealed class TimeClock(Db db, ShiftAccess access, HandoverDoor handovers)
{
    /// <summary>"in", "break", "resume" or "out"; a second clock for the same person is refused by the database.</summary>
    /// <param name="despite">Out, although a handover of theirs waits: they were warned.</param>
    public Task<Outcome<TimeCard>> Clock(Caller caller, Guid team, string act, bool? atPlace, string notes, CancellationToken stop, bool despite = false) => db.In<Outcome<TimeCard>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.Take(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (!place.Value.Schedule.TimeClock) return Problem.Conflict("This team has switched its time clock off.", "clock-off");
        if (notes.Length > 500) return Problem.Invalid("Notes have at most 500 characters.", "notes", "too-long");
        var running = await tx.OneOrNone<TimeCard>($"select {TimeCard.Columns} from collab.time_card where tenant = @Tenant and person = @Person and state <> 'clockedOut' for update", new { tx.Tenant, caller.Person });
        TimeCard card;
        if (act == "in")
        {
            if (running is not null) return Problem.Conflict("You are clocked in already.", "clock-step");
            card = new TimeCard { Id = tx.NewId(), Team = team, Person = caller.Person!.Value, State = "clockedIn", InAt = tx.Now, InAtPlace = atPlace, InNotes = notes.Trim() };
            if (await tx.Execute("""
                insert into collab.time_card (tenant, id, team, person, state, in_at, in_at_place, in_notes) values (@Tenant, @Id, @Team, @Person, @State, @InAt, @InAtPlace, @InNotes)
                on conflict (tenant, person) where state <> 'clockedOut' do nothing
                """, new { tx.Tenant, card.Id, card.Team, card.Person, card.State, card.InAt, card.InAtPlace, card.InNotes }) == 0) return Problem.Conflict("You are clocked in already.", "clock-step");
        }
        else
        {
            if (running is null || running.Team != team) return Problem.Conflict("You are not clocked in here.", "clock-step");
            var next = ClockRules.Step(running, act, tx.Now);
            if (!next.Ok) return next.Problem;
            if (act == "out" && await handovers.ClockOut(tx, team, running.Person, despite) is { } waits) return waits;
            card = act == "out" ? next.Value with { OutAtPlace = atPlace, OutNotes = notes.Trim() } : next.Value;
            await Write(tx, card);
        }
        tx.Publish("shift.clocked", $"schedule/{team}", data: new { card = card.Id, card.State });
        return card;
    }, stop);

    private static Task<int> Write(Tx tx, TimeCard c) => tx.Execute("""
        update collab.time_card set state = @State, in_at = @InAt, out_at = @OutAt, out_at_place = @OutAtPlace, out_notes = @OutNotes, breaks = @BreaksJson::jsonb, notes = @Notes,
          original = @Original::jsonb, confirmed_by = @ConfirmedBy, version = version + 1
        where tenant = @Tenant and id = @Id and version = @Version
        """, new { tx.Tenant, c.Id, c.State, c.InAt, c.OutAt, c.OutAtPlace, c.OutNotes, c.BreaksJson, c.Notes, c.Original, c.ConfirmedBy, c.Version });

    /// <summary>A correction by the person or a manager. What was clocked is kept before the first, and a confirmation falls.</summary>
    public Task<Outcome<TimeCard>> Correct(Caller caller, Guid id, int version, DateTimeOffset inAt, DateTimeOffset? outAt, IReadOnlyList<ClockBreak> breaks, string notes, CancellationToken stop) => Change(caller, id, version, (card, _, now) =>
        notes.Length > 500 ? Problem.Invalid("Notes have at most 500 characters.", "notes", "too-long")
        : card.State == "clockedOut" != outAt is not null ? Problem.Unprocessable("A finished entry has an end; clock out to finish one that runs.", "out", "clock-step")
        : card.State == "onBreak" ? Problem.Conflict("End the break first.", "clock-step")
        : ClockRules.Wrong(inAt, outAt, breaks, now) is { } wrong ? wrong
        : card with
        {
            Original = card.Original ?? JsonSerializer.Serialize(new { card.InAt, card.OutAt, card.Breaks, card.InNotes, card.OutNotes, card.Notes }, JsonSerializerOptions.Web),
            InAt = inAt, OutAt = outAt, BreaksJson = ClockRules.Write(breaks), Notes = notes.Trim(), ConfirmedBy = "none",
        }, stop);

    public Task<Outcome<TimeCard>> Confirm(Caller caller, Guid id, int version, CancellationToken stop) => Change(caller, id, version, (card, own, _) =>
        card.State != "clockedOut" ? Problem.Conflict("Only finished work is confirmed.", "clock-step") : card with { ConfirmedBy = own ? "user" : "manager" }, stop);

    private Task<Outcome<TimeCard>> Change(Caller caller, Guid id, int version, Func<TimeCard, bool, DateTimeOffset, Outcome<TimeCard>> how, CancellationToken stop) => db.In<Outcome<TimeCard>>(caller.Tenant, caller.Actor, async tx =>
    {
        var unknown = Problem.NotFound("There is no such entry for you.", "card-unknown");
        if (await tx.OneOrNone<TimeCard>($"select {TimeCard.Columns} from collab.time_card where tenant = @Tenant and id = @id for update", new { tx.Tenant, id }) is not { } card) return unknown;
        var place = await access.Take(tx, caller, card.Team);
        if (!place.Ok) return place.Problem.Status == 404 ? unknown : place.Problem;
        var own = card.Person == caller.Person;
        if (!own && !place.Value.SeesHours) return unknown;
        if (card.Version != version) return ShiftSql.Stale;
        var next = how(card, own, tx.Now);
        if (!next.Ok) return next.Problem;
        await Write(tx, next.Value);
        tx.Publish("shift.clocked", $"schedule/{card.Team}", data: new { card = id, next.Value.State });
        return next.Value with { Version = card.Version + 1 };
    }, stop);

    /// <summary>The caller's clock that runs, wherever.</summary>
    public Task<TimeCard?> Running(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.OneOrNone<TimeCard>(
        $"select {TimeCard.Columns} from collab.time_card where tenant = @Tenant and person = @Person and state <> 'clockedOut'", new { tx.Tenant, caller.Person }), stop);

    /// <summary>Entries that began in the range: all of them for managers, one's own for others.</summary>
    public Task<Outcome<TimeSheet>> Sheet(Caller caller, Guid team, DateTimeOffset from, DateTimeOffset to, CancellationToken stop) => db.In<Outcome<TimeSheet>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.See(tx, caller, team);
        if (!place.Ok) return place.Problem;
        var cards = await tx.Query<TimeCard>($"""
            select {TimeCard.Columns} from collab.time_card where tenant = @Tenant and team = @team and in_at >= @from and in_at < @to and (@Manager or person = @Person) order by in_at
            """, new { tx.Tenant, team, from, to, Manager = place.Value.SeesHours, caller.Person });
        var names = await tx.Query<People.Person>("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = any(@people)", new { tx.Tenant, people = cards.Select(c => c.Person).Distinct().ToArray() });
        return new TimeSheet(place.Value, cards, names.ToDictionary(n => n.Id, n => n.Display));
    }, stop);
}

/// <summary>The worked time of a range, as the caller may see it.</summary>
public sealed record TimeSheet(ShiftPlace Place, IReadOnlyList<TimeCard> Cards, IReadOnlyDictionary<Guid, string> Names);
