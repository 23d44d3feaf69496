using HealthTeams.Collaboration.Policies;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Policies;

/// <summary>Whom a form names.</summary>
internal static class PolicyForm
{
    public static PolicyTargets Targets(IFormCollection form) => new(Ids(form, "person"), Ids(form, "team"), Texts(form, "role"), Texts(form, "code"), form["everyone"] == "true");

    private static IReadOnlyList<Guid> Ids(IFormCollection form, string name) => [.. form[name].Select(v => Guid.TryParse(v, out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty)];

    private static IReadOnlyList<string> Texts(IFormCollection form, string name) =>
        [.. form[name].SelectMany(v => (v ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
}
