using System.Globalization;

namespace EhrSim;

internal static class PagesMap
{
    public static void MapPages(this WebApplication app, Ehr ehr)
    {
        app.MapAssets();
        app.MapGet("/", (string? changed, string? problem) => DayPage.Show(ehr, changed, problem));
        app.MapGet("/day/rows", () => Fragment(DayPage.Rows(ehr)));
        app.MapGet("/chart/{patient}", (string patient, string? appointment, string? begin) => ChartPage.Show(ehr, patient, appointment, begin is not null));
        app.MapGet("/chart/{patient}/facts", (string patient, string appointment) =>
            Schedule.Find(ehr.Records, appointment) is { } visit && visit.PatientId == patient ? Fragment(ChartPage.FactRows(ehr, visit)) : Results.NotFound());
        app.MapGet("/portal/{patient}", (string patient, string? appointment, string? begin) => PortalPage.Show(ehr, patient, appointment, begin is not null));
        app.MapGet("/status", () => StatusPage.Show(ehr));
        app.MapGet("/status/panel", () => Fragment(StatusPage.Panel(ehr)));

        app.MapPost("/book", async (HttpContext context) =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            return Back(await BookVisit.Book(ehr, Wish(form), context.RequestAborted));
        });
        app.MapPost("/visits/{id}/reschedule", async (string id, HttpContext context) => Back(await BookVisit.Reschedule(ehr, id, 15, context.RequestAborted)));
        app.MapPost("/visits/{id}/cancel", async (string id, HttpContext context) => Back(await BookVisit.Cancel(ehr, id, context.RequestAborted)));
        app.MapPost("/visits/{id}/push", async (string id, HttpContext context) => Back(await BookVisit.Pushed(ehr, id, context.RequestAborted)));
        app.MapFallback(() => ProblemPage.Show(ehr, 404, "No such page", "This EHR has nothing at that address."));
    }

    private static VisitWish Wish(IFormCollection form) => new(
        int.TryParse(form["startInMinutes"], CultureInfo.InvariantCulture, out var minutes) ? minutes : 10,
        form["patient"], form["practitioner"], form["reason"]);

    private static IResult Back(VisitChange change) => Results.Redirect(change.Visit is { } visit ? $"/?changed={visit.Id}" : $"/?problem={Uri.EscapeDataString(change.Problem!)}");

    private static IResult Fragment(Html html) => Results.Text(html.Text, "text/html; charset=utf-8");
}
