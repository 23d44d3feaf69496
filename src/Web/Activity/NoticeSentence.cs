using HealthTeams.Collaboration.Activity;

namespace HealthTeams.Web.Activity;

/// <summary>How a slice says one kind of notice; each registers its own.</summary>
/// <param name="Icon">Of icons.svg.</param>
public sealed record NoticeSentence(string Kind, string Icon, Func<Words, Notice, string> Say);

/// <summary>All sentences by kind.</summary>
public sealed class NoticeSentences(IEnumerable<NoticeSentence> sentences)
{
    private readonly Dictionary<string, NoticeSentence> known = sentences.ToDictionary(s => s.Kind);

    public (string Icon, string Text) Say(Words words, Notice notice) =>
        known.TryGetValue(notice.Kind, out var sentence) ? (sentence.Icon, sentence.Say(words, notice)) : ("bell", words["Something changed that concerns you"]);
}
