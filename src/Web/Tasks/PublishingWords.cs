namespace HealthTeams.Web.Tasks;

internal static class PublishingWords
{
    public static string State(Words words, string state) => state switch { "published" => words["Published"], "unpublished" => words["Unpublished"], _ => words["Draft"] };

    public static string Tone(string state) => state switch { "published" => "green", "unpublished" => "grey", _ => "amber" };
}
