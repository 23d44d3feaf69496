using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.Collaboration.People;

/// <summary>Finds or makes the people that sources describe, as many as there are, in the same few statements.</summary>
internal static class PeopleSql
{
    /// <summary>
    /// By (source, reference), else by a shared identifier unless birth dates contradict (a wrong join would show one
    /// patient as another), else new. What the source says replaces what was known; what it leaves out stays.
    /// </summary>
    public static async Task<IReadOnlyList<Person>> FindOrMake(Tx tx, IReadOnlyList<PersonSaid> people)
    {
        if (people.Count == 0) return [];
        var known = new KnownPeople();
        known.Add(await tx.Query<KnownPeople.Row>(KnownPeople.Sql, KnownPeople.Args(tx, people)));
        return await FindOrMake(tx, people, known);
    }

    /// <param name="known">Read already, without locks.</param>
    public static async Task<IReadOnlyList<Person>> FindOrMake(Tx tx, IReadOnlyList<PersonSaid> people, KnownPeople known)
    {
        people = [.. people.Select(Only)];
        // What is known as it is said needs no lock and no write: a clinician's bookings do not wait for each other.
        var news = people.Where(s => !known.Says(s)).ToList();
        if (news.Count > 0)
        {
            Locks.Take(tx, [.. news.SelectMany(Names).Distinct()]);
            known.Add(await tx.Query<KnownPeople.Row>(KnownPeople.Sql, KnownPeople.Args(tx, news)));
        }
        var changes = new PeopleChanges();
        var found = new Person[people.Count];
        for (var i = 0; i < found.Length; i++)
        {
            found[i] = known.Says(people[i]) ? known.Match(people[i])! : changes.Add(tx, people[i], known.Match(people[i]));
            known.Put(people[i], found[i]);
        }
        changes.Later(tx);
        return found;
    }

    public static async Task<Person> FindOrMake(Tx tx, PersonSaid said) => (await FindOrMake(tx, [said]))[0];

    /// <summary>A proxy's record often carries the patient's own number: they are known by (source, reference) alone.</summary>
    internal static PersonSaid Only(PersonSaid said) => said.Kind == PersonKind.Related ? said with { Identifiers = [] } : said;

    private static IEnumerable<string> Names(PersonSaid said) => said.Identifiers.Select(i => $"person|{said.Kind}|{i.System}|{i.Value}")
        .Concat(said.Reference is null ? [] : [$"person|{said.Source}|{said.Reference}"]);
}

/// <summary>The people that some descriptions may mean.</summary>
internal sealed class KnownPeople
{
    private readonly Dictionary<(Guid Source, string Reference), Person> byKey = [];
    private readonly Dictionary<(PersonKind Kind, string System, string Value), Person> byIdentifier = [];

    public const string Sql = """
        select k.source, k.reference, null::text as system, null::text as value, p.id, p.kind, p.family, p.given, p.title, p.gender, p.birth_date as BirthDate
        from unnest(@sources, @references) as s (source, reference)
        cross join lateral (select * from collab.person_key k where k.tenant = @Tenant and k.source = s.source and k.reference = s.reference offset 0) k
        cross join lateral (select * from collab.person p where p.tenant = @Tenant and p.id = k.person offset 0) p
        union all
        select null, null, i.system, i.value, p.id, p.kind, p.family, p.given, p.title, p.gender, p.birth_date
        from unnest(@kinds, @systems, @values) as s (kind, system, value)
        cross join lateral (select * from collab.person_identifier i where i.tenant = @Tenant and i.kind = s.kind and i.system = s.system and i.value = s.value offset 0) i
        cross join lateral (select * from collab.person p where p.tenant = @Tenant and p.id = i.person offset 0) p
        """;

    public static object Args(Tx tx, IReadOnlyList<PersonSaid> people)
    {
        var said = people.Select(PeopleSql.Only).ToList();
        var keys = said.Where(s => s.Reference is not null).Select(s => (s.Source, s.Reference)).Distinct().ToList();
        var identifiers = said.SelectMany(s => s.Identifiers.Select(i => (Kind: s.Kind.ToString(), i.System, i.Value))).Distinct().ToList();
        return new
        {
            tx.Tenant, sources = keys.Select(k => k.Source).ToArray(), references = keys.Select(k => k.Reference!).ToArray(),
            kinds = identifiers.Select(i => i.Kind).ToArray(), systems = identifiers.Select(i => i.System).ToArray(), values = identifiers.Select(i => i.Value).ToArray(),
        };
    }

    public void Add(IEnumerable<Row> rows)
    {
        foreach (var row in rows)
        {
            if (row.Reference is not null) byKey[(row.Source!.Value, row.Reference)] = row;
            else byIdentifier[(row.Kind, row.System!, row.Value!)] = row;
        }
    }

    /// <summary>The source's own key is believed: a corrected birth date is the same person, corrected.</summary>
    public Person? Match(PersonSaid said)
    {
        if (said.Reference is { } reference && byKey.TryGetValue((said.Source, reference), out var own)) return own;
        return said.Identifiers.Select(i => byIdentifier.GetValueOrDefault((said.Kind, i.System, i.Value)))
            .FirstOrDefault(p => p is not null && (p.BirthDate is null || said.BirthDate is null || p.BirthDate == said.BirthDate));
    }

    /// <summary>Whether everything that is said is known already.</summary>
    public bool Says(PersonSaid said) =>
        said.Role is null && (said.Reference is null || byKey.ContainsKey((said.Source, said.Reference)))
        && Match(said) is { } known && known == known.As(said) && said.Identifiers.All(i => byIdentifier.ContainsKey((said.Kind, i.System, i.Value)));

    public void Put(PersonSaid said, Person person)
    {
        if (said.Reference is not null) byKey[(said.Source, said.Reference)] = person;
        foreach (var i in said.Identifiers) byIdentifier.TryAdd((said.Kind, i.System, i.Value), person);
    }

    internal sealed record Row : Person
    {
        public Guid? Source { get; init; }
        public string? Reference { get; init; }
        public string? System { get; init; }
        public string? Value { get; init; }
    }
}

/// <summary>What is new of people, as one statement a table.</summary>
internal sealed class PeopleChanges
{
    private readonly SortedDictionary<Guid, Person> people = [];
    private readonly Dictionary<(Guid Source, string Reference), Guid> keys = [];
    private readonly Dictionary<(string Kind, string System, string Value), (Guid Person, string? Type)> identifiers = [];
    private readonly HashSet<(Guid Person, string Role)> roles = [];

    public Person Add(Tx tx, PersonSaid said, Person? known)
    {
        var person = (known ?? new Person { Id = tx.NewId(), Kind = said.Kind }).As(said);
        people[person.Id] = person;
        if (said.Reference is not null) keys[(said.Source, said.Reference)] = person.Id;
        foreach (var i in said.Identifiers) identifiers.TryAdd((person.Kind.ToString(), i.System, i.Value), (person.Id, i.Type));
        if (said.Role is not null) roles.Add((person.Id, said.Role));
        return person;
    }

    public void Later(Tx tx)
    {
        if (people.Count == 0) return;
        var rows = people.Values;
        Run(tx, """
            insert into collab.person (tenant, id, kind, family, given, title, gender, birth_date, updated_at)
            select $1, p.id, p.kind, p.family, p.given, p.title, p.gender, p.birth_date, $2
            from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::date[]) as p (id, kind, family, given, title, gender, birth_date)
            on conflict (tenant, id) do update set family = excluded.family, given = excluded.given, title = excluded.title,
              gender = excluded.gender, birth_date = excluded.birth_date, updated_at = excluded.updated_at
            """, P(tx.Now), P(people.Keys.ToArray()), Texts(rows.Select(p => (string?)p.Kind.ToString())), Texts(rows.Select(p => p.Family)), Texts(rows.Select(p => p.Given)),
            Texts(rows.Select(p => p.Title)), Texts(rows.Select(p => p.Gender)), new() { Value = rows.Select(p => p.BirthDate).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date });
        if (keys.Count > 0)
        {
            Run(tx, """
                insert into collab.person_key (tenant, source, reference, person)
                select $1, k.source, k.reference, k.person from unnest($2::uuid[], $3::text[], $4::uuid[]) as k (source, reference, person)
                on conflict (tenant, source, reference) do update set person = excluded.person
                """, P(keys.Keys.Select(k => k.Source).ToArray()), Texts(keys.Keys.Select(k => (string?)k.Reference)), P(keys.Values.ToArray()));
        }
        if (identifiers.Count > 0)
        {
            Run(tx, """
                insert into collab.person_identifier (tenant, kind, system, value, person, type)
                select $1, i.kind, i.system, i.value, i.person, i.type from unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[]) as i (kind, system, value, person, type)
                on conflict (tenant, kind, system, value) do nothing
                """, Texts(identifiers.Keys.Select(i => (string?)i.Kind)), Texts(identifiers.Keys.Select(i => (string?)i.System)), Texts(identifiers.Keys.Select(i => (string?)i.Value)),
                P(identifiers.Values.Select(i => i.Person).ToArray()), Texts(identifiers.Values.Select(i => i.Type)));
        }
        if (roles.Count > 0)
        {
            Run(tx, """
                insert into collab.person_role (tenant, person, role)
                select $1, r.person, r.role from unnest($2::uuid[], $3::text[]) as r (person, role)
                on conflict (tenant, person, role) do nothing
                """, P(roles.Select(r => r.Person).ToArray()), Texts(roles.Select(r => (string?)r.Role)));
        }
    }

    private static void Run(Tx tx, string sql, params NpgsqlParameter[] values)
    {
        var command = new NpgsqlBatchCommand(sql) { Parameters = { P(tx.Tenant) } };
        foreach (var v in values) command.Parameters.Add(v);
        tx.Later(command);
    }

    private static NpgsqlParameter P(object value) => new() { Value = value };
    private static NpgsqlParameter Texts(IEnumerable<string?> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
