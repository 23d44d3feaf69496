namespace HealthTeams.Collaboration.PatientLists;

/// <summary>LS-02: a structure to begin with, and rows to see it by. The samples are never stored.</summary>
public sealed record ListTemplate(string Id, string Name, string Purpose, IReadOnlyList<ColumnAsked> Columns, IReadOnlyList<IReadOnlyList<string>> Samples);

/// <summary>LS-09: Patients with the sixteen columns of section 9, the first being the patient. Pure. Birth date, sex and record number stand with the patient, so their columns are hidden at first.</summary>
public static class ListTemplates
{
    private static readonly ColumnAsked Bed = Ehr("Bed", "bed");
    private static readonly ColumnAsked Severity = new("Illness severity", ColumnType.Choice)
    {
        Settings = new() { Choices = [new("Stable", "green"), new("Watcher", "amber"), new("Unstable", "red")] },
    };

    public static IReadOnlyList<ListTemplate> All { get; } =
    [
        new("patients", "Patients", "Needs and status of patients, for rounds and monitoring",
            [
                Bed, Ehr("MRN", "mrn") with { Hidden = true }, Ehr("Age/sex", "ageSex") with { Hidden = true }, Ehr("Admitted", "admitted"), Ehr("Expected discharge", "plannedEnd"), Severity, Text("Problem"), Ehr("Attending", "attending"),
                new("Nurse", ColumnType.Person),
                new("Code status", ColumnType.Choice) { Settings = new() { OwnText = true, Choices = [new("Full code", "green"), new("DNR", "red"), new("DNR/DNI", "red"), new("Comfort care", "blue")] } },
                Ehr("Isolation/allergy", "flags"), Ehr("To do", "todo"),
                Text("Contingency"), new("Last rounded", ColumnType.Rounded), Text("Note"),
            ],
            [["4-01", "MRN 0000001", "56 y · F", "21-Nov-2026", "25-Nov-2026", "Watcher", "Heart failure", "Attending A", "Nurse A", "Full code", "Contact isolation", "2", "If weight up 2 kg, call", "09:10 Attending A", "Daughter visits at 14:00"],
             ["4-02", "MRN 0000002", "71 y · M", "22-Nov-2026", "unknown", "Stable", "Pneumonia", "Attending B", "Nurse B", "DNR", "", "0", "If SpO2 under 90 %, oxygen", "", ""]]),
        new("huddle", "Huddle", "The ward's day in two minutes: who worries us, who moves",
            [Bed, Severity, Text("Concern"), new("Owner", ColumnType.Person), new("Due", ColumnType.DateTime), new("Done", ColumnType.Boolean)],
            [["4-01", "Watcher", "New oxygen need", "Nurse A", "23-Nov-2026 11:00", "no"], ["4-02", "Stable", "Family meeting", "Nurse B", "23-Nov-2026 14:00", "yes"]]),
        new("discharge", "Discharge planning", "What still stands between a patient and home",
            [
                Bed, Ehr("Expected discharge", "plannedEnd"),
                new("Goes to", ColumnType.Choice) { Settings = new() { OwnText = true, Choices = [new("Home"), new("Home with care"), new("Rehabilitation"), new("Nursing home"), new("Hospice")] } },
                new("Transport booked", ColumnType.Boolean), new("Medicines ready", ColumnType.Boolean), new("Letter written", ColumnType.Boolean),
                Text("Barrier"), new("Social worker", ColumnType.Person), new("Confirmed for", ColumnType.Date),
            ],
            [["4-01", "25-Nov-2026", "Home with care", "yes", "no", "no", "Stairs at home", "Social worker A", "25-Nov-2026"], ["4-02", "unknown", "Rehabilitation", "no", "no", "no", "Waiting for a place", "Social worker A", ""]]),
    ];

    private static ColumnAsked Text(string name) => new(name, ColumnType.Text);
    private static ColumnAsked Ehr(string name, string source) => new(name, ColumnType.Ehr) { Settings = new() { Source = source } };
}
