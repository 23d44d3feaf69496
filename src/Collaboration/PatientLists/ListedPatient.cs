namespace HealthTeams.Collaboration.PatientLists;

/// <summary>What a list says of a patient, by the names of the columns of the template "Patients".</summary>
public sealed record ListedPatient(Guid Patient, string? Bed, string? Severity, string? Problem, string? CodeStatus, string? Contingency, string? Note)
{
    internal static ListedPatient Of(PatientList list, ListRow row)
    {
        string? Said(params string[] names) => names.Select(n => list.Columns.FirstOrDefault(c => c.Name.Equals(n, StringComparison.OrdinalIgnoreCase))).OfType<ListColumn>().Select(c => row.At(c.Id).Text).FirstOrDefault(t => !string.IsNullOrWhiteSpace(t));
        return new(row.Patient!.Value, row.Stay?.Bed, Said("Illness severity"), Said("Problem", "Concern") ?? row.Stay?.Reason, Said("Code status"), Said("Contingency"), Said("Note"));
    }

    /// <summary>The first list that says something is believed.</summary>
    internal ListedPatient With(ListedPatient other) => new(Patient, Bed ?? other.Bed, Severity ?? other.Severity, Problem ?? other.Problem, CodeStatus ?? other.CodeStatus, Contingency ?? other.Contingency, Note ?? other.Note);
}
