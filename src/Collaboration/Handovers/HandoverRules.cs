namespace HealthTeams.Collaboration.Handovers;

/// <summary>What a handover may be and become. Pure.</summary>
public static class HandoverRules
{
    public static readonly IReadOnlyList<string> Sections = ["severity", "summary", "actions", "contingency"];
    public static readonly IReadOnlyList<string> Severities = ["Unstable", "Watcher", "Stable"];
    public const int MostPatients = 120;
    public const int MostReceivers = 20;

    /// <summary>Whose shift ends: the shift is still this person's so long after its end.</summary>
    public static readonly TimeSpan StillMine = TimeSpan.FromHours(2);

    /// <summary>Who comes next: shifts that begin this much before or after the end of mine.</summary>
    public static readonly TimeSpan Around = TimeSpan.FromMinutes(90);

    /// <summary>The sick first; who has no severity yet before the stable, since nobody has said that they are.</summary>
    public static int Order(string severity) => severity switch { "Unstable" => 0, "Watcher" => 1, "Stable" => 3, _ => 2 };

    /// <summary>I-PASS asks for a synthesis; for a patient who is stable a tick is one.</summary>
    public static bool NeedsWords(string severity) => severity != "Stable";

    /// <summary>A refresh replaces what the system wrote, never what a person wrote.</summary>
    public static string Refreshed(string text, string filled, string next) => text == filled ? next : text;

    /// <summary>What the list says now and the writer's text does not: offered beside it.</summary>
    public static string? Suggestion(HandoverSection section) => section.Text != section.Filled && section.Filled.Length > 0 ? section.Filled : null;

    /// <summary>Some minutes after the shift's end; without a shift, after it was offered. Never in the past: who begins late is given the same minutes.</summary>
    public static DateTimeOffset? EscalateAt(DateTimeOffset? endsAt, DateTimeOffset? offeredAt, int minutes, DateTimeOffset now)
    {
        var from = endsAt ?? offeredAt;
        if (from is null) return null;
        var at = from.Value.AddMinutes(minutes);
        return at > now ? at : now.AddMinutes(minutes);
    }

    /// <summary>Every reason why it cannot be offered yet.</summary>
    public static IEnumerable<string> NotReady(IReadOnlyList<HandoverEntry> entries)
    {
        if (entries.Count == 0) yield return "There is no patient in it.";
        var without = entries.Count(e => e.Severity.Length == 0);
        if (without > 0) yield return $"{without} of {entries.Count} patients have no illness severity.";
        var sick = entries.Count(e => e.Severity is "Watcher" or "Unstable" && e.Text("contingency").Trim().Length == 0);
        if (sick > 0) yield return $"{sick} patients who are Watcher or Unstable have no contingency.";
    }

    public static Problem? WrongText(string section, string? text)
    {
        if (!Sections.Contains(section)) return Problem.Invalid("A section is severity, summary, actions or contingency.", "section", "handover-section");
        if (text?.Length > 4000) return Problem.Unprocessable("A section has at most 4,000 characters.", section, "handover-section");
        return section == "severity" && text is { Length: > 0 } && !Severities.Contains(text) ? Problem.Unprocessable("Illness severity is Stable, Watcher or Unstable.", section, "handover-section") : null;
    }

    /// <summary>Which of the giver's clocks may stop: what to say, and whether saying it again stops it.</summary>
    public static Problem? ClockOut(string rule, int open, bool despite) => open == 0 || rule == "off" || (rule == "warn" && despite) ? null : rule == "refuse"
        ? Problem.Conflict("Your handover is not accepted yet. Clock out when the one who comes has read it back.", "handover-open")
        : Problem.Conflict("Your handover is not accepted yet. You can clock out all the same.", "handover-warning");
}
