using HealthTeams.Collaboration.Shifts;
using HealthTeams.Web.Activity;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Shifts;

internal static class ShiftPages
{
    public static void AddShiftPages(this IServiceCollection services)
    {
        services.AddSingleton(new NoticeSentence("shift.shared", "shifts", (words, n) => words["{0} shared the roster of {1}", n.Of("team"), ShiftWords.Range(words, n)]));
        services.AddSingleton(new NoticeSentence("shift.withdrawn", "shifts", (words, n) => words["{0} took back the roster of {1}", n.Of("team"), ShiftWords.Range(words, n)]));
        services.AddSingleton(new NoticeSentence("shift.note", "shifts", (words, n) => words["{0} wrote a note on the roster", n.Of("team")]));
        services.AddSingleton(new NoticeSentence("shift.asked", "swap", (words, n) => words["A request about shifts waits for you: {0}", ShiftWords.Kind(words, n.Of("kind"))]));
        services.AddSingleton(new NoticeSentence("shift.accepted", "swap", (words, _) => words["Your colleague agreed; a manager decides now"]));
        services.AddSingleton(new NoticeSentence("shift.approved", "done", (words, n) => words["A request about shifts is approved: {0}", ShiftWords.Kind(words, n.Of("kind"))]));
        services.AddSingleton(new NoticeSentence("shift.declined", "close", ShiftWords.Ended));
        services.AddSingleton(new NoticeSentence("shift.taken-back", "undo", (words, _) => words["A request about shifts was taken back"]));
    }
}
