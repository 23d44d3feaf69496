using System.Net;
using System.Text;
using HealthTeams.Collaboration.Sheets;
using Xunit;

namespace HealthTeams.Tests.PatientLists;

public sealed class CellTests(Ward ward) : IClassFixture<Ward>
{
    [Fact, Trait("Row", "LS-04"), Trait("Row", "LS-06")]
    public async Task Two_people_never_overwrite_each_other_unseen()
    {
        var list = await ward.List("Edited by two");
        var (a, b) = (await ward.Column(list, "A"), await ward.Column(list, "B"));
        var row = await ward.Row(list, "One row");
        // Different cells of one row, at once: both are kept.
        var both = await Task.WhenAll(Ward.Write(ward.Member, list, row, a, 0, "hers"), Ward.Write(ward.Second, list, row, b, 0, "his"));
        Assert.All(both, r => Assert.Equal(HttpStatusCode.OK, r.StatusCode));
        // The same cell by the same knowledge: one is told, with the other's text and name.
        var late = await Ward.Write(ward.Second, list, row, a, 0, "his too");
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        var body = await late.Body();
        Assert.Equal(("hers", 1, "Dr Member"), (body.GetProperty("text").GetString(), body.GetProperty("version").GetInt32(), body.GetProperty("by").GetString()));
        Assert.Equal("hers", await ward.Cell(row, a));
        // Sent twice, because the answer was lost: done once.
        Assert.Equal(HttpStatusCode.OK, (await Ward.Write(ward.Member, list, row, a, 0, "hers")).StatusCode);
        Assert.Equal(1L, await ward.Ask<long>($"select count(*) from collab.list_cell_change where row = '{row}' and col = '{a}'"));
        Assert.Equal(1L, await ward.Ask<long>($"select count(*) from platform.event where kind = 'list.cell-changed' and subject = 'list/{list}' and data ->> 'column' = '{a}' and data::text not like '%hers%'"));
    }

    [Fact, Trait("Row", "LS-04")]
    public async Task Of_twenty_writers_of_one_cell_one_wins_and_each_other_is_told()
    {
        var list = await ward.List("Raced");
        var column = await ward.Column(list, "A");
        var row = await ward.Row(list, "One row");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Ward.Write(i % 2 == 0 ? ward.Member : ward.Second, list, row, column, 0, $"text {i}")));
        Assert.Single(answers, r => r.StatusCode == HttpStatusCode.OK);
        Assert.Equal(19, answers.Count(r => r.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(1L, await ward.Ask<long>($"select count(*) from collab.list_cell_change where row = '{row}'"));
    }

    [Fact, Trait("Row", "LS-04")]
    public async Task Every_value_stays_in_the_history_and_the_last_change_can_be_taken_back()
    {
        var list = await ward.List("With history");
        var column = await ward.Column(list, "Plan");
        var row = await ward.Row(list, "One row");
        await Ward.Write(ward.Member, list, row, column, 0, "first plan");
        await Ward.Write(ward.Second, list, row, column, 1, "second plan");
        var page = Ward.Text(await ward.Guest.GetStringAsync($"/lists/{list}/rows/{row}"));
        Assert.Contains("Dr Second Plan : first plan → second plan", page, StringComparison.Ordinal);
        Assert.Contains("Dr Member Plan : empty → first plan", page, StringComparison.Ordinal);
        Task<HttpResponseMessage> Undo(HttpClient by, int version) => TestProduct.Post(by, $"/lists/{list}?handler=undo", ("row", row.ToString()), ("column", column.ToString()), ("version", $"{version}"));
        Assert.Equal(HttpStatusCode.NotFound, (await Undo(ward.Member, 2)).StatusCode); // not hers
        Assert.Equal(HttpStatusCode.Conflict, (await Undo(ward.Member, 1)).StatusCode); // somebody wrote since
        Assert.Equal(HttpStatusCode.OK, (await Undo(ward.Second, 2)).StatusCode);
        Assert.Equal("first plan", await ward.Cell(row, column));
        Assert.Equal(3L, await ward.Ask<long>($"select count(*) from collab.list_cell_change where row = '{row}'"));
    }

    [Fact, Trait("Row", "LS-06")]
    public async Task Without_script_a_form_loses_no_text_to_somebody_who_was_faster()
    {
        var list = await ward.List("On a phone");
        var column = await ward.Column(list, "Plan");
        var row = await ward.Row(list, "One row");
        await Ward.Write(ward.Second, list, row, column, 0, "the other plan");
        var answer = await TestProduct.Post(ward.Member, $"/lists/{list}/rows/{row}", ($"v.{column}", "my plan"), ($"b.{column}", ""), ($"n.{column}", "0"));
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Contains("my plan", page, StringComparison.Ordinal);
        Assert.Contains("the other plan", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(ward.Member, $"/lists/{list}/rows/{row}", ($"v.{column}", "both"), ($"b.{column}", "the other plan"), ($"n.{column}", "1"))).StatusCode);
        Assert.Equal("both", await ward.Cell(row, column));
    }

    [Fact, Trait("Row", "LS-04")]
    public async Task A_page_is_sent_only_the_rows_that_changed_since_it_looked()
    {
        var list = await ward.List("Followed");
        var column = await ward.Column(list, "A");
        var (one, two) = (await ward.Row(list, "Row one"), await ward.Row(list, "Row two"));
        var seq = await ward.Ask<long>($"select seq from collab.list where id = '{list}'");
        await Ward.Write(ward.Second, list, two, column, 0, "changed");
        var fresh = await ward.Member.GetStringAsync($"/lists/{list}?part=grid&since={seq}");
        Assert.Contains($"data-row=\"{one}\" data-same", fresh, StringComparison.Ordinal);
        Assert.DoesNotContain("Row one", fresh, StringComparison.Ordinal);
        Assert.Contains("changed", fresh, StringComparison.Ordinal);
        await ward.Column(list, "New");
        Assert.Equal(HttpStatusCode.ResetContent, (await ward.Member.GetAsync($"/lists/{list}?part=grid&since={seq}")).StatusCode);
    }

    [Fact, Trait("Row", "LS-04")]
    public async Task Who_edits_which_cell_is_shown_to_the_others_for_a_few_seconds()
    {
        var list = await ward.List("Seen editing");
        var column = await ward.Column(list, "A");
        var row = await ward.Row(list, "Row");
        Task<HttpResponseMessage> Here(HttpClient by, bool editing = false) => TestProduct.Post(by, $"/lists/{list}?handler=editing", editing ? [("row", row.ToString()), ("column", column.ToString())] : []);
        await Here(ward.Member, editing: true);
        var seen = (await (await Here(ward.Second)).Body())[0];
        Assert.Equal(("Dr Member", row), (seen.GetProperty("name").GetString(), seen.GetProperty("row").GetGuid()));
        Assert.Equal(HttpStatusCode.NotFound, (await Here(ward.Outsider)).StatusCode);
        ward.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(0, (await (await Here(ward.Second)).Body()).GetArrayLength());
    }

    [Fact, Trait("Row", "LS-10")]
    public async Task A_table_is_looked_at_with_its_errors_and_taken_as_a_whole_or_not_at_all()
    {
        var known = await ward.Patient("Importable", "MRN-IMP-1");
        const string good = "MRN;Patient;Weight;Since\nMRN-IMP-1;Somebody else entirely;71,5;2026-11-20\n;A free line;;\n";
        var wrong = await Import(good + "MRN-NOBODY;Importable, Ada;much;2026-11-20\nMRN-IMP-1;Twice;1;\n");
        var errors = Ward.Text(await ward.Member.GetStringAsync(wrong));
        Assert.Contains("Line 4, MRN: No patient of this hospital has this record number", errors, StringComparison.Ordinal); // its name would fit: never by name
        Assert.Contains("Line 5, MRN: This patient is in line 2 already", errors, StringComparison.Ordinal);
        var before = await ward.Ask<long>("select count(*) from collab.list");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Take(wrong, "Wrong", "mrn", "title", "number", "date")).StatusCode);
        Assert.Equal(before, await ward.Ask<long>("select count(*) from collab.list"));

        var right = await Import(good);
        Assert.DoesNotContain("stand", Ward.Text(await ward.Member.GetStringAsync(right)).Split("Make the list")[0], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await ward.Second.GetAsync(right)).StatusCode); // whose it is
        var made = await Take(right, "Brought", "mrn", "title", "number", "date");
        Assert.True(made.StatusCode == HttpStatusCode.SeeOther, await made.Content.ReadAsStringAsync());
        var list = Guid.Parse(made.Headers.Location!.ToString().Split('/')[^1]);
        Assert.Equal(known, await ward.Ask<Guid>($"select patient from collab.list_row where list = '{list}' and patient is not null"));
        Assert.Equal("71.5", await ward.Ask<string>($"select cells -> '{await ward.ColumnOf(list, "Weight")}' ->> 'v' from collab.list_row where list = '{list}' and patient is not null"));
        var shown = await ward.Second.GetStringAsync($"/lists/{list}");
        Assert.Contains("IMPORTABLE, Ada", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Somebody else entirely", shown, StringComparison.Ordinal);
        Assert.Contains("A free line", shown, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "LS-10")]
    public async Task A_hostile_file_is_refused_with_its_reason_and_guests_bring_none()
    {
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Upload(ward.Member, "x.xlsx", "PK\u0003\u0004 nonsense"u8.ToArray())).StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await Upload(ward.Member, "x.csv", new byte[Sheet.MaxBytes + 10])).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Upload(ward.Guest, "x.csv", "a\n1"u8.ToArray())).StatusCode);
        Assert.Equal(0L, await ward.Ask<long>("select count(*) from collab.list_import where name = 'x'"));
    }

    [Fact, Trait("Row", "AU-04"), Trait("Row", "LS-04")]
    public async Task Views_and_exports_are_on_record_for_each_patient_and_nothing_exported_runs()
    {
        var patient = await ward.Patient("Exported", "MRN-EXP-1");
        var list = await ward.List("Exported list");
        var note = await ward.Column(list, "Note");
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(ward.Member, $"/lists/{list}/add", ("patient", patient.ToString()), ($"v.{note}", "=cmd()"))).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(ward.Member, $"/lists/{list}/add", ("patient", patient.ToString()))).StatusCode);
        await ward.Guest.GetStringAsync($"/lists/{list}");
        var csv = await ward.Member.GetStringAsync($"/lists/{list}/export.csv");
        Assert.Contains("\"EXPORTED, Ada\",1970-02-03,female,MRN MRN-EXP-1,'=cmd()", csv, StringComparison.Ordinal);
        var book = await ward.Member.GetByteArrayAsync($"/lists/{list}/export.xlsx");
        Assert.Equal("=cmd()", SheetReader.Read(new MemoryStream(book), "a.xlsx").Value.Rows[0][4]);
        foreach (var action in new[] { "view", "export" })
        {
            await TestProduct.Until(async () => await ward.Ask<long>($"select count(*) from platform.access where action = '{action}' and subject = 'list/{list}' and patient = 'person/{patient}'") > 0, action + " is on record");
        }
        Assert.Equal(1L, await ward.Ask<long>($"select count(*) from platform.event where kind = 'list.row-added' and subject = 'list/{list}' and patient = 'person/{patient}'"));
    }

    private async Task<string> Import(string csv)
    {
        var answer = await Upload(ward.Member, "table.csv", Encoding.UTF8.GetBytes(csv));
        Assert.True(answer.StatusCode == HttpStatusCode.SeeOther, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!.ToString();
    }

    private async Task<HttpResponseMessage> Upload(HttpClient by, string name, byte[] content)
    {
        var token = Form.Token(await by.GetStringAsync("/activity"));
        return await by.PostAsync("/lists/import", new MultipartFormDataContent { { new StringContent(ward.TeamId.ToString()), "team" }, { new StringContent(token), "__RequestVerificationToken" }, { new ByteArrayContent(content), "file", name } });
    }

    private static readonly string[] Names = ["MRN", "Patient", "Weight", "Since"];

    private Task<HttpResponseMessage> Take(string import, string name, params string[] uses) =>
        TestProduct.Post(ward.Member, import, [("name", name), ("take", "1"), .. Names.Select(n => ("column", n)), .. uses.Select(u => ("use", u))]);
}
