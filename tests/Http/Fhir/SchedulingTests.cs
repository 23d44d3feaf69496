using System.Net;
using System.Text.Json;
using HealthTeams.Platform.Callers;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>A product of its own: its clock is moved past holds.</summary>
public sealed class SchedulingTests(TestProduct product) : FhirTest(product), IClassFixture<TestProduct>
{
    private string doctor = "", schedule = "", patient = "";
    private string Day => "2026-12-01";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        doctor = (await Fhir.Create("Practitioner", Resource("Practitioner", null, "\"name\":[{\"family\":\"Curie\"}]"))).Id();
        patient = (await Fhir.Create("Patient", Patient(more: "\"name\":[{\"family\":\"Barlow\"}]"))).Id();
        schedule = (await Fhir.Create("Schedule", Resource("Schedule", null, $$"""
            "actor":[{"reference":"Practitioner/{{doctor}}"}],"serviceType":[{"coding":[{"system":"urn:s","code":"gp"}]}]
            """))).Id();
    }

    private async Task<string> Slot(string from, string to, string status = "free", string more = "", string? of = null) => (await Fhir.Create("Slot", Resource("Slot", null, $$"""
        "schedule":{"reference":"Schedule/{{of ?? schedule}}"},"status":"{{status}}","start":"{{Day}}T{{from}}:00Z","end":"{{Day}}T{{to}}:00Z"{{more}}
        """))).Id();

    private string Appointment(string status, string[] slots, string? id = null, string from = "09:00", string to = "09:30", string participants = "accepted") => Resource("Appointment", id, $$"""
        "status":"{{status}}","start":"{{Day}}T{{from}}:00Z","end":"{{Day}}T{{to}}:00Z","slot":[{{string.Join(',', slots.Select(s => $$"""{"reference":"Slot/{{s}}"}"""))}}],
        "participant":[{"actor":{"reference":"Patient/{{patient}}"},"status":"{{participants}}"},{"actor":{"reference":"Practitioner/{{doctor}}"},"status":"{{participants}}"}]
        """);

    private static string Parameters(params (string Name, string Value)[] parts) =>
        $$"""{"resourceType":"Parameters","parameter":[{{string.Join(',', parts.Select(p => $"{{\"name\":\"{p.Name}\",{p.Value}}}"))}}]}""";

    private static (string, string) Reference(string name, string reference) => (name, $$"""
        "valueReference":{"reference":"{{reference}}"}
        """);

    private async Task<string> StatusOf(string path) => (await Body(Get(path))).GetProperty("status").GetString()!;
    private Task<HttpResponseMessage> Operation(string name, params (string, string)[] parts) => Post($"Appointment/${name}", Parameters(parts));
    private static JsonElement Booked(JsonElement bundle) => Items(bundle).Single().GetProperty("resource");
    private Task<JsonElement> Find(string more = "") => Body(Get($"Appointment/$find?start={Day}T00:00:00Z&end={Day}T23:00:00Z&practitioner=Practitioner/{doctor}{more}"));
    private Task<long> Claims(string slot) => Product.Ask<long>($"select count(*) from fhir.slot_claim where tenant = 1 and slot = '{slot}'");

    [Fact, Trait("Row", "FHIR-98")]
    public async Task The_track_of_the_connectathon_ends_in_agreement()
    {
        var slot = await Slot("09:00", "09:30");
        var appointment = (await Fhir.Create("Appointment", Appointment("proposed", [slot], participants: "needs-action"))).Id();
        Assert.Equal("free", await StatusOf($"Slot/{slot}"));
        string Whole(string status) => Resource("Slot", slot, $$"""
            "schedule":{"reference":"Schedule/{{schedule}}"},"status":"{{status}}","start":"{{Day}}T09:00:00Z","end":"{{Day}}T09:30:00Z"
            """);
        await Body(Put($"Slot/{slot}", Whole("busy-tentative")));
        foreach (var actor in (string[])[$"Patient/{patient}", $"Practitioner/{doctor}"])
        {
            Assert.Equal("proposed", await StatusOf($"Appointment/{appointment}"));
            await Fhir.Create("AppointmentResponse", Resource("AppointmentResponse", null, $$"""
                "appointment":{"reference":"Appointment/{{appointment}}"},"actor":{"reference":"{{actor}}"},"participantStatus":"accepted"
                """));
        }
        // All have accepted: it is booked, and the slot with it.
        Assert.Equal("booked", await StatusOf($"Appointment/{appointment}"));
        Assert.Equal("busy", await StatusOf($"Slot/{slot}"));
        Assert.All((await Body(Get($"Appointment/{appointment}"))).GetProperty("participant").EnumerateArray(), p => Assert.Equal("accepted", p.GetProperty("status").GetString()));
        await Body(Put($"Slot/{slot}", Whole("busy")));
        await Body(Put($"Appointment/{appointment}", Appointment("booked", [slot], appointment)));
        await Body(Put($"Appointment/{appointment}", Appointment("cancelled", [slot], appointment)));
        Assert.Equal("free", await StatusOf($"Slot/{slot}"));
        await Body(Put($"Slot/{slot}", Whole("free")));
        Assert.Equal((0L, "cancelled"), (await Claims(slot), await StatusOf($"Appointment/{appointment}")));
    }

    [Theory, Trait("Row", "FHIR-99")]
    [InlineData("$book")]
    [InlineData("create")]
    [InlineData("transaction")]
    public async Task Of_20_who_book_one_slot_at_once_one_wins(string how)
    {
        var slot = await Slot("09:00", "09:30");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => how switch
        {
            "$book" => Operation("book", Reference("slot", $"Slot/{slot}"), Reference("patient-reference", $"Patient/{patient}")),
            "create" => Post("Appointment", Appointment("booked", [slot])),
            _ => Post("", Bundle("transaction", Entry("POST", "Appointment", Appointment("booked", [slot])), Entry("GET", $"Slot/{slot}"))),
        }));
        Assert.Equal(1, answers.Count(a => a.IsSuccessStatusCode));
        foreach (var loser in answers.Where(a => !a.IsSuccessStatusCode)) Assert.Equal("conflict", (await Refused(Task.FromResult(loser), HttpStatusCode.Conflict)).GetProperty("code").GetString());
        Assert.Single(await Found($"Appointment?slot=Slot/{slot}&status=booked"));
        Assert.Equal("busy", await StatusOf($"Slot/{slot}"));
        Assert.Equal(1, await Product.Ask<long>($"select count(*) from collab.visit_key k join fhir.slot_claim c on c.tenant = k.tenant and c.appointment = k.id where c.slot = '{slot}'"));
    }

    [Fact, Trait("Row", "FHIR-99")]
    public async Task Slots_that_overlap_in_a_schedule_are_never_both_taken()
    {
        string[] slots = [await Slot("10:00", "10:30"), await Slot("10:15", "10:45"), await Slot("10:29", "11:00"), await Slot("10:00", "11:00")];
        var answers = await Task.WhenAll(slots.Concat(slots).Concat(slots).Select(s => Status(Post("Appointment", Appointment("booked", [s])))));
        Assert.All(answers, a => Assert.True(a is HttpStatusCode.Created or HttpStatusCode.Conflict, a.ToString()));
        Assert.InRange(answers.Count(a => a == HttpStatusCode.Created), 1, 2); // the first and the third do overlap, the first and none else fit
        // What touches does not overlap, and another schedule is another's time.
        var next = await Slot("11:00", "11:30");
        await Body(Post("Appointment", Appointment("booked", [next])), HttpStatusCode.Created);
        var other = (await Fhir.Create("Schedule", Resource("Schedule", null, $$"""
            "actor":[{"reference":"Practitioner/{{doctor}}"}]
            """))).Id();
        await Body(Post("Appointment", Appointment("booked", [await Slot("10:00", "11:00", of: other)])), HttpStatusCode.Created);
        // A slot that is moved into a taken time is refused, too.
        await Refused(Put($"Slot/{next}", Resource("Slot", next, $$"""
            "schedule":{"reference":"Schedule/{{schedule}}"},"status":"busy","start":"{{Day}}T10:00:00Z","end":"{{Day}}T11:00:00Z"
            """)), HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task An_appointment_that_moves_or_ends_frees_what_it_had()
    {
        var (one, two) = (await Slot("12:00", "12:30"), await Slot("12:30", "13:00"));
        var id = (await Fhir.Create("Appointment", Appointment("booked", [one, two]))).Id();
        Assert.Equal(("busy", "busy"), (await StatusOf($"Slot/{one}"), await StatusOf($"Slot/{two}")));
        await Body(Put($"Appointment/{id}", Appointment("booked", [two], id)));
        Assert.Equal(("free", "busy"), (await StatusOf($"Slot/{one}"), await StatusOf($"Slot/{two}")));
        // Taken is taken, whoever says otherwise; unavailable stays unavailable.
        await Body(Put($"Slot/{two}", Resource("Slot", two, $$"""
            "schedule":{"reference":"Schedule/{{schedule}}"},"status":"free","start":"{{Day}}T12:30:00Z","end":"{{Day}}T13:00:00Z"
            """)));
        Assert.Equal("busy", await StatusOf($"Slot/{two}"));
        Assert.Equal(HttpStatusCode.NoContent, await Status(Delete($"Appointment/{id}")));
        Assert.Equal("free", await StatusOf($"Slot/{two}"));
        // A slot that is gone is no reason not to cancel.
        var gone = await Slot("14:00", "14:30");
        id = (await Fhir.Create("Appointment", Appointment("booked", [gone, two]))).Id();
        Assert.Equal(HttpStatusCode.NoContent, await Status(Delete($"Slot/{gone}")));
        await Body(Put($"Appointment/{id}", Appointment("cancelled", [gone, two], id)));
        Assert.Equal(("free", 0L), (await StatusOf($"Slot/{two}"), await Claims(gone)));
        // In one bundle: cancelled and booked anew.
        id = (await Fhir.Create("Appointment", Appointment("booked", [one]))).Id();
        Assert.Equal(["200", "201"], Statuses(await Body(Post("", Bundle("transaction", Entry("PUT", $"Appointment/{id}", Appointment("cancelled", [one], id)), Entry("PUT", $"Appointment/{T}", Appointment("booked", [one], T)))))));
        Assert.Equal(("busy", 1L), (await StatusOf($"Slot/{one}"), await Claims(one)));
        await Body(Patch($"Appointment/{T}", """[{"op":"replace","path":"/status","value":"entered-in-error"}]"""));
        Assert.Equal(("free", 0L), (await StatusOf($"Slot/{one}"), await Claims(one)));
    }

    [Fact]
    public async Task A_refused_booking_leaves_nothing_behind()
    {
        var (one, two) = (await Slot("13:00", "13:30"), await Slot("13:30", "14:00"));
        await Fhir.Create("Appointment", Appointment("booked", [two]));
        var issue = await Refused(Post("Appointment", Appointment("booked", [one, two])), HttpStatusCode.Conflict);
        Assert.Contains($"Slot/{two}", issue.GetProperty("diagnostics").GetString());
        Assert.Equal(("free", 0L), (await StatusOf($"Slot/{one}"), await Claims(one)));
        Assert.Single(await Found($"Appointment?identifier=urn:test|{T}"));
        // What does not take place takes nothing, and an overbooked slot is for more than one.
        await Body(Post("Appointment", Appointment("proposed", [two])), HttpStatusCode.Created);
        var over = await Slot("15:00", "15:30", "busy", ",\"overbooked\":true");
        foreach (var _ in (int[])[1, 2]) await Body(Post("Appointment", Appointment("booked", [over])), HttpStatusCode.Created);
    }

    [Fact]
    public async Task Free_slots_are_found_as_proposals_and_booked_by_their_reference()
    {
        var (early, late) = (await Slot("09:00", "09:30"), await Slot("16:00", "16:30", more: ",\"serviceType\":[{\"coding\":[{\"system\":\"urn:s\",\"code\":\"skin\"}]}]"));
        await Slot("10:00", "10:30", "busy");
        var found = await Find();
        Assert.Equal("searchset", found.GetProperty("type").GetString());
        var proposals = Items(found).Select(e => e.GetProperty("resource")).ToList();
        Assert.Equal([$"Slot/{early}", $"Slot/{late}"], proposals.Select(p => p.GetProperty("slot")[0].GetProperty("reference").GetString()));
        Assert.All(proposals, p => Assert.Equal("proposed", p.GetProperty("status").GetString()));
        Assert.Equal($"Practitioner/{doctor}", proposals[0].GetProperty("participant")[0].GetProperty("actor").GetProperty("reference").GetString());
        foreach (var p in proposals) Assert.Equal("information", (await Body(Post("Appointment/$validate", p.GetRawText()))).GetProperty("issue")[0].GetProperty("severity").GetString());
        Assert.Single(Items(await Find("&service-type=urn:s|gp"))); // the schedule's, where the slot says none
        Assert.Single(Items(await Find("&service-type=skin")));
        Assert.Empty(Items(await Find("&service-type=teeth")));
        var first = await Find("&_count=1");
        Assert.Equal([$"Slot/{early}"], Items(first).Where(e => e.GetProperty("search").GetProperty("mode").GetString() == "match").Select(e => e.GetProperty("resource").GetProperty("slot")[0].GetProperty("reference").GetString()));
        Assert.Equal("incomplete", Items(first).Single(e => e.GetProperty("search").GetProperty("mode").GetString() == "outcome").GetProperty("resource").GetProperty("issue")[0].GetProperty("code").GetString());
        Assert.Empty(Items(await Body(Get($"Appointment/$find?start={Day}T00:00:00Z&end={Day}T23:00:00Z&practitioner=nobody"))));
        Assert.Single(Items(await Body(Post("Appointment/$find", Parameters(("start", $"\"valueDateTime\":\"{Day}T15:00:00+00:00\""), ("end", $"\"valueDateTime\":\"{Day}T18:00:00Z\""), Reference("practitioner", $"Practitioner/{doctor}"))))));
        Assert.Empty(await Found($"Appointment?slot=Slot/{early}"));

        var booked = Booked(await Body(Operation("book", Reference("appointment-reference", $"Appointment/{proposals[0].Id()}"), Reference("patient-reference", $"Patient/{patient}"))));
        Assert.Equal("booked", booked.GetProperty("status").GetString());
        Assert.Equal("busy", await StatusOf($"Slot/{early}"));
        Assert.Equal(1, await Product.Ask<long>($"select count(*) from collab.visit_key where tenant = 1 and kind = 'Appointment' and id = '{booked.Id()}'"));
        // The proposal as a resource, with somebody put into it.
        var mine = proposals[1].GetRawText().Replace("\"participant\":[", $$"""
            "participant":[{"actor":{"reference":"Patient/{{patient}}"},"status":"accepted"},
            """);
        Assert.Equal("booked", Booked(await Body(Operation("book", ("appointment-resource", $"\"resource\":{mine}")))).GetProperty("status").GetString());
        Assert.Empty(Items(await Find()));
        await Refused(Operation("book", Reference("appointment-reference", $"Appointment/{proposals[0].Id()}")), HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_hold_keeps_the_slot_until_it_is_booked_or_over()
    {
        var (one, two) = (await Slot("09:00", "09:30"), await Slot("10:00", "10:30"));
        var held = Booked(await Body(Operation("hold", Reference("slot", $"Slot/{one}"), Reference("patient-reference", $"Patient/{patient}"))));
        var lost = Booked(await Body(Operation("hold", Reference("slot", $"Slot/{two}")))).Id();
        Assert.Equal("pending", held.GetProperty("status").GetString());
        Assert.Equal(Product.Clock.GetUtcNow().AddMinutes(10), held.GetProperty("extension")[0].GetProperty("valueInstant").GetDateTimeOffset(), TimeSpan.FromSeconds(1));
        Assert.Equal("busy-tentative", await StatusOf($"Slot/{one}"));
        Assert.Empty(Items(await Find()));
        await Refused(Operation("hold", Reference("slot", $"Slot/{one}")), HttpStatusCode.Conflict);
        await Refused(Post("Appointment", Appointment("booked", [one])), HttpStatusCode.Conflict);
        // Nobody visits yet.
        Assert.Equal(0, await Product.Ask<long>($"select count(*) from collab.visit_key where tenant = 1 and id = '{held.Id()}'"));

        var booked = Booked(await Body(Post($"Appointment/{held.Id()}/$book", Parameters())));
        Assert.Equal(("booked", held.Id()), (booked.GetProperty("status").GetString(), booked.Id()));
        Assert.False(booked.TryGetProperty("extension", out _));
        Product.Clock.Advance(TimeSpan.FromMinutes(11));
        await TestProduct.Until(async () =>
        {
            Product.Clock.Advance(TimeSpan.FromSeconds(1));
            return await StatusOf($"Slot/{two}") == "free";
        }, "the hold is over");
        Assert.Equal(("cancelled", "booked", "busy"), (await StatusOf($"Appointment/{lost}"), await StatusOf($"Appointment/{held.Id()}"), await StatusOf($"Slot/{one}")));
        await Refused(Post($"Appointment/{lost}/$book", Parameters()), HttpStatusCode.Conflict);
        Assert.Equal(0, await Product.Ask<long>($"select count(*) from collab.visit_key where tenant = 1 and id = '{lost}'"));
        Assert.Single(Items(await Find()));
    }

    [Fact]
    public async Task A_hold_that_ran_out_gives_way_at_once()
    {
        var slot = await Slot("09:00", "09:30");
        var old = Booked(await Body(Operation("hold", Reference("slot", $"Slot/{slot}")))).Id();
        await Product.Sql($"update fhir.slot_claim set until = '2026-01-01' where slot = '{slot}'");
        Assert.Equal("booked", Booked(await Body(Operation("book", Reference("slot", $"Slot/{slot}")))).GetProperty("status").GetString());
        Assert.Equal(("cancelled", "busy", 1L), (await StatusOf($"Appointment/{old}"), await StatusOf($"Slot/{slot}"), await Claims(slot)));
    }

    [Fact]
    public async Task Moving_slots_and_booking_them_at_once_never_fails_on_our_side()
    {
        var slots = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => Slot($"1{i}:00", $"1{i}:30")));
        var answers = await Task.WhenAll(Enumerable.Range(0, 15).Select(i => Status((i % 3) switch
        {
            0 => Post("Appointment", Appointment("booked", [slots[i % 2], slots[2 - i % 2]])),
            1 => Put($"Slot/{slots[i % 2]}", Resource("Slot", slots[i % 2], $$"""
                "schedule":{"reference":"Schedule/{{schedule}}"},"status":"free","start":"{{Day}}T1{{i % 2}}:00:00Z","end":"{{Day}}T1{{i % 2}}:{{30 + i}}:00Z"
                """)),
            _ => Operation("book", Reference("slot", $"Slot/{slots[1]}")),
        })));
        Assert.All(answers, a => Assert.True((int)a < 500, a.ToString()));
        Assert.Equal(1, await Claims(slots[1]));
        Assert.Equal("busy", await StatusOf($"Slot/{slots[1]}"));
        Assert.Equal(await Claims(slots[0]) == 1 ? "busy" : "free", await StatusOf($"Slot/{slots[0]}"));
    }

    [Fact]
    public async Task A_held_appointment_that_the_client_books_itself_is_a_visit()
    {
        var held = Booked(await Body(Operation("hold", Reference("slot", $"Slot/{await Slot("09:00", "09:30")}"), Reference("patient-reference", $"Patient/{patient}"))));
        await Body(Put($"Appointment/{held.Id()}", held.GetRawText().Replace("\"pending\"", "\"booked\"")));
        Product.Clock.Advance(TimeSpan.FromMinutes(11));
        await Task.Delay(1500);
        Assert.Equal("booked", await StatusOf($"Appointment/{held.Id()}"));
        Assert.Equal(1, await Product.Ask<long>($"select count(*) from collab.visit_key where tenant = 1 and id = '{held.Id()}'"));
    }

    [Fact]
    public async Task What_cannot_be_booked_says_why()
    {
        var busy = await Slot("09:00", "09:30", "busy");
        await Refused(Operation("book", Reference("slot", $"Slot/{busy}")), HttpStatusCode.Conflict);
        await Refused(Operation("book", Reference("slot", "Slot/none")), HttpStatusCode.UnprocessableEntity);
        await Refused(Operation("book", Reference("appointment-reference", "Appointment/none")), HttpStatusCode.NotFound);
        await Refused(Operation("book"), HttpStatusCode.BadRequest);
        await Refused(Operation("hold", ("appointment-resource", $"\"resource\":{Patient()}")), HttpStatusCode.BadRequest);
        await Refused(Operation("book", ("appointment-resource", "\"resource\":{\"resourceType\":\"Appointment\",\"status\":\"pending\",\"participant\":[{\"status\":\"accepted\"}]}")), HttpStatusCode.UnprocessableEntity);
        var cancelled = (await Fhir.Create("Appointment", Appointment("cancelled", [await Slot("17:00", "17:30")]))).Id();
        await Refused(Post($"Appointment/{cancelled}/$book", Parameters()), HttpStatusCode.Conflict);
        foreach (var query in (string[])["", $"start={Day}", $"start={Day}&end=2026-11-30", $"start={Day}&end=2029-01-01", "start=x&end=y", $"start={Day}&end=2026-12-02&_count=0"]) await Refused(Get($"Appointment/$find?{query}"), HttpStatusCode.BadRequest);
        await Refused(Get("Appointment/$book"), HttpStatusCode.MethodNotAllowed);
        // A declined invitation books nothing; a stranger's answer changes nothing.
        var asked = (await Fhir.Create("Appointment", Appointment("proposed", [busy], participants: "needs-action"))).Id();
        foreach (var (actor, said) in ((string, string)[])[($"Patient/{patient}", "declined"), ("Practitioner/stranger", "accepted")])
        {
            await Fhir.Create("AppointmentResponse", Resource("AppointmentResponse", null, $$"""
                "appointment":{"reference":"Appointment/{{asked}}"},"actor":{"reference":"{{actor}}"},"participantStatus":"{{said}}"
                """));
        }
        Assert.Equal(["declined", "needs-action"], (await Body(Get($"Appointment/{asked}"))).GetProperty("participant").EnumerateArray().Select(p => p.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task Another_hospital_has_its_own_slots_and_the_wall_holds()
    {
        using var north = await Product.Fhir(tenant: "north");
        var slot = await Slot("09:00", "09:30");
        await Refused(Send(HttpMethod.Post, "Appointment/$book", Parameters(Reference("slot", $"Slot/{slot}")), [], by: north), HttpStatusCode.UnprocessableEntity);
        await Body(Operation("book", Reference("slot", $"Slot/{slot}")));
        Assert.Empty(Items(await Body(Send(HttpMethod.Get, $"Appointment/$find?start={Day}T00:00:00Z&end={Day}T23:00:00Z", null, [], by: north))));
        Assert.Equal(0, await Product.Db.In(2, Actor.Product, tx => tx.Scalar<long>("select count(*) from fhir.slot_claim"), default));
        Assert.Equal(1, await Product.Db.In(1, Actor.Product, tx => tx.Scalar<long>("select count(*) from fhir.slot_claim where slot = @slot", new { slot }), default));
    }
}
