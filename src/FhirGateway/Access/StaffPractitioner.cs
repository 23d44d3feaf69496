using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Access;

/// <summary>The Practitioner that a member of staff is in our FHIR API: known, found by a staff number, or made now (fhirUser, SMART-S7).</summary>
public sealed class StaffPractitioner
{
    private readonly Db db;
    private readonly WriteEngine engine;

    internal StaffPractitioner(Db db, WriteEngine engine) => (this.db, this.engine) = (db, engine);

    /// <returns>"Practitioner/12".</returns>
    public Task<string> Of(int tenant, Guid person, Actor actor, CancellationToken stop) => db.In(tenant, actor, async tx => (await Of(tx, engine, [person]))[person], stop);

    /// <summary>The same inside a transaction that is under way.</summary>
    public async Task<string> In(Tx tx, Guid person) => (await Of(tx, engine, [person]))[person];

    /// <summary>Several at once, in the transaction that names them; who has none yet gets one.</summary>
    internal static async Task<Dictionary<Guid, string>> Of(Tx tx, WriteEngine engine, IReadOnlyCollection<Guid> people)
    {
        var found = await Known(tx, people);
        var missing = people.Distinct().Where(p => !found.ContainsKey(p)).Order().ToList();
        if (missing.Count == 0) return found;
        // Two writers that start together get the same Practitioner.
        Locks.Take(tx, [.. missing.Select(p => $"practitioner|{p}")]);
        var meanwhile = await Known(tx, missing);
        foreach (var person in missing) found[person] = meanwhile.TryGetValue(person, out var reference) ? reference : await Make(tx, engine, person);
        return found;
    }

    private static async Task<Dictionary<Guid, string>> Known(Tx tx, IReadOnlyCollection<Guid> people) => (await tx.Query<(Guid Person, string Reference)>("""
        select distinct on (k.person) k.person, k.reference from collab.person_key k
        join fhir.resource r on r.tenant = k.tenant and r.type = @practitioner and r.id = substr(k.reference, 14) and not r.deleted
        where k.tenant = @Tenant and k.source = @own and k.person = any(@people) and k.reference like 'Practitioner/%'
        order by k.person, k.reference
        """, new { tx.Tenant, own = Guid.Empty, people = people.ToArray(), practitioner = ResourceTypes.Number("Practitioner") })).ToDictionary(k => k.Person, k => k.Reference);

    private static async Task<string> Make(Tx tx, WriteEngine engine, Guid person)
    {
        var who = (await tx.OneOrNone<Person>("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = @person", new { tx.Tenant, person }))!;
        var numbers = await tx.Query<(string System, string Value)>("""
            select system, value from collab.person_identifier where tenant = @Tenant and person = @person and kind = 'Staff' order by system, value
            """, new { tx.Tenant, person });
        var body = JsonDocument.Parse(FhirJson.Write(w => Resource(w, who, numbers))).RootElement;
        var condition = numbers.Count == 0 ? null : "identifier=" + string.Join(',', numbers.Select(n => Uri.EscapeDataString($"{LaunchChart.Literal(n.System)}|{LaunchChart.Literal(n.Value)}")));
        var written = await engine.Run(tx, [new WriteEntry { Kind = WriteKind.Create, Type = "Practitioner", Body = body, Condition = condition }]);
        // Several share a staff number: which of them it is nobody can tell, so it is none of them.
        if (!written.Ok) written = await engine.Run(tx, [new WriteEntry { Kind = WriteKind.Create, Type = "Practitioner", Body = body }]);
        var reference = $"Practitioner/{written.Value[0].Id}";
        await tx.Execute("""
            insert into collab.person_key (tenant, source, reference, person) values (@Tenant, @own, @reference, @person) on conflict do nothing
            """, new { tx.Tenant, own = Guid.Empty, reference, person });
        return reference;
    }

    private static void Resource(Utf8JsonWriter w, Person who, IReadOnlyList<(string System, string Value)> numbers)
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Practitioner");
        if (numbers.Count > 0)
        {
            w.WriteStartArray("identifier");
            foreach (var (system, value) in numbers)
            {
                w.WriteStartObject();
                w.WriteString("system", system);
                w.WriteString("value", value);
                w.WriteEndObject();
            }
            w.WriteEndArray();
        }
        w.WriteBoolean("active", true);
        w.WriteStartArray("name");
        w.WriteStartObject();
        w.WriteString("text", who.Display);
        if (who.Family is not null) w.WriteString("family", who.Family);
        if (who.Given is not null) Texts(w, "given", who.Given);
        if (who.Title is not null) Texts(w, "prefix", who.Title);
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter w, string name, string value)
    {
        w.WriteStartArray(name);
        w.WriteStringValue(value);
        w.WriteEndArray();
    }
}
