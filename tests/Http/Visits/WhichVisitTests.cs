using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.Platform.Callers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Visits;

/// <summary>Decision record 0002: which visit a launch means.</summary>
public sealed class WhichVisitTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static readonly Guid Ehr = Guid.Parse("11111111-1111-4111-8111-111111111111");
    private static readonly Guid OtherEhr = Guid.Parse("22222222-2222-4222-8222-222222222222");

    [Fact]
    public async Task A_launch_joins_the_pushed_copy_by_the_appointments_identifier()
    {
        var pushed = await product.Book("A-join", mrn: "MRN-join");
        var launched = await Launch(Ehr, "apt-7", "A-join");
        Assert.Equal(pushed.Visit, launched.Id);
        Assert.Equal(pushed.Visit, (await Launch(Ehr, "apt-7", null)).Id);
    }

    [Fact]
    public async Task An_equal_logical_id_from_another_source_is_another_visit()
    {
        var one = await Launch(Ehr, "apt-same", "A-one");
        var other = await Launch(OtherEhr, "apt-same", "A-other");
        Assert.NotEqual(one.Id, other.Id);
    }

    [Fact]
    public async Task An_equal_patients_name_and_time_is_another_visit()
    {
        var pushed = await product.Book("A-name", mrn: "MRN-name", family: "Twin");
        var launched = await Launch(Ehr, "apt-name", "A-quite-another", family: "Twin", start: product.Clock.GetUtcNow().AddMinutes(10));
        Assert.NotEqual(pushed.Visit, launched.Id);
    }

    [Fact]
    public async Task Twenty_launches_at_once_of_one_appointment_make_one_visit()
    {
        var visits = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Launch(Ehr, "apt-race", "A-race")));
        Assert.Single(visits.Select(v => v.Id).Distinct());
    }

    [Fact]
    public async Task A_patient_joined_by_number_with_another_birth_date_stays_another_person()
    {
        var door = product.App.Services.GetRequiredService<VisitDoor>();
        Task<Person> Said(Guid source, string reference, DateOnly born) => product.Db.In(1, Actor.Product, tx => door.Person(tx, new PersonSaid(
            PersonKind.Patient, source, reference, [new Identifier("https://hospital.example/id/mrn", "MRN-typo")], "Typo", null, null, null, born)), default);
        var first = await Said(Ehr, "Patient/a", new DateOnly(1970, 2, 3));
        Assert.Equal(first.Id, (await Said(OtherEhr, "Patient/b", new DateOnly(1970, 2, 3))).Id);
        Assert.NotEqual(first.Id, (await Said(Guid.Empty, "Patient/c", new DateOnly(1999, 1, 1))).Id);
    }

    private Task<Visit> Launch(Guid source, string appointment, string? number, string family = "Barlow", DateTimeOffset? start = null) =>
        product.Db.In(1, Actor.Product, tx => product.App.Services.GetRequiredService<VisitDoor>().Book(tx, new VisitBooking(
            [new VisitKey(source, "Appointment", appointment)], number is null ? [] : [new Identifier("https://hospital.example/id/appointment", number)],
            BookingState.Booked, start, null, null, null, null,
            new PersonSaid(PersonKind.Patient, source, $"Patient/of-{appointment}", [], family, "Ada", null, null, null), [])), default);
}
