using HealthTeams.Collaboration.PatientLists;

namespace HealthTeams.Web.PatientLists;

/// <summary>What a refusal of a list means to its reader. Of a cell's the domain says the column's name, a phrase and a full stop.</summary>
internal static class ListProblems
{
    public static string Say(Words words, Problem problem) => problem is { Code: "cell-value", Where: { } column } ? Cell(words, column, problem.Detail) : ProblemWords.Say(words, problem);

    public static string Say(Words words, ImportError error) => Cell(words, error.Column, error.What);

    private static string Cell(Words words, string column, string said) => said switch
    {
        "No patient of this hospital has this record number." => words["No patient of this hospital has this record number."],
        "Several patients have this number." => words["Several patients have this number."],
        "The row says neither whom nor what it is about." => words["The row says neither whom nor what it is about."],
        _ when said.StartsWith($"{column} ", StringComparison.Ordinal) => $"{column} {Phrase(words, said[(column.Length + 1)..^1])}.",
        _ => words[said],
    };

    private static string Phrase(Words words, string phrase) => phrase switch
    {
        "must be filled in" => words["must be filled in"],
        "is a number, such as 12.5" => words["is a number, such as 12.5"],
        "is yes or no" => words["is yes or no"],
        "is a date, such as 2026-11-23" => words["is a date, such as 2026-11-23"],
        "is a date and a time, such as 2026-11-23 09:30" => words["is a date and a time, such as 2026-11-23 09:30"],
        "names a member of staff" => words["names a member of staff"],
        "names a row of the other list" => words["names a row of the other list"],
        "is a place as latitude and longitude, such as 48.8566,2.3522" => words["is a place as latitude and longitude, such as 48.8566,2.3522"],
        _ when phrase.StartsWith("is one of: ", StringComparison.Ordinal) => words["is one of: {0}", phrase[11..]],
        _ => phrase,
    };
}
