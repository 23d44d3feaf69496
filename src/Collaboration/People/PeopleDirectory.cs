using HealthTeams.Platform.Audit;

namespace HealthTeams.Collaboration.People;

/// <summary>Somebody to choose.</summary>
/// <param name="Facts">For patients: birth date, gender and record number, so that two of one name are told apart.</param>
public sealed record PersonChoice(Guid Id, string Name, PatientFacts? Facts);

/// <summary>Staff and patients of this hospital, nobody of another, by name or number, for the pages' pickers. Looking for a patient is on record.</summary>
public sealed class PeopleDirectory(Db db, AccessLog audit)
{
    public const int Limit = 12;

    public async Task<IReadOnlyList<PersonChoice>> Find(Caller caller, PersonKind kind, string? search, CancellationToken stop)
    {
        var words = (search ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(5).Select(Like).ToArray();
        if (words.Length == 0) return [];
        var rows = await db.In(caller.Tenant, caller.Actor, tx => tx.Query<Row>($"""
            select p.id, p.kind, p.family, p.given, p.title, p.gender, p.birth_date as BirthDate, {PatientFacts.IdentifierSql} as PatientIdentifier
            from collab.person p
            where p.tenant = @Tenant and p.kind = @kind and not exists (select from collab.partner_person x where x.tenant = p.tenant and x.person = p.id)
              and (select bool_and(p.family ilike w or p.given ilike w
                or exists (select from collab.person_identifier i where i.tenant = p.tenant and i.person = p.id and i.value ilike w)) from unnest(@words) w)
            order by lower(p.family), lower(p.given), p.id
            limit {Limit}
            """, new { tx.Tenant, kind = kind.ToString(), words }), stop);
        if (kind == PersonKind.Patient)
        {
            await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "search", "patients", null, 200), rows.Select(r => $"person/{r.Id}"), stop);
        }
        return [.. rows.Select(r => new PersonChoice(r.Id, r.Display, kind == PersonKind.Patient ? new(r.Display, r.BirthDate, r.Gender, r.PatientIdentifier) : null))];
    }

    /// <summary>Those of these who are people of this hospital, as a form that comes back shows them; patients' names are on record.</summary>
    public async Task<IReadOnlyList<(Guid Id, string Name)>> Names(Caller caller, IReadOnlyCollection<Guid> people, CancellationToken stop)
    {
        if (people.Count == 0) return [];
        var found = await db.In(caller.Tenant, caller.Actor, tx => tx.Query<Person>("""
            select id, kind, family, given, title from collab.person where tenant = @Tenant and id = any(@people)
            """, new { tx.Tenant, people = people.ToArray() }), stop);
        var patients = found.Where(p => p.Kind == PersonKind.Patient).Select(p => $"person/{p.Id}").ToList();
        if (patients.Count > 0) await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "view", "people", null, 200), patients, stop);
        return [.. found.Select(p => (p.Id, p.Display))];
    }

    private static string Like(string word) =>
        word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal) + "%";

    private sealed record Row : Person
    {
        public string? PatientIdentifier { get; init; }
    }
}
