namespace HealthTeams.FhirGateway.Search;

/// <summary>Code sets that a search names by :in, :not-in, :above and :below, looked up before its SQL is made.</summary>
internal sealed class Terms
{
    public static readonly Terms None = new();
    private readonly Dictionary<(string Modifier, string Value), Outcome<IReadOnlyList<(string System, string Code)>>> known = [];

    public void Add(string modifier, string value, Outcome<IReadOnlyList<(string, string)>> codes) => known[(modifier == "not-in" ? "in" : modifier, value)] = codes;

    public Outcome<IReadOnlyList<(string System, string Code)>> Of(string modifier, string value) =>
        known.TryGetValue((modifier == "not-in" ? "in" : modifier, value), out var found) ? found
            : Problem.Invalid($"The modifier ':{modifier}' is not supported here.", code: "not-supported");
}
