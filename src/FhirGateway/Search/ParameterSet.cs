namespace HealthTeams.FhirGateway.Search;

/// <summary>What can be searched by in one tenant: all of R4, and what the tenant defined itself.</summary>
internal sealed class ParameterSet(IReadOnlyList<Parameter> own)
{
    public static readonly ParameterSet Standard = new([]);

    public IReadOnlyList<Parameter> Own => own;

    public Parameter? Find(string type, string code)
    {
        foreach (var p in own)
        {
            if (p.Type == type && p.Code == code) return p;
        }
        return SearchParameters.Find(type, code);
    }

    public IEnumerable<Parameter> Of(string type) => SearchParameters.Of(type).Concat(own.Where(p => p.Type == type));
}
