using System.Text.Json;
using System.Text.Json.Serialization;
using HealthTeams.FhirGateway.Access;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>
/// Whose rights work in the background acts with: those of the caller who asked for it, as they were then. Scopes narrowed
/// by a query grant nothing here: what cannot be enforced for every version and every line is refused, not guessed.
/// </summary>
internal sealed record Rights(string Id, CallerKind Kind, string? Client, string[] Scopes, string? Patient)
{
    private static readonly string[] Everything = ["system/*.cruds"];

    [JsonIgnore]
    public Actor Actor => new(Id, Kind, Client);

    [JsonIgnore]
    public string Json => JsonSerializer.Serialize(this);

    public static Rights Of(Caller caller) => new(caller.Id, caller.Kind, caller.Client, [.. caller.Scopes], caller.LaunchPatient);

    /// <summary>The product itself has no caller and may everything; anybody else without one may nothing.</summary>
    public static Rights Of(Actor actor) => actor.Caller is { } caller ? Of(caller) : new Rights(actor.Id, actor.Kind, actor.Client, actor == Actor.Product ? Everything : [], null);

    /// <summary>Whoever asked, with what counts here.</summary>
    public Caller Caller(int tenant) => new()
    {
        Tenant = tenant, TenantSlug = "", Id = Id, Kind = Kind, Client = Client, Scopes = [.. Scopes.Where(s => !s.Contains('?', StringComparison.Ordinal))], LaunchPatient = Patient,
    };

    public static Rights Parse(string json) => JsonSerializer.Deserialize<Rights>(json)!;

    /// <summary>The same within what <see cref="On"/> found: where one interaction is limited to the patient, all are.</summary>
    public Caller Within(Reach reach, int tenant, string type) => reach.Patient is null ? Caller(tenant) : Caller(tenant) with { Scopes = [$"patient/{type}.rs"] };

    /// <param name="type">Resource type, or "*" for all of them.</param>
    /// <param name="interactions">All of these (of cruds) are needed.</param>
    public Outcome<Reach> On(string type, string interactions)
    {
        var limited = false;
        foreach (var interaction in interactions)
        {
            var scopes = Scopes.Select(t => SmartScope.TryParse(t, out var s) ? s : null).OfType<SmartScope>()
                // Of app state and of messages a user reaches a part only, which is like a narrowed scope.
                .Where(s => s.Filter is null && !(s.Level == ScopeLevel.User && Correspondence.Of(s.Level, type)) && (s.Level == ScopeLevel.Patient || !AppState.Of(Kind, type)) && (s.Type == "*" || s.Type == type) && s.Interactions.Contains(interaction, StringComparison.Ordinal)).ToList();
            if (scopes.Exists(s => s.Level != ScopeLevel.Patient)) continue;
            if (scopes.Count == 0 || Patient is null)
            {
                return Problem.Forbidden($"The granted scopes do not allow '{interaction}' on {(type == "*" ? "every type" : type)}{(Scopes.Any(s => s.Contains('?', StringComparison.Ordinal)) ? " (scopes narrowed by a query do not count here)" : "")}.");
            }
            limited = true;
        }
        return new Reach(limited ? Patient : null);
    }
}

/// <param name="Patient">The one patient that is reached; null for all.</param>
internal readonly record struct Reach(string? Patient);
