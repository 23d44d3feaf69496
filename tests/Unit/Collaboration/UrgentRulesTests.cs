using System.Buffers.Text;
using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.Messages.Channels;
using Xunit;

namespace HealthTeams.Tests.Collaboration;

public sealed class UrgentRulesTests
{
    private static readonly DateTimeOffset Nine = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    [Trait("Row", "15.1")]
    public void What_holds_where_nobody_said_otherwise_begins_after_four_minutes_and_ends_with_the_sender()
    {
        Assert.Empty(EscalationRules.Wrong(EscalationRules.Standard));
        Assert.Equal(4, EscalationRules.Standard.Steps[0].AfterMinutes);
        Assert.Equal(StepKind.Sender, EscalationRules.Standard.Steps[^1].Kind);
    }

    [Fact]
    public void A_step_that_finds_nobody_hands_on_at_once_and_one_that_is_late_moves_those_behind_it()
    {
        Assert.Equal(Nine.AddMinutes(8), EscalationRules.Next(Nine.AddMinutes(4), Nine.AddMinutes(8), Nine.AddMinutes(4).AddSeconds(1), nobody: false));
        Assert.Equal(Nine.AddMinutes(4), EscalationRules.Next(Nine.AddMinutes(4), Nine.AddMinutes(8), Nine.AddMinutes(4), nobody: true));
        Assert.Equal(Nine.AddMinutes(34), EscalationRules.Next(Nine.AddMinutes(4), Nine.AddMinutes(8), Nine.AddMinutes(30), nobody: false));
    }

    [Theory]
    [InlineData(21 * 60, 7 * 60, "22:30", true)]
    [InlineData(21 * 60, 7 * 60, "06:59", true)]
    [InlineData(21 * 60, 7 * 60, "07:00", false)]
    [InlineData(8 * 60, 9 * 60, "08:30", true)]
    [InlineData(8 * 60, 9 * 60, "09:30", false)]
    public void Do_not_disturb_is_of_the_hospitals_day_and_may_pass_midnight(int from, int to, string at, bool quiet) =>
        Assert.Equal(quiet, QuietRules.Quiet(from, to, null, "UTC", Nine.Date.Add(TimeSpan.Parse(at, System.Globalization.CultureInfo.InvariantCulture)) is var t ? new DateTimeOffset(t, TimeSpan.Zero) : Nine));

    [Fact]
    public void Keys_are_those_of_RFC_8291_appendix_A()
    {
        var (key, nonce) = WebPush.Keys(B("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs"), B("BTBZMqHH6r4Tts7J_aSIgg"),
            B("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
            B("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"), B("DGv6ra1nlYgDCS1FRnbzlw"));
        Assert.Equal(("oIhVW04MRdy2XN9CiKLxTg", "4h_95klXJ5E_qnoN"), (Base64Url.EncodeToString(key), Base64Url.EncodeToString(nonce)));
    }

    [Fact]
    public void A_way_out_that_fails_is_tried_six_times_and_then_left_to_the_next_step()
    {
        Assert.Equal(Nine.AddSeconds(2), RingRules.Again(1, Nine));
        Assert.Equal(Nine.AddSeconds(32), RingRules.Again(5, Nine));
        Assert.Null(RingRules.Again(6, Nine));
    }

    private static byte[] B(string text) => Base64Url.DecodeFromChars(text);
}
