namespace HealthTeams.Collaboration.Shifts;

/// <summary>What is about to be kept, as the workforce system reads it.</summary>
internal sealed class Proposal
{
    public List<object> Changes { get; } = [];

    /// <summary>What kind each change is of, in their order, and what people call the thing.</summary>
    public List<string> Entities { get; } = [];
    public Dictionary<string, string> Names { get; } = [];

    public static string Entity(string kind) => kind switch { "open" => "openShift", "off" => "timeOff", _ => "shift" };

    /// <summary>Many at once, each by its name in a refusal.</summary>
    public void Add(string method, IEnumerable<ShiftItem> items, RosterRules rules)
    {
        foreach (var i in items)
        {
            Add(method, i);
            Names[i.Id.ToString()] = $"{(i.Label.Length > 0 ? i.Label : i.Kind)} {ShiftRules.Moment(i.StartsAt, rules)}";
        }
    }

    /// <summary>Without what this system is not asked about.</summary>
    public Proposal Of(IReadOnlyCollection<string> supported)
    {
        var some = new Proposal();
        foreach (var (change, entity) in Changes.Zip(Entities).Where(c => supported.Contains(c.Second)))
        {
            some.Changes.Add(change);
            some.Entities.Add(entity);
        }
        foreach (var (id, name) in Names) some.Names[id] = name;
        return some;
    }

    public void Add(string method, ShiftItem i) => Add(Entity(i.Kind), new
    {
        id = i.Id, method, url = $"/{(i.Kind == "open" ? "openshifts" : i.Kind == "off" ? "timesoff" : "shifts")}/{i.Id}",
        body = new { i.Id, userId = i.Person, schedulingGroupId = i.Group, timeOffReasonId = i.Reason, startDateTime = i.StartsAt, endDateTime = i.EndsAt, displayName = i.Label, openSlotCount = i.Slots, i.Skills },
    });

    private void Add(string entity, object change)
    {
        Changes.Add(change);
        Entities.Add(entity);
    }

    public void Add(string method, ShiftRequest r) => Add(ShiftRequests.Entity(r.Kind), new
    {
        id = r.Id, method, url = $"/{r.Kind}requests/{r.Id}",
        body = new { r.Id, r.State, r.AssignedTo, senderUserId = r.Sender, recipientUserId = r.Recipient, senderShiftId = r.Shift, recipientShiftId = r.OtherShift, startDateTime = r.StartsAt, endDateTime = r.EndsAt, timeOffReasonId = r.Reason },
    });
}
