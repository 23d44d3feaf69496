using System.Text.Json;
using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Sheets;
using Xunit;

namespace HealthTeams.Tests.Collaboration.PatientLists;

public sealed class ListRulesTests
{
    private static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    [Theory, Trait("Row", "LS-03")]
    [InlineData(ColumnType.Number, "1,234.5", "1234.5")]
    [InlineData(ColumnType.Number, "12,5", "12.5")]
    [InlineData(ColumnType.Number, "1 234", "1234")]
    [InlineData(ColumnType.Number, "1,234", "1234")]
    [InlineData(ColumnType.Number, "much", null)]
    [InlineData(ColumnType.Boolean, "Oui", "true")]
    [InlineData(ColumnType.Boolean, "perhaps", null)]
    [InlineData(ColumnType.Date, "23-Nov-2026", "\"2026-11-23\"")]
    [InlineData(ColumnType.Date, "2026-02-30", null)]
    [InlineData(ColumnType.DateTime, "2026-11-23T10:30", "\"2026-11-23T09:30:00Z\"")]
    [InlineData(ColumnType.DateTime, "2026-03-29 02:30", null)] // no such moment in Paris
    [InlineData(ColumnType.Location, "48.8566, 2.3522", "\"48.8566,2.3522\"")]
    [InlineData(ColumnType.Location, "91,0", null)]
    [InlineData(ColumnType.Person, "Dr Curie", null)]
    [InlineData(ColumnType.Ehr, "4-01", null)]
    public void A_text_becomes_a_value_of_its_column_or_is_refused(ColumnType type, string said, string? json)
    {
        var value = CellValue.Parse(new ListColumn { Name = "C", Type = type }, said, Paris);
        Assert.Equal(json is not null, value.Ok);
        if (json is not null) Assert.Equal(json, value.Value!.ToJsonString());
    }

    [Fact, Trait("Row", "LS-03")]
    public void Choices_are_taken_as_written_in_the_list_and_own_text_only_where_allowed()
    {
        var strict = Choice(new() { Choices = [new("Stable", "green")] });
        Assert.Equal("\"Stable\"", CellValue.Parse(strict, "stable", Paris).Value!.ToJsonString());
        Assert.Equal("cell-value", CellValue.Parse(strict, "Other", Paris).Problem!.Code);
        var several = Choice(new() { Several = true, OwnText = true, Choices = [new("Contact", "amber")] });
        Assert.Equal("[\"Contact\",\"Latex\"]", CellValue.Parse(several, "contact; Latex; CONTACT", Paris).Value!.ToJsonString());
    }

    [Fact, Trait("Row", "LS-05")]
    public void A_look_filters_sorts_and_groups_and_is_the_same_when_read_back()
    {
        var tone = new ListColumn { Id = Guid.NewGuid(), Name = "Tone", Type = ColumnType.Choice, SettingsJson = """{"choices":[{"word":"Low"},{"word":"High"}]}""" };
        var weight = new ListColumn { Id = Guid.NewGuid(), Name = "Weight", Type = ColumnType.Number };
        var open = new OpenList(new PatientList { Columns = [tone, weight] },
            [Row("a", (tone, "\"High\""), (weight, "9")), Row("b", (tone, "\"Low\""), (weight, "10")), Row("c"), Row("d", (tone, "\"High\""), (weight, "70.5"))], new Dictionary<Guid, string>());
        var look = new ListLook { Sort = [new(weight.Id, true)], Group = tone.Id, Filters = [new(weight.Id, "filled", null)] };
        var groups = ListLook.Parse(look.ToString()).Arrange(open, Now, Paris);
        Assert.Equal(["Low:b", "High:d,a"], groups.Select(g => $"{g.Group}:{string.Join(',', g.Rows.Select(r => r.Title))}"));
        Assert.Equal("b,a,d,c", Order(open, new() { Sort = [new(tone.Id, true), new(null, false)], Filters = [new(tone.Id, "ne", "x")] }));
        Assert.Equal("d", Order(open, new() { Filters = [new(weight.Id, "gt", "10")] }));
        Assert.Equal("c", Order(open, new() { Filters = [new(tone.Id, "empty", null)] }));
        Assert.Equal("", ListLook.Parse("sort=rubbish&f=x:y&group=1&cols=,,&q=").ToString());
    }

    [Fact, Trait("Row", "LS-03")]
    public void Age_and_days_are_counted_on_the_hospitals_calendar()
    {
        var since = new ListColumn { Id = Guid.NewGuid(), Name = "Since", Type = ColumnType.Date };
        var days = new ListColumn { Id = Guid.NewGuid(), Name = "Days", Type = ColumnType.Calculated, SettingsJson = $$"""{"source":"daysSince","column":"{{since.Id}}"}""" };
        var age = new ListColumn { Id = Guid.NewGuid(), Name = "Age", Type = ColumnType.Calculated, SettingsJson = """{"source":"age"}""" };
        var row = Row("x", (since, "\"2026-11-20\"")) with { Facts = new PatientFacts("X", new DateOnly(1970, 11, 24), "female", null) };
        var open = new OpenList(new PatientList { Columns = [since, days, age] }, [row], new Dictionary<Guid, string>());
        Assert.Equal(3m, RowValues.Of(open, row, days, Now, Paris));
        Assert.Equal(55m, RowValues.Of(open, row, age, Now, Paris));
        Assert.Equal(56m, RowValues.Of(open, row, age, new(2026, 11, 23, 23, 30, 0, TimeSpan.Zero), Paris)); // it is the 24th in Paris
    }

    [Fact, Trait("Row", "LS-10")]
    public void Types_are_guessed_from_the_values_and_a_name_is_never_an_identity()
    {
        object?[] Line(int i) => [$"P{i}", i % 2 == 0 ? "yes" : "no", 1.5m * i, new DateTime(2026, 11, 1 + i), i % 3 == 0 ? "Ward" : "Clinic", $"00{i}", $"M{i}"];
        var sheet = new Sheet(["Patient", "Ready", "Weight", "Since", "Where", "Room", "MRN"], [.. Enumerable.Range(0, 9).Select(i => (IReadOnlyList<object?>)Line(i))]);
        Assert.Equal(["title", "boolean", "number", "date", "choice", "text", "mrn"], ColumnGuess.Of(sheet).Select(c => c.Use));
    }

    [Fact, Trait("Row", "LS-09")]
    public void Every_template_is_made_of_columns_that_may_be()
    {
        foreach (var template in ListTemplates.All)
        {
            Assert.All(template.Columns, c => Assert.Null(ColumnRules.Check(c)));
            Assert.All(template.Samples, s => Assert.Equal(template.Columns.Count, s.Count));
        }
    }

    private static string Order(OpenList open, ListLook look) => string.Join(',', look.Arrange(open, Now, Paris).SelectMany(g => g.Rows).Select(r => r.Title));

    private static ListColumn Choice(ColumnSettings settings) => new() { Name = "C", Type = ColumnType.Choice, SettingsJson = JsonSerializer.Serialize(settings, JsonSerializerOptions.Web) };

    private static ListRow Row(string title, params (ListColumn Column, string Json)[] cells) => new()
    {
        Id = Guid.NewGuid(), Title = title, Cells = cells.ToDictionary(c => c.Column.Id, c => new Cell(JsonDocument.Parse(c.Json).RootElement, 1, null, null)),
    };
}
