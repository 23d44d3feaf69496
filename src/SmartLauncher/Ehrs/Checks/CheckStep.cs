using System.Globalization;

namespace HealthTeams.SmartLauncher.Ehrs.Checks;

public enum CheckState { Ok, Failed, Skipped, Note }

/// <summary>
/// One step of a registration's test, said in words. The English sentences are the keys of their translation; what they
/// speak of is in <see cref="Args"/>.
/// </summary>
/// <param name="Name">Stable: "reach", "discovery", "issuer", "keys", "our-keys", "client", "backend", "frame", "write", "launch".</param>
/// <param name="Said">What was found.</param>
/// <param name="Todo">What to do about it; null where nothing is.</param>
public sealed record CheckStep(string Name, CheckState State, string Said, string? Todo, IReadOnlyList<string> Args)
{
    public static CheckStep Ok(string name, string said, params string[] args) => new(name, CheckState.Ok, said, null, args);
    public static CheckStep Failed(string name, string said, string todo, params string[] args) => new(name, CheckState.Failed, said, todo, args);
    public static CheckStep Skipped(string name, string said, params string[] args) => new(name, CheckState.Skipped, said, null, args);
    public static CheckStep Note(string name, string said, string? todo, params string[] args) => new(name, CheckState.Note, said, todo, args);

    /// <summary>Marks a sentence as one that pages translate.</summary>
    internal static string Word(string english) => english;

    /// <summary>What the step tests.</summary>
    public string Title => Titles.GetValueOrDefault(Name, Name);

    /// <summary>For the console.</summary>
    public string Line
    {
        get
        {
            var said = Fill(Said);
            return State switch
            {
                CheckState.Ok => $"ok       {Title}: {said}",
                CheckState.Failed => $"failed   {Title}: {said} What to do: {Fill(Todo!)}",
                CheckState.Skipped => $"skipped  {Title}: {said}",
                _ => $"note     {Title}: {said}{(Todo is null ? "" : " " + Fill(Todo))}",
            };
        }
    }

    private string Fill(string text) => string.Format(CultureInfo.InvariantCulture, text, [.. Args]);

    private static readonly Dictionary<string, string> Titles = new(StringComparer.Ordinal)
    {
        ["reach"] = Word("Reaching the EHR"),
        ["discovery"] = Word("SMART discovery"),
        ["fhir"] = Word("FHIR version"),
        ["issuer"] = Word("Issuer of id_tokens"),
        ["keys"] = Word("Keys of the issuer"),
        ["our-keys"] = Word("Our keys"),
        ["client"] = Word("Client at the EHR"),
        ["backend"] = Word("Backend client"),
        ["write"] = Word("Right to write back"),
        ["frame"] = Word("Frames"),
        ["launch"] = Word("Trial launch"),
    };
}

/// <summary>The last test of a registration.</summary>
public sealed record KeptCheck(DateTimeOffset At, IReadOnlyList<CheckStep> Steps)
{
    public int Failed => Steps.Count(s => s.State == CheckState.Failed);
}
