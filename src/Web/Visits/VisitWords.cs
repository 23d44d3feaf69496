namespace HealthTeams.Web.Visits;

/// <summary>What the queue says about its visits.</summary>
internal static class VisitWords
{
    public static string Heading(Words words, VisitDay day, IReadOnlyList<VisitGroup> groups)
    {
        var waiting = day.Visits.Count(row => row.WaitingCount > 0);
        var people = day.Visits.Sum(row => row.WaitingCount);
        var parts = new List<string>
        {
            people switch
            {
                0 => words["Nobody is waiting"],
                1 => words["1 person is waiting"],
                _ when waiting == 1 => words["{0} people are waiting for one visit", people],
                _ => words["{0} people are waiting", people],
            },
        };
        if (Count(groups, VisitPlace.InVisit) is > 0 and var running) parts.Add(words["{0} in visit", running]);
        if (Count(groups, VisitPlace.Late) is > 0 and var late) parts.Add(words["{0} late", late]);
        if (groups.FirstOrDefault(g => g.Place == VisitPlace.Booked)?.Rows.FirstOrDefault(r => r.StartAt > day.Now)?.StartAt is { } next)
            parts.Add(words["next {0}", words.Moment(next, day.TimeZone, day.Now)]);
        return string.Join(" · ", parts);
    }

    public static string Group(Words words, VisitPlace place) => place switch
    {
        VisitPlace.Waiting => words["Waiting"],
        VisitPlace.InVisit => words["In visit"],
        VisitPlace.Late => words["Late"],
        VisitPlace.Arrived => words["Arrived"],
        VisitPlace.Booked => words["Booked"],
        VisitPlace.Finished => words["Finished"],
        VisitPlace.NoShow => words["No-show"],
        _ => words["Cancelled"],
    };

    /// <summary>Icon and tone of a place's badge.</summary>
    public static (string Icon, string Tone) Badge(VisitPlace place) => place switch
    {
        VisitPlace.Waiting => ("bell", "red"),
        VisitPlace.InVisit => ("camera", "green"),
        VisitPlace.Late => ("clock", "amber"),
        VisitPlace.Arrived => ("person", "blue"),
        VisitPlace.Booked => ("visits", "blue"),
        VisitPlace.Finished => ("done", "grey"),
        VisitPlace.NoShow => ("absent", "grey"),
        _ => ("cancelled", "grey"),
    };

    /// <summary>"1 waits in the room" beside a visit that already runs.</summary>
    public static string AlsoWaiting(Words words, int people) =>
        people == 1 ? words["1 more waits"] : words["{0} more wait", people];

    private static int Count(IReadOnlyList<VisitGroup> groups, VisitPlace place) =>
        groups.FirstOrDefault(group => group.Place == place)?.Rows.Count ?? 0;
}
