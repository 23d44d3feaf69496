namespace HealthTeams.Collaboration.Shifts;

/// <summary>A request as it stands (SH-11, SH-12).</summary>
public record ShiftRequest
{
    public Guid Id { get; init; }
    public Guid Team { get; init; }

    /// <summary>"swap", "offer", "claim" (of an open shift) or "off".</summary>
    public string Kind { get; init; } = "";
    public string State { get; init; } = "";
    public string AssignedTo { get; init; } = "";
    public Guid Sender { get; init; }
    public Guid? Recipient { get; init; }
    public Guid? Shift { get; init; }
    public Guid? OtherShift { get; init; }
    public DateTimeOffset? StartsAt { get; init; }
    public DateTimeOffset? EndsAt { get; init; }
    public Guid? Reason { get; init; }
    public string Message { get; init; } = "";
    public string RecipientMessage { get; init; } = "";
    public DateTimeOffset? RecipientAt { get; init; }
    public Guid? Manager { get; init; }
    public string ManagerMessage { get; init; } = "";
    public DateTimeOffset? ManagerAt { get; init; }

    /// <summary>Why the system declined: "rival", "no-slots", "shift-gone".</summary>
    public string? Why { get; init; }
    public string[] Overridden { get; init; } = [];
    public DateTimeOffset MadeAt { get; init; }
    public DateTimeOffset ChangedAt { get; init; }
    public int Version { get; init; }

    /// <summary>Logical id of its Task.</summary>
    public string Task { get; init; } = "";

    public IEnumerable<Guid> Shifts => new[] { Shift, OtherShift }.OfType<Guid>();
    public string Link => $"/shifts/requests/{Id}";

    internal const string Columns = """
        r.id, r.team, r.kind, r.state, r.assigned_to as AssignedTo, r.sender, r.recipient, r.shift, r.other_shift as OtherShift, r.starts_at as StartsAt, r.ends_at as EndsAt, r.reason, r.message,
        r.recipient_message as RecipientMessage, r.recipient_at as RecipientAt, r.manager, r.manager_message as ManagerMessage, r.manager_at as ManagerAt, r.why, r.overridden,
        r.made_at as MadeAt, r.changed_at as ChangedAt, r.version, r.task
        """;
}

internal static class RequestSql
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such request for you.", "request-unknown");

    public static Task<ShiftRequest?> Find(Tx tx, Guid id, bool toChange = false) => tx.OneOrNone<ShiftRequest>(
        $"select {ShiftRequest.Columns} from collab.shift_request r where r.tenant = @Tenant and r.id = @id {(toChange ? "for update" : "")}", new { tx.Tenant, id });

    public static Task<ShiftRequest?> ByTask(Tx tx, string task) => tx.OneOrNone<ShiftRequest>(
        $"select {ShiftRequest.Columns} from collab.shift_request r where r.tenant = @Tenant and r.task = @task", new { tx.Tenant, task });

    /// <summary>False when the same is asked already.</summary>
    public static async Task<bool> Add(Tx tx, ShiftRequest r) => await tx.Execute("""
        insert into collab.shift_request (tenant, id, team, kind, state, assigned_to, sender, recipient, shift, other_shift, starts_at, ends_at, reason, message, made_at, changed_at, task)
        values (@Tenant, @Id, @Team, @Kind, @State, @AssignedTo, @Sender, @Recipient, @Shift, @OtherShift, @StartsAt, @EndsAt, @Reason, @Message, @Now, @Now, @Task)
        on conflict (tenant, kind, sender, shift, other_shift, recipient, starts_at, ends_at) where state = 'pending' do nothing
        """, new { tx.Tenant, tx.Now, r.Id, r.Team, r.Kind, r.State, r.AssignedTo, r.Sender, r.Recipient, r.Shift, r.OtherShift, r.StartsAt, r.EndsAt, r.Reason, r.Message, r.Task }) == 1;

    public static Task Step(Tx tx, ShiftRequest r) => tx.Execute("""
        update collab.shift_request set state = @State, assigned_to = @AssignedTo, recipient_message = @RecipientMessage, recipient_at = @RecipientAt, manager = @Manager,
          manager_message = @ManagerMessage, manager_at = @ManagerAt, why = @Why, overridden = @Overridden, changed_at = @Now, version = version + 1
        where tenant = @Tenant and id = @Id
        """, new { tx.Tenant, tx.Now, r.Id, r.State, r.AssignedTo, r.RecipientMessage, r.RecipientAt, r.Manager, r.ManagerMessage, r.ManagerAt, r.Why, r.Overridden });

    /// <summary>The system ends what can no longer come true (12.3): rivals, requests about shifts that are gone or no longer what they were.</summary>
    public static async Task Void(Tx tx, IReadOnlyCollection<Guid> shifts, string why, Guid? except, ProjectFhir project)
    {
        var ended = await tx.Query<ShiftRequest>($"""
            with ended as (
              update collab.shift_request set state = 'declined', assigned_to = 'system', why = @why, changed_at = @Now, version = version + 1
              where tenant = @Tenant and state = 'pending' and (shift = any(@shifts) or other_shift = any(@shifts)) and id is distinct from @except
              returning *)
            select {ShiftRequest.Columns} from ended r order by r.id
            """, new { tx.Tenant, tx.Now, why, except, shifts = shifts.ToArray() });
        foreach (var request in ended) await RequestTold.Ended(tx, request, project);
    }

    /// <summary>After a share or a withdrawal: the shift is gone, is another's, or is at another time than was asked for.</summary>
    public static Task Orphaned(Tx tx, IReadOnlyCollection<Guid> shifts, ProjectFhir project) => Void(tx, shifts, "shift-gone", null, project);
}
