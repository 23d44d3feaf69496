using Ical.Net;
using Ical.Net.CalendarComponents;
using Ical.Net.DataTypes;
using Ical.Net.Serialization;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>RFC 5545: one person's shared shifts for the calendar on their phone. Label, group and team; no notes, nothing of patients.</summary>
public static class ShiftCalendar
{
    public static string Write(IReadOnlyList<MyShift> shifts, DateTimeOffset now, string host)
    {
        var calendar = new Calendar { ProductId = "-//HealthTeams//Shifts//EN" };
        calendar.AddProperty("X-WR-CALNAME", "Shifts");
        calendar.AddProperty("REFRESH-INTERVAL;VALUE=DURATION", "PT15M");
        foreach (var (item, team, group, reason, _) in shifts)
        {
            calendar.Events.Add(new CalendarEvent
            {
                Uid = $"{item.Id}@{host}", DtStamp = new CalDateTime(now.UtcDateTime, "UTC"), DtStart = new CalDateTime(item.StartsAt.UtcDateTime, "UTC"), DtEnd = new CalDateTime(item.EndsAt.UtcDateTime, "UTC"),
                Summary = item.Kind == "off" ? reason ?? "Off" : item.Label.Length > 0 ? $"{item.Label} · {group ?? team}" : group ?? team,
                Location = item.Kind == "off" ? null : team, Sequence = item.Version, Transparency = "OPAQUE",
            });
        }
        return new CalendarSerializer().SerializeToString(calendar) ?? "";
    }
}
