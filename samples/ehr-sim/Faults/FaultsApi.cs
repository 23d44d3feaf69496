using System.Text.Json.Nodes;

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
            if (context.Request.HasFormContentType) return FromPage(ehr, await context.Request.ReadFormAsync(context.RequestAborted));
            using var reader = new StreamReader(context.Request.Body);
            if (!Json.TryParse(await reader.ReadToEndAsync(context.RequestAborted), out var node) || node is not JsonObject wished)
                return Results.Json(new { error = "Send a JSON object of switches" }, statusCode: 400);
            return ehr.Faults.Turn(wished) is { } problem ? Results.Json(new { error = problem }, statusCode: 400) : Now(ehr);
        });
    }

    /// <summary>A form leaves out what is not ticked: everything it does not name is off.</summary>
    private static IResult FromPage(Ehr ehr, IFormCollection form)
    {
        var wished = new JsonObject();
        foreach (var (name, value) in form)
        {
            if (value == "on") wished[name] = true;
            else if (int.TryParse(value, out var number)) wished[name] = number;
        }
        ehr.Faults.Reset();
        ehr.Faults.Turn(wished);
        return Results.Redirect("/status#faults");
    }

    private static IResult Now(Ehr ehr) => Results.Text(ehr.Faults.AsJson().ToJsonString(Json.Compact), "application/json");
}
