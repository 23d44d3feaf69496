namespace HealthTeams.Collaboration.Messages;

/// <summary>Urgent, in one place (MSG-01, MSG-02): the words of priority and the times of repetition. Pure.</summary>
public static class MessageRules
{
    /// <summary>An urgent message notifies at 0, 2, 4 ... 20 minutes: 11 times, until that person reads it.</summary>
    public const int UrgentNotifications = 11;
    public static readonly TimeSpan UrgentEvery = TimeSpan.FromMinutes(2);

    /// <summary>FHIR request-priority in: routine → normal, urgent → important, asap and stat → urgent.</summary>
    public static string PriorityOf(string? fhir) => fhir switch
    {
        "urgent" => "important",
        "asap" or "stat" => "urgent",
        _ => "normal",
    };

    /// <summary>When step <paramref name="step"/> + 1 is due, counted from sending so that lateness does not add up; null when it was the last.</summary>
    public static DateTimeOffset? NextAfter(int step, string priority, DateTimeOffset sentAt, DateTimeOffset now)
    {
        if (priority != "urgent") return null;
        // After an outage the missed repeats are not rung all at once: the next one on the beat, none after 20 minutes.
        var next = Math.Max(step + 1, (int)((now - sentAt) / UrgentEvery) + 1);
        return next < UrgentNotifications ? sentAt + UrgentEvery * next : null;
    }
}
