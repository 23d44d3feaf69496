using HealthTeams.Collaboration.Sheets;
using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>SH-24: the roster as the reader sees it, or the worked time, as a workbook.</summary>
public sealed class ExportPage(RosterSheets sheets, TimeClock clock, Rosters rosters) : StaffPage
{
    public async Task<IActionResult> OnGetAsync(Guid team, string? from, int? days, string? what)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        if (ShiftTimes.Day(from) is not { } first) return Refuse(Problem.Invalid("The first day is written 2026-11-30.", "from"));
        if (what == "time") return await Worked(team, first, days ?? 7);
        var made = await sheets.Export(Me, team, first, days ?? 7, Stop);
        return made.Ok ? File(made.Value.File, SheetWriter.XlsxType, made.Value.Name) : Refuse(made.Problem);
    }

    private async Task<IActionResult> Worked(Guid team, DateOnly first, int days)
    {
        if (days is < 1 or > Rosters.MostDays) return Refuse(Problem.Unprocessable($"At most {Rosters.MostDays} days are exported at once.", "days", "export-range"));
        var roster = await rosters.Read(Me, team, first, 1, Stop);
        if (!roster.Ok) return Refuse(roster.Problem);
        var zone = roster.Value.Place.Schedule.TimeZone;
        var sheet = await clock.Sheet(Me, team, CoverRules.At(first, 0, zone), CoverRules.At(first.AddDays(days), 0, zone), Stop);
        if (!sheet.Ok) return Refuse(sheet.Problem);
        DateTime? Local(DateTimeOffset? at) => at is { } t ? TimeZoneInfo.ConvertTime(t, zone).DateTime : null;
        var rows = sheet.Value.Cards.Select(c => (IReadOnlyList<object?>)
        [
            sheet.Value.Names.GetValueOrDefault(c.Person), Local(c.InAt), Local(c.OutAt), (decimal)Math.Round(c.Breaks.Sum(b => ((b.To ?? Now) - b.From).TotalMinutes)), (decimal)Math.Round(c.Hours(Now), 2),
            c.InAtPlace, c.OutAtPlace, c.ConfirmedBy, c.Original is not null, c.Notes,
        ]);
        return File(SheetWriter.Xlsx("Worked time", ["Person", "In", "Out", "Break minutes", "Paid hours", "In at place", "Out at place", "Confirmed by", "Corrected", "Notes"], rows), SheetWriter.XlsxType, $"worked-{first:yyyy-MM-dd}.xlsx");
    }
}
