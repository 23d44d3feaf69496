using HealthTeams.Collaboration.PatientLists;

namespace HealthTeams.Web.PatientLists;

/// <summary>What lists say about themselves.</summary>
internal static class ListWords
{
    public static string Heading(Words words, OpenList open, int shown, bool past) => (past, open.Rows.Count) switch
    {
        (true, 0) => words["Nobody has left yet"],
        (true, 1) => words["1 has left"],
        (true, var n) => words["{0} have left", n],
        (false, 0) => words["{0}: nobody on the list", open.List.Name],
        (false, var n) when shown < n => words["{0}: {1} of {2}", open.List.Name, shown, n],
        (false, 1) => words["{0}: 1 row", open.List.Name],
        (false, var n) => words["{0}: {1} rows", open.List.Name, n],
    };

    public static (string Name, string Purpose) Template(Words words, string id) => id switch
    {
        "patients" => (words["Patients"], words["Needs and status of patients, for rounds and monitoring"]),
        "huddle" => (words["Huddle"], words["The ward's day in two minutes: who worries us, who moves"]),
        _ => (words["Discharge planning"], words["What still stands between a patient and home"]),
    };

    public static string Type(Words words, string type) => type switch
    {
        "text" => words["Text"],
        "number" => words["Number"],
        "currency" => words["Currency"],
        "boolean" => words["Yes or no"],
        "choice" => words["Choice"],
        "date" => words["Date"],
        "dateTime" => words["Date and time"],
        "person" => words["Member of staff"],
        "location" => words["Place (latitude, longitude)"],
        "lookup" => words["Row of another list"],
        "calculated" => words["Calculated"],
        "ehr" => words["From the chart"],
        "rounded" => words["Last rounded"],
        "mrn" => words["Patient, by record number"],
        "title" => words["What the row is about"],
        _ => words["Leave out"],
    };

    public static string Source(Words words, string? source) => source switch
    {
        "bed" => words["Bed"],
        "ward" => words["Ward"],
        "mrn" => words["Record number"],
        "ageSex" => words["Age and sex"],
        "admitted" => words["Admitted"],
        "plannedEnd" => words["Expected discharge"],
        "attending" => words["Attending"],
        "reason" => words["Reason for admission"],
        "flags" => words["Flags and allergies"],
        "todo" => words["Open tasks"],
        "age" => words["Age in years"],
        _ => words["Days since"],
    };

    public static string Operator(Words words, string op) => op switch
    {
        "eq" => words["is"],
        "ne" => words["is not"],
        "has" => words["contains"],
        "lt" => words["is less than"],
        "gt" => words["is more than"],
        "empty" => words["is empty"],
        _ => words["is filled in"],
    };

    public static string Tone(Words words, string tone) => tone switch
    {
        "red" => words["Red: act now"],
        "amber" => words["Amber: soon"],
        "green" => words["Green: done, well"],
        "blue" => words["Blue: information"],
        _ => words["Grey: past"],
    };
}
