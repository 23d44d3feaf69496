namespace EhrSim;

/// <summary>One version of a visit's Appointment or Encounter; no status when something else changed.</summary>
internal sealed record WriteBackStep(DateTimeOffset At, string What, int Version, string? Status, string Writer);

internal static class WriteBack
{
    /// <summary>Empty for a visit that nobody touched since it was booked.</summary>
    public static IReadOnlyList<WriteBackStep> Of(Records records, BookedVisit visit)
    {
        var steps = Steps(records, $"Appointment/{visit.Id}").Concat(visit.EncounterId is null ? [] : Steps(records, $"Encounter/{visit.EncounterId}"))
            .OrderBy(s => s.At).ThenBy(s => s.Version).ToList();
        return steps.Exists(s => s.Version > 1 || s.Writer != "ehr") ? steps : [];
    }

    public static IEnumerable<RecordVersion> Others(Records records) => RecordTypes.All.Where(t => t is not ("Appointment" or "Encounter"))
        .SelectMany(records.All).Where(v => v.Writer != "ehr").OrderByDescending(v => v.At);

    private static IEnumerable<WriteBackStep> Steps(Records records, string reference)
    {
        string? before = null;
        foreach (var version in records.History(reference))
        {
            var status = version.IsDeleted ? "deleted" : version.Resource.Text("status");
            yield return new WriteBackStep(version.At, version.Type, version.Number, status == before ? null : status, version.Writer);
            before = status;
        }
    }
}
