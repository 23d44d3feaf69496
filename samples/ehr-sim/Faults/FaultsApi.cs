using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace EhrSim;

internal static class FaultsApi
{
    public static void MapFaults(this WebApplication app, Ehr ehr)
    {
        app.MapGet("/faults", () => Now(ehr));
        app.MapDelete("/faults", () =>
        {
            ehr.Faults.Reset();
            return Now(ehr);
        });
        app.MapPost("/faults", async (HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            // By its looks and not its label: curl -d calls everything a form.
            if (context.Request.HasFormContentType && !body.TrimStart().StartsWith('{')) return FromPage(ehr, QueryHelpers.ParseQuery(body));
            if (!Json.TryParse(body, out var node) || node is not JsonObject wished)
                return Results.Json(new { error = "Send a JSON object of switches" }, statusCode: 400);
            return ehr.Faults.Turn(wished) is { } problem ? Results.Json(new { error = problem }, statusCode: 400) : Now(ehr);
        });
    }

    /// <summary>A form leaves out what is not ticked: everything it does not name is off.</summary>
    private static IResult FromPage(Ehr ehr, Dictionary<string, StringValues> form)
    {
        var wished = new JsonObject();
        foreach (var (name, value) in form)
        {
            if (value == "on") wished[name] = true;
            else if (int.TryParse(value, out var number)) wished[name] = number;
            else if (value.ToString() is { Length: > 0 } text) wished[name] = text;
        }
        ehr.Faults.Reset();
        ehr.Faults.Turn(wished);
        return Results.Redirect("/status#faults");
    }

    private static IResult Now(Ehr ehr) => Results.Text(ehr.Faults.AsJson().ToJsonString(Json.Compact), "application/json");
}
