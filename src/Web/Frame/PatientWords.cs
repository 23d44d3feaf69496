namespace HealthTeams.Web.Frame;

/// <summary>A patient's facts in words; unknown is written, never left blank.</summary>
public static class PatientWords
{
    public static string Gender(Words words, string? gender) => gender switch
    {
        "female" => words["female"],
        "male" => words["male"],
        "other" => words["other gender"],
        _ => words["gender unknown"],
    };

    /// <summary>"born 03-Feb-1970 (56 y)".</summary>
    public static string Born(Words words, DateOnly? birth, DateOnly today) => birth is { } born
        ? words["born {0} ({1} y)", words.Date(born), HospitalTime.Age(born, today)]
        : words["birth date unknown"];
}
