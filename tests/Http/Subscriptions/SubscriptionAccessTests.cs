using System.Net;
using Xunit;

namespace HealthTeams.Tests.Subscriptions;

/// <summary>A subscription tells nobody what its creator may not read.</summary>
[Collection("subscriptions")]
public sealed class SubscriptionAccessTests(ProductWithReceiver product) : SubscriptionTest(product)
{
    [Fact]
    public async Task A_patients_subscription_tells_of_that_patient_only()
    {
        var (a, b) = ((await Fhir.Create("Patient", Patient())).Id(), (await Fhir.Create("Patient", Patient())).Id());
        using var limited = await Product.Fhir("patient/Appointment.rs patient/Patient.rs system/Subscription.cruds", patient: a);
        await Subscribe(Hook($"Appointment?identifier={T}"), limited);
        await Subscribe(Hook($"Patient?identifier={T}", path: $"{T}-p"), limited);
        var ofB = await Book(patient: $"Patient/{b}");
        var ofA = await Book(patient: $"Patient/{a}");
        await Body(Put($"Appointment/{ofB}", Appointment("cancelled", ofB, $"Patient/{b}")));
        // One that becomes another patient's: told while it was A's, not after, though only the later version is current.
        await Body(Put($"Appointment/{ofA}", Appointment("booked", ofA, $"Patient/{b}")));
        await Body(Put($"Patient/{b}", Patient(b, "\"gender\":\"other\"")));
        await Body(Put($"Patient/{a}", Patient(a, "\"gender\":\"other\"")));
        await Quiet();
        Assert.Equal([$"/{T}/Appointment/{ofA}"], (await Received(1)).Select(s => s.Path));
        Assert.Equal([$"/{T}-p/Patient/{a}"], (await Received(1, $"{T}-p")).Select(s => s.Path));
    }

    [Theory]
    [InlineData("system/Subscription.cruds", "Appointment")]
    [InlineData("system/Subscription.cruds system/Appointment.r", "Appointment")]
    [InlineData("system/Subscription.cruds system/Appointment.s", "Appointment")]
    [InlineData("system/Subscription.cruds system/Patient.rs", "Appointment")]
    [InlineData("system/Subscription.cruds system/Appointment.rs?status=booked", "Appointment")]
    [InlineData("system/Subscription.cruds system/Appointment.rs", "https://healthteams.example/fhir/SubscriptionTopic/any")]
    public async Task Who_may_not_search_and_read_a_type_may_not_subscribe_to_it(string scope, string criteria)
    {
        using var client = await Product.Fhir(scope);
        await Refused(Send(HttpMethod.Post, "Subscription", Hook(criteria), [], by: client), HttpStatusCode.Forbidden);
        Assert.Equal(0, await Product.Ask<long>($"select count(*) from fhir.subscription where endpoint like '%{T}'"));
    }

    [Fact]
    public async Task Whoever_changes_a_subscription_gets_their_own_rights_not_its_creators()
    {
        var id = await Subscribe(Hook($"Appointment?identifier={T}"));
        using var clerk = await Product.Fhir("system/Subscription.cruds system/Patient.rs");
        var mine = (await Subscription(id)).GetRawText().Replace($"/{T}\"", $"/{T}-stolen\"");
        await Refused(Send(HttpMethod.Put, $"Subscription/{id}", mine, [], by: clerk), HttpStatusCode.Forbidden);
        await Refused(Send(HttpMethod.Get, $"Subscription/{id}/$events", null, [], by: clerk), HttpStatusCode.Forbidden);
        await Book();
        await Received(1);
        Assert.Empty(Receiver.At($"{T}-stolen"));
    }

    [Fact, Trait("Row", "FHIR-108")]
    public async Task Another_tenant_neither_sees_nor_hears()
    {
        using var north = await Product.Fhir(tenant: "north");
        var theirs = await Subscribe(Hook($"Appointment?identifier={T}"), north);
        var mine = await Subscribe(Hook($"Appointment?identifier={T}", path: $"{T}-mine"));
        foreach (var path in (string[])[$"Subscription/{theirs}", $"Subscription/{theirs}/$status", $"Subscription/{theirs}/$events"]) await Refused(Get(path), HttpStatusCode.NotFound);
        Assert.DoesNotContain(theirs, await (await Get("Subscription/$status")).Content.ReadAsStringAsync());
        await Refused(Post($"Subscription/{theirs}/$resend", ""), HttpStatusCode.NotFound);
        await Book();
        await Received(1, $"{T}-mine");
        await Quiet();
        Assert.Empty(Receiver.At(T));
        Assert.Equal(0, await Product.Ask<long>($"select count(*) from fhir.subscription_notice where subscription = '{theirs}'"));
        Assert.Equal(1, await Product.Ask<long>($"select count(*) from fhir.subscription_notice where subscription = '{mine}'"));
    }

    [Fact]
    public async Task What_leaves_is_on_record_as_read_by_the_subscriber()
    {
        var patient = (await Fhir.Create("Patient", Patient())).Id();
        await Subscribe(Hook($"Appointment?identifier={T}"));
        var id = await Book(patient: $"Patient/{patient}");
        await Received(1);
        await TestProduct.Until(async () => await Product.Ask<long>($"select count(*) from platform.access where subject = 'Appointment/{id}/_history/1' and patient = 'Patient/{patient}' and client = 'operator'") == 1, "it is recorded");
    }

    [Fact]
    public async Task The_tables_are_walled_by_tenant()
    {
        await using var connection = await Product.Db.App.OpenConnectionAsync();
        foreach (var table in (string[])["subscription", "subscription_feed", "subscription_notice", "subscription_binding"])
        {
            await using var walled = new Npgsql.NpgsqlCommand($"select relrowsecurity from pg_class where oid = 'fhir.{table}'::regclass", connection);
            Assert.Equal(true, await walled.ExecuteScalarAsync());
            await using var count = new Npgsql.NpgsqlCommand($"select count(*) from fhir.{table}", connection);
            Assert.Equal(0L, await count.ExecuteScalarAsync());
        }
    }
}
