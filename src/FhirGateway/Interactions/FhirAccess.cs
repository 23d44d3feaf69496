using System.Collections.Concurrent;
using System.Text.Json;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Compartments;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>What the caller's SMART scopes let through; asked before anything is searched (SMART-S15). Deny unless allowed.</summary>
internal static class FhirAccess
{
    private static readonly ConcurrentDictionary<string, SmartScope?> Parsed = new(StringComparer.Ordinal);

    /// <summary>
    /// What a patient's own data refer to and no patient's data are: a patient/ scope reads them by id and sees them
    /// included, but does not search the directory.
    /// </summary>
    private static readonly HashSet<string> Directory = ["Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Medication"];

    /// <summary>For interactions that know no narrowed scopes: those grant nothing here.</summary>
    public static Outcome<Limit> Check(Caller caller, string type, char interaction)
    {
        var limited = false;
        foreach (var scope in Scopes(caller))
        {
            if (scope.Filter is not null || !scope.Allows(type, interaction) || (AppState.Of(caller, type) && scope.Level != ScopeLevel.Patient)) continue;
            if (scope.Level != ScopeLevel.Patient) return new Limit(null);
            limited = caller.LaunchPatient is not null;
        }
        return limited ? new Limit(caller.LaunchPatient) { Grants = [new Grant(caller.LaunchPatient, [])] } : No(type, interaction);
    }

    /// <summary>The union of all scopes that cover it, narrowed ones too (patient/Observation.rs?category=vital-signs).</summary>
    public static Outcome<Limit> Reach(Caller caller, string type, char interaction)
    {
        var grants = new List<Grant>();
        var state = AppState.Of(caller, type);
        foreach (var scope in Scopes(caller))
        {
            if (!scope.Allows(type, interaction)) continue;
            var patient = scope.Level == ScopeLevel.Patient && !(interaction == 'r' && Directory.Contains(type)) ? caller.LaunchPatient : null;
            if (scope.Level == ScopeLevel.Patient && caller.LaunchPatient is null) continue;
            if (ScopeFilter.Read(type, scope.Filter) is not { } filter) continue; // what is not understood grants nothing
            if (state)
            {
                grants.AddRange(AppState.Narrow(caller, interaction, new Grant(patient, filter)));
                continue;
            }
            if (Correspondence.Of(scope.Level, type))
            {
                grants.AddRange(Correspondence.Narrow(caller, interaction, new Grant(patient, filter)));
                continue;
            }
            if (patient is null && filter.Count == 0) return new Limit(null);
            grants.Add(new Grant(patient, filter));
        }
        // The scope fhirUser reads who the user is (SMART-S7), whatever else was granted.
        if (interaction == 'r' && caller.FhirUser is { } user && user.StartsWith($"{type}/", StringComparison.Ordinal)) grants.Add(new Grant(null, [ScopeFilter.Itself(user[(type.Length + 1)..])]));
        if (grants.Count == 0) return No(type, interaction);
        // All of the patient holds what narrower scopes grant of that patient, and nothing of what they grant of others.
        if (grants.Find(g => g.Filter.Count == 0) is { } all) grants = [all, .. grants.Where(g => g.Patient != all.Patient)];
        return new Limit(grants is [{ Filter.Count: 0 } only] ? only.Patient : null) { Grants = grants, AppState = state };
    }

    /// <summary>Whether this version is within the limit.</summary>
    public static bool Belongs(Limit limit, string type, string id, ReadOnlyMemory<byte> body)
    {
        if (limit.Grants is null) return true;
        using var document = JsonDocument.Parse(body);
        var resource = document.RootElement;
        return limit.Grants.Any(g => (g.Patient is null || Compartment.OfPatient(g.Patient, type, id, resource)) && g.Filter.All(f => f.Matches(resource)));
    }

    /// <summary>Who may look into the machine: everything on every type, without a narrowing query.</summary>
    public static bool Operator(Caller caller) => Scopes(caller).Any(s => s is { Level: ScopeLevel.System, Type: "*", Interactions: "cruds", Filter: null });

    private static IEnumerable<SmartScope> Scopes(Caller caller) => caller.Scopes.Select(text => Parsed.GetOrAdd(text, t => SmartScope.TryParse(t, out var s) ? s : null)).OfType<SmartScope>();

    private static Problem No(string type, char interaction) => Problem.Forbidden($"The granted scopes do not allow '{interaction}' on {type}.");
}

/// <param name="Patient">The one patient all of it is limited to, where it is that simple.</param>
internal readonly record struct Limit(string? Patient)
{
    /// <summary>Any of these; null is no limit.</summary>
    public IReadOnlyList<Grant>? Grants { get; init; }

    /// <summary>Basic in the hands of an app: the rules of app state hold.</summary>
    public bool AppState { get; init; }
}

/// <summary>What one scope grants of a type.</summary>
internal sealed record Grant(string? Patient, IReadOnlyList<ScopeFilter> Filter);

/// <summary>
/// One parameter of a narrowed scope (SMART v2, "?category=vital-signs"): a token or a reference by value, which can be
/// told both of stored rows and of bytes. A scope that asks for more grants nothing.
/// </summary>
internal sealed record ScopeFilter(string Name, string Value, Func<JsonElement, bool> Matches)
{
    public static ScopeFilter Itself(string id) => new("_id", id, resource => resource.TryGetProperty("id", out var own) && own.ValueEquals(id));

    /// <returns>Null when it is not understood.</returns>
    public static IReadOnlyList<ScopeFilter>? Read(string type, string? query)
    {
        if (query is null) return [];
        var filters = new List<ScopeFilter>();
        foreach (var (name, value) in Conditions.Parse(query))
        {
            if (SearchParameters.Find(type, name) is not { } p || SearchValue.HoldsZero(value)) return null;
            var asked = SearchValue.Split(value, ',').Where(v => v.Length > 0).Select(v => Asked(p, v)).ToList();
            if (asked.Count == 0 || asked.Contains(null)) return null;
            filters.Add(new ScopeFilter(name, value, resource => IndexRows.Of(resource, [p]) is var rows && asked.Exists(a => a!(rows))));
        }
        return filters.Count == 0 ? null : filters;
    }

    private static Func<IndexRows, bool>? Asked(Parameter p, string value)
    {
        switch (p.Kind)
        {
            case ParameterKind.Token when p.OnlySystem is null:
                var parts = SearchValue.Split(value, '|').Select(SearchValue.Unescape).Select(IndexRows.Cut).ToArray();
                if (parts.Length > 2 || parts.All(t => t.Length == 0)) return null;
                var (system, code) = parts.Length == 1 ? (null, parts[0]) : (parts[0], parts[1]);
                return rows => rows.Tokens.Any(t => t.Param == p.Number && (code.Length == 0 || t.Code == code)
                    && (system is null || t.System == (system.Length == 0 ? null : system) || (t.System is null && system.Length > 0 && p.Implies(system))));
            case ParameterKind.Reference:
                var (type, id) = Reference.Split(SearchValue.Unescape(value));
                var number = type is not null ? Storage.ResourceTypes.Number(type) : p.Targets is [var only] ? Storage.ResourceTypes.NumberOrNone(only) : null;
                return number is null ? null : rows => rows.References.Any(r => r.TargetType == number && r.TargetId == id);
            default:
                return null;
        }
    }
}
