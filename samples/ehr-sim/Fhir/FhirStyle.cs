using System.Text.Json.Nodes;

namespace EhrSim;

internal sealed record ChosenStyle(string Name);

/// <summary>Whose manners the FHIR side has: "plain" takes updates and patches, "patch" JSON Patch only, "readonly" neither, "oracle" what Oracle Health documents.</summary>
internal sealed class FhirStyle(Journal journal)
{
    private static readonly string[] Names = ["plain", "patch", "readonly", "oracle"];
    private readonly KeptTable<ChosenStyle> kept = new(journal, "style");

    public string Name => kept.Find("now")?.Name ?? "plain";
    public bool IsOracle => Name == "oracle";

    public bool Choose(string? name)
    {
        if (name is null || !Names.Contains(name)) return false;
        kept.Put("now", new ChosenStyle(name));
        return true;
    }

    /// <summary>What the CapabilityStatement offers of a type.</summary>
    public IEnumerable<string> Interactions(string type, IEnumerable<string> all) => type is not ("Appointment" or "Encounter") ? all : Name switch
    {
        "patch" or "oracle" => all.Except(["update", "delete"]),
        "readonly" => all.Except(["update", "delete", "patch", "create"]),
        _ => all,
    };

    /// <summary>Null: this style has nothing against it.</summary>
    public FhirAnswer? Refusal(string method, string type)
    {
        if (type is not ("Appointment" or "Encounter")) return null;
        var offered = Name switch
        {
            "patch" or "oracle" => method is not ("PUT" or "DELETE"),
            "readonly" => false,
            _ => true,
        };
        return offered ? null : FhirAnswer.Problem(405, "not-supported", $"{method} of {type} is not offered here (style {Name})");
    }

    public static void Map(WebApplication app, Ehr ehr)
    {
        app.MapGet("/fhir-style", () => Results.Json(new { style = ehr.Style.Name }));
        app.MapPost("/fhir-style", async (HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var name = Json.TryParse(await reader.ReadToEndAsync(context.RequestAborted), out var node) ? (node as JsonObject).Text("style") : null;
            return ehr.Style.Choose(name) ? Results.Json(new { style = name }) : Results.Json(new { error = $"style is one of {string.Join(", ", Names)}" }, statusCode: 400);
        });
    }
}
