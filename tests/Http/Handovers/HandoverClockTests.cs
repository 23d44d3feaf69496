using System.Net;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Platform.Callers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Handovers;

/// <summary>The end of the shift: who comes is proposed, the clock asks for the handover, and what nobody accepts goes to the owners.</summary>
[Trait("Row", "SH-HANDOVER")]
public sealed class HandoverClockTests(HandoverWard ward) : IClassFixture<HandoverWard>
{
    private static readonly DateOnly Monday = new(2026, 11, 23);

    [Fact, Trait("Row", "SH-13")]
    public async Task Who_comes_next_is_proposed_the_clock_waits_for_the_handover_and_the_owners_hear_when_it_is_late()
    {
        await ward.Done("owner", $"/shifts/{ward.TeamId}?handler=begin", ("zone", "Europe/Paris"));
        var group = await ward.Ask<Guid>($"select id from collab.shift_group where team = '{ward.TeamId}'");
        // The clock stands at 10:00 in Paris: an early until 10:30, a day from 10:15 on, a night that is far.
        foreach (var (who, start, end, label) in new[] { ("giver", "06:00", "10:30", "Early"), ("next", "10:15", "18:00", "Day"), ("second", "20:00", "23:00", "Night") })
        {
            await ward.Done("owner", $"/shifts/{ward.TeamId}/item", ("Kind", "shift"), ("Person", ward.People[who].ToString()), ("Group", group.ToString()), ("Date", $"{Monday:yyyy-MM-dd}"), ("Start", start), ("End", end), ("Label", label), ("Theme", "blue"), ("share", "true"));
        }
        var proposal = await ward["giver"].GetStringAsync($"/handovers/new?team={ward.TeamId}&list={ward.List}");
        Assert.Contains("your shift Early ends 10:30", HandoverWard.Said(proposal), StringComparison.Ordinal);
        Assert.Matches($"value=\"{ward.People["next"]}\" checked", proposal);
        Assert.DoesNotMatch($"value=\"{ward.People["second"]}\" checked", proposal);
        Assert.Contains("hand your patients over", await ward.Page("giver", "/shifts"), StringComparison.Ordinal);

        await ward.Done("giver", "/shifts?handler=clock", ("team", ward.TeamId.ToString()), ("act", "in"), ("atPlace", "true"));
        var id = await ward.Draft("next");
        // Warned at first, as a team has it that set nothing; the owner makes it a refusal.
        Assert.Contains("handover-warning", await ward.Refused(HttpStatusCode.Conflict, "giver", "/shifts?handler=clock", ("team", ward.TeamId.ToString()), ("act", "out")), StringComparison.Ordinal);
        await ward.Refused(HttpStatusCode.Forbidden, "giver", $"/handovers/rules/{ward.TeamId}", ("clockOut", "off"), ("minutes", "20"), ("version", "0"));
        await ward.Done("owner", $"/handovers/rules/{ward.TeamId}", ("clockOut", "refuse"), ("minutes", "20"), ("version", "0"));
        await ward.Refused(HttpStatusCode.Conflict, "owner", $"/handovers/rules/{ward.TeamId}", ("clockOut", "off"), ("minutes", "20"), ("version", "0"));
        await ward.Done("giver", $"/handovers/{id}?handler=offer");
        Assert.Contains("handover-open", await ward.Refused(HttpStatusCode.Conflict, "giver", "/shifts?handler=clock", ("team", ward.TeamId.ToString()), ("act", "out"), ("despite", "true")), StringComparison.Ordinal);

        // The shift ended at 10:30; at 10:50 nobody has accepted.
        ward.Clock.Advance(TimeSpan.FromMinutes(49));
        Assert.Equal(0L, await ward.Notices("owner", "handover.late", id));
        ward.Clock.Advance(TimeSpan.FromMinutes(2));
        await TestProduct.Until(async () => await ward.Notices("owner", "handover.late", id) == 1, "the owner is told");
        Assert.Equal(1L, await ward.Notices("next", "handover.waits", id));
        Assert.Equal(0L, await ward.Notices("second", "handover.waits", id));
        Assert.Contains("Late, not accepted", await ward.Page("owner", "/handovers"), StringComparison.Ordinal);
        // The owner sends it to who is there, and the clock may stop when it is accepted.
        await ward.Done("owner", $"/handovers/{id}?handler=redirect", ("to", ward.People["second"].ToString()));
        await ward.Refused(HttpStatusCode.Forbidden, "next", $"/handovers/{id}?handler=accept");
        await ward.ReadAll("second", id);
        await ward.Done("second", $"/handovers/{id}?handler=accept");
        await ward.Done("giver", "/shifts?handler=clock", ("team", ward.TeamId.ToString()), ("act", "out"));
        ward.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1L, await ward.Ask<long>($"select count(*) from collab.handover_event where handover = '{id}' and kind = 'escalated'"));

        // The one query that escalation uses: role, team, group, place.
        async Task<int> On(string? role, string? group = null, string? place = null, Guid? team = null) => (await ward.Db.In(1, Actor.Product, tx => ward.App.Services.GetRequiredService<ShiftDoor>().OnShift(tx, team, role, ward.Clock.GetUtcNow(), group, place), default)).Count;
        Assert.Equal(1, await On("nurse", team: ward.TeamId));
        Assert.Equal(1, await On(null, "everybody", "ward h"));
        Assert.Equal(0, await On(null, "Doctors", "ward h"));
        Assert.Equal(0, await On("nurse", place: "Ward X"));
    }
}
