using System.Text.Json;

namespace HealthTeams.FhirGateway.Search;

/// <summary>What the second and third component of a composite say; the columns of the kind it is of are filled.</summary>
internal readonly record struct ComponentValue(
    string? System, string? Code, decimal? Lo, decimal? Hi, decimal? Low, decimal? High, string? Unit, DateTimeOffset? From, DateTimeOffset? Until,
    string? Norm, string? Exact, short? TargetType, string? TargetId);

/// <summary>
/// One element of a resource as a composite parameter sees it, so that code and value are found on the same one.
/// http://hl7.org/fhir/R4/search.html#combining. The first component is a token in all of R4.
/// </summary>
internal readonly record struct CompositeRow(int Param, string? System, string Code, ComponentValue B, ComponentValue C)
{
    public static IEnumerable<CompositeRow> Of(Parameter p, JsonElement element, JsonElement resource)
    {
        var parts = p.Components.Select(c => Values(c, element, resource)).ToArray();
        return from a in parts[0] from b in parts[1] from c in parts.Length > 2 ? parts[2] : [default]
               where a.Code is not null
               select new CompositeRow(p.Number, a.System, a.Code!, b, c);
    }

    private static List<ComponentValue> Values(Component component, JsonElement element, JsonElement resource)
    {
        var rows = new IndexRows();
        foreach (var path in component.Paths)
        {
            foreach (var value in path.Walk(path.FromResource ? resource : element)) rows.Add(component.Parameter, path.OnlyTarget, value);
        }
        return
        [
            .. rows.Tokens.Where(t => t.Param == component.Parameter.Number && t.Code.Length > 0).Select(t => new ComponentValue { System = t.System, Code = t.Code }),
            .. rows.Quantities.Select(q => new ComponentValue { Lo = q.Lo, Hi = q.Hi, Low = q.Low, High = q.High, System = q.System, Code = q.Code, Unit = q.Unit }),
            .. rows.Dates.Select(d => new ComponentValue { From = d.Lo, Until = d.Hi }),
            .. rows.Strings.Select(s => new ComponentValue { Norm = s.Norm, Exact = s.Exact }),
            .. rows.References.Select(r => new ComponentValue { TargetType = r.TargetType, TargetId = r.TargetId }),
        ];
    }
}
