using System.Net;
using Xunit;

namespace HealthTeams.Tests.PatientLists;

public sealed class ListTests(Ward ward) : IClassFixture<Ward>
{
    [Fact, Trait("Row", "LS-01")]
    public async Task A_list_is_made_from_nothing_a_template_or_the_structure_of_another()
    {
        var empty = await ward.List("From nothing");
        Assert.Equal(0L, await Count($"collab.list_column where list = '{empty}'"));
        var huddle = await ward.List("From a template", "huddle");
        var copy = await ward.List("From its structure", huddle.ToString(), ward.Second);
        Assert.Equal(await Names(huddle), await Names(copy));
        Assert.Equal(1L, await Count($"platform.event where kind = 'list.created' and subject = 'list/{copy}'"));
        Assert.Contains("From its structure", await ward.Owner.GetStringAsync("/lists"), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "LS-01")]
    public async Task Who_is_not_in_the_team_learns_nothing_of_its_lists()
    {
        var list = await ward.List("Secret of ward 4", "patients");
        var row = await ward.Row(list, "A secret line");
        Assert.DoesNotContain("Secret of ward 4", await ward.Outsider.GetStringAsync("/lists"), StringComparison.Ordinal);
        foreach (var path in new[] { "", "?part=grid", "/add", "/look", "/columns", "/settings", "/wall", "/round", "/export.csv", $"/rows/{row}" })
        {
            var answer = await ward.Outsider.GetAsync($"/lists/{list}{path}");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.DoesNotContain("ecret", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        var column = await ward.ColumnOf(list, "Note");
        Assert.Equal(HttpStatusCode.NotFound, (await Ward.Write(ward.Outsider, list, row, column, 0, "x")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(ward.Outsider, $"/lists/{list}/rows/{row}?handler=comment", ("text", "x"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(ward.Outsider, $"/lists/{list}/settings?handler=remove")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(ward.Outsider, "/lists/new", ("team", ward.TeamId.ToString()), ("name", "Mine"), ("from", "scratch"))).StatusCode);
        await ward.Staff("ward-north", "North", tenant: "north");
        using var north = await ward.SignedIn("ward-north");
        Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync($"/lists/{list}")).StatusCode);
        Assert.Null(await ward.Cell(row, column));
    }

    [Fact, Trait("Row", "LS-02"), Trait("Row", "LS-09")]
    public async Task The_template_Patients_is_seen_with_sample_rows_and_makes_its_columns()
    {
        var page = Ward.Text(await ward.Member.GetStringAsync("/lists/new"));
        Assert.Contains("SAMPLE, Patient 1", page, StringComparison.Ordinal);
        var list = await ward.List("Patients of ward 4", "patients");
        Assert.Equal("Bed,MRN,Age/sex,Admitted,Expected discharge,Illness severity,Problem,Attending,Nurse,Code status,Isolation/allergy,To do,Contingency,Last rounded,Note", await Names(list));
        Assert.Equal(0L, await Count($"collab.list_row where list = '{list}'"));
    }

    [Fact, Trait("Row", "LS-03")]
    public async Task Columns_have_types_and_rules_and_a_refusal_names_every_broken_one()
    {
        var list = await ward.List("Columns");
        var refused = await TestProduct.Post(ward.Member, $"/lists/{list}/columns", ("name", "Wrong"), ("type", "Currency"), ("required", "true"), ("readOnly", "true"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        var said = Ward.Text(await refused.Content.ReadAsStringAsync());
        Assert.Contains("three letters", said, StringComparison.Ordinal);
        Assert.Contains("needs a default value", said, StringComparison.Ordinal);

        var weight = await ward.Column(list, "Weight", "Number", null, ("required", "true"), ("rules", "gt 100 = red heavy"));
        var bed = await ward.Column(list, "Key", "Text", null, ("unique", "true"));
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(ward.Member, $"/lists/{list}/columns", ("name", "WEIGHT"), ("type", "Text"))).StatusCode);
        var missing = await TestProduct.Post(ward.Member, $"/lists/{list}/add", ("title", "No weight"));
        Assert.Contains("Weight must be filled in", Ward.Text(await missing.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        var one = await ward.Row(list, "One", null, ($"v.{weight}", "104,5"), ($"v.{bed}", "K1"));
        Assert.Equal("104.5", await ward.Cell(one, weight));
        Assert.Contains("heavy", await ward.Member.GetStringAsync($"/lists/{list}"), StringComparison.Ordinal);
        var two = await ward.Row(list, "Two", null, ($"v.{weight}", "60"), ($"v.{bed}", "K2"));
        var twice = await Ward.Write(ward.Member, list, two, bed, 1, "k1");
        Assert.Equal((HttpStatusCode.Conflict, "cell-unique"), (twice.StatusCode, Ward.Code(await twice.Body())));
        Assert.Equal("K2", await ward.Cell(two, bed));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Ward.Write(ward.Member, list, two, weight, 1, "much")).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Ward.Write(ward.Member, list, two, weight, 1, "")).StatusCode);
    }

    [Fact, Trait("Row", "LS-03")]
    public async Task A_column_is_renamed_moved_and_removed_without_losing_what_was_in_it()
    {
        var list = await ward.List("Shaped");
        var (first, tone) = (await ward.Column(list, "First"), await ward.Column(list, "Tone", "Choice", null, ("choices", "Low = green\nHigh = red")));
        var row = await ward.Row(list, "Row", null, ($"v.{tone}", "High"));
        // The page's form names the choices; the type is the column's own, whatever is sent.
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(ward.Member, $"/lists/{list}/columns/{tone}", ("name", "Risk"), ("type", "Text"), ("choices", "Low = green\nHigh = red\nGone = grey"))).StatusCode);
        Assert.Contains("badge red", await ward.Member.GetStringAsync($"/lists/{list}"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await Ward.Write(ward.Member, list, row, tone, 1, "Gone")).StatusCode);
        await TestProduct.Post(ward.Member, $"/lists/{list}/columns/{tone}?handler=move&left=true");
        Assert.Equal("Risk,First", await Names(list));
        await TestProduct.Post(ward.Member, $"/lists/{list}/columns/{tone}?handler=remove");
        Assert.Equal("First", await Names(list));
        Assert.Contains("Risk : High → Gone", Ward.Text(await ward.Member.GetStringAsync($"/lists/{list}/rows/{row}")), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await Ward.Write(ward.Member, list, row, tone, 2, "Low")).StatusCode);
        Assert.NotEqual(first, tone);
    }

    [Fact, Trait("Row", "LS-03")]
    public async Task A_lookup_names_rows_of_another_list_of_the_same_team_only()
    {
        var (rooms, list) = (await ward.List("Rooms"), await ward.List("Uses rooms"));
        var room = await ward.Row(rooms, "Room A");
        var lookup = await ward.Column(list, "Room", "Lookup", null, ("lookup", rooms.ToString()));
        var row = await ward.Row(list, "Meeting");
        Assert.Equal(HttpStatusCode.OK, (await Ward.Write(ward.Member, list, row, lookup, 0, room.ToString())).StatusCode);
        Assert.Contains("Room A", await ward.Guest.GetStringAsync($"/lists/{list}"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Ward.Write(ward.Member, list, row, lookup, 1, Guid.NewGuid().ToString())).StatusCode);
        var foreign = await TestProduct.Post(ward.Outsider, "/lists/new", ("team", ward.OtherTeam.ToString()), ("name", "Ward 9's own"), ("from", "scratch"));
        var other = foreign.Headers.Location!.ToString().Split('/')[^1];
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TestProduct.Post(ward.Member, $"/lists/{list}/columns", ("name", "Spy"), ("type", "Lookup"), ("lookup", other))).StatusCode);
    }

    [Fact, Trait("Row", "LS-07"), Trait("Row", "LS-08")]
    public async Task Guests_read_add_rows_and_converse_and_nothing_else()
    {
        var list = await ward.List("With guests");
        var note = await ward.Column(list, "Note");
        var row = await ward.Row(list, "By a guest", ward.Guest, ($"v.{note}", "hello"));
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(ward.Guest, $"/lists/{list}/rows/{row}?handler=comment", ("text", "I was here"))).StatusCode);
        Assert.Contains("I was here", await ward.Member.GetStringAsync($"/lists/{list}/rows/{row}"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await Ward.Write(ward.Guest, list, row, note, 1, "no")).StatusCode);
        foreach (var path in new[] { $"/lists/{list}/columns", $"/lists/{list}/rows/{row}?handler=remove", $"/lists/{list}/settings?handler=remove" })
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(ward.Guest, path, ("name", "x"), ("type", "Text"))).StatusCode);
        }
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(ward.Guest, "/lists/new", ("team", ward.TeamId.ToString()), ("name", "x"), ("from", "scratch"))).StatusCode);
        Assert.Equal("hello", await ward.Cell(row, note));
    }

    [Fact, Trait("Row", "LS-08")]
    public async Task Owners_say_whether_members_may_change_the_columns_and_who_made_a_list_may_remove_it()
    {
        var list = await ward.List("Kept in shape");
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(ward.Second, $"/lists/{list}/settings", ("version", "1"), ("name", "Kept in shape"))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(ward.Owner, $"/lists/{list}/settings", ("version", "1"), ("name", "Kept in shape"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(ward.Second, $"/lists/{list}/columns", ("name", "x"), ("type", "Text"))).StatusCode);
        await ward.Column(list, "By the owner", by: ward.Owner);
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(ward.Owner, $"/lists/{list}/settings", ("version", "1"), ("name", "Late"))).StatusCode);

        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(ward.Second, $"/lists/{list}/settings?handler=remove")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(ward.Member, $"/lists/{list}/settings?handler=remove")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await ward.Owner.GetAsync($"/lists/{list}")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(ward.Member, $"/lists/{list}/settings?handler=restore")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await ward.Owner.GetAsync($"/lists/{list}")).StatusCode);
        await TestProduct.Post(ward.Member, $"/lists/{list}/settings?handler=remove");
        ward.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(ward.Member, $"/lists/{list}/settings?handler=restore")).StatusCode);
    }

    [Fact, Trait("Row", "LS-05"), Trait("Row", "LS-08")]
    public async Task A_view_is_mine_until_it_is_said_to_be_everybodys()
    {
        var list = await ward.List("Looked at");
        var tone = await ward.Column(list, "Tone", "Choice", null, ("choices", "Low = green\nHigh = red"));
        foreach (var (title, value) in new[] { ("A-high", "High"), ("B-low", "Low"), ("C-none", "") }) await ward.Row(list, title, null, ($"v.{tone}", value));
        var saved = await TestProduct.Post(ward.Member, $"/lists/{list}/look", ("name", "Only high"), ("forWhom", "me"), ("cols", tone.ToString()), ("fc1", tone.ToString()), ("fo1", "eq"), ("fv1", "High"));
        var mine = saved.Headers.Location!.ToString();
        var shown = await ward.Member.GetStringAsync(mine);
        Assert.Contains("A-high", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("B-low", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Only high", await ward.Second.GetStringAsync($"/lists/{list}"), StringComparison.Ordinal);
        Assert.Contains("B-low", await ward.Second.GetStringAsync(mine), StringComparison.Ordinal); // not a view of theirs

        var all = (await TestProduct.Post(ward.Member, $"/lists/{list}/look", ("name", "Grouped"), ("forWhom", "all"), ("group", tone.ToString()))).Headers.Location!.ToString();
        var grouped = Ward.Text(await ward.Second.GetStringAsync(all));
        Assert.True(grouped.IndexOf("B-low", StringComparison.Ordinal) < grouped.IndexOf("A-high", StringComparison.Ordinal), "choices keep their own order");
        Assert.Contains("not filled in", grouped, StringComparison.Ordinal);
        // A change for all has to have seen the view as it is.
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(ward.Second, $"/lists/{list}/look", ("name", "Grouped"), ("forWhom", "all"), ("seen", "7"))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(ward.Second, $"/lists/{list}/look", ("name", "Grouped"), ("forWhom", "me"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(ward.Guest, $"/lists/{list}/look", ("name", "Guests"), ("forWhom", "all"))).StatusCode);
        Assert.DoesNotContain("C-none", await ward.Member.GetStringAsync($"/lists/{list}?q=high"), StringComparison.Ordinal);
    }

    private Task<long> Count(string from) => ward.Ask<long>($"select count(*) from {from}");
    private async Task<string?> Names(Guid list) => await ward.Ask<string>($"select string_agg(name, ',' order by position) from collab.list_column where list = '{list}' and removed_at is null");
}
