using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.Collaboration.People;

/// <summary>Finds or makes the people that sources describe.</summary>
internal static class PeopleSql
{
    /// <summary>
    /// By (source, reference), else by a shared identifier unless birth dates contradict (a wrong join would show one
    /// patient as another), else new. What the source says replaces what was known; what it leaves out stays.
    /// </summary>
    public static async Task<Person> FindOrMake(Tx tx, PersonSaid said)
    {
        // A proxy's record often carries the patient's own number: they are known by (source, reference) alone.
        if (said.Kind == PersonKind.Related) said = said with { Identifiers = [] };
        var known = await Find(tx, said);
        Person person = known ?? new Person { Id = tx.NewId(), Kind = said.Kind };
        person = person with
        {
            Family = said.Family ?? person.Family,
            Given = said.Given ?? person.Given,
            Title = said.Title ?? person.Title,
            Gender = said.Gender ?? person.Gender,
            BirthDate = said.BirthDate ?? person.BirthDate,
        };
        await Save(tx, person, said);
        return person;
    }

    private static async Task<Person?> Find(Tx tx, PersonSaid said)
    {
        var locks = said.Identifiers.Select(i => $"person|{said.Kind}|{i.System}|{i.Value}")
            .Append(said.Reference is null ? null : $"person|{said.Source}|{said.Reference}").OfType<string>().ToArray();
        await Locks.Take(tx, locks);
        var candidates = await tx.Query<Candidate>("""
            select p.id, p.kind, p.family, p.given, p.title, p.gender, p.birth_date as BirthDate, f.rank
            from (
                select k.person, 0 as rank from collab.person_key k
                where k.tenant = @Tenant and k.source = @Source and k.reference = @Reference
                union all
                select i.person, 1 from collab.person_identifier i
                join unnest(@systems, @values) as s (system, value) on s.system = i.system and s.value = i.value
                where i.tenant = @Tenant and i.kind = @kind
              ) f
            join collab.person p on p.tenant = @Tenant and p.id = f.person
            order by f.rank
            """, new
        {
            tx.Tenant, said.Source, Reference = said.Reference ?? "", kind = said.Kind.ToString(),
            systems = said.Identifiers.Select(i => i.System).ToArray(), values = said.Identifiers.Select(i => i.Value).ToArray(),
        });
        // The source's own key is believed: a corrected birth date is the same person, corrected.
        return candidates.FirstOrDefault(p => p.Rank == 0 || p.BirthDate is null || said.BirthDate is null || p.BirthDate == said.BirthDate);
    }

    private sealed record Candidate : Person
    {
        public int Rank { get; init; }
    }

    private static async Task Save(Tx tx, Person p, PersonSaid said)
    {
        await using var batch = new NpgsqlBatch(tx.Connection, tx.Transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            insert into collab.person (tenant, id, kind, family, given, title, gender, birth_date, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (tenant, id) do update set family = excluded.family, given = excluded.given, title = excluded.title,
              gender = excluded.gender, birth_date = excluded.birth_date, updated_at = excluded.updated_at
            """)
        {
            Parameters =
            {
                new() { Value = tx.Tenant },
                new() { Value = p.Id },
                new() { Value = p.Kind.ToString() },
                Text(p.Family),
                Text(p.Given),
                Text(p.Title),
                Text(p.Gender),
                new() { Value = (object?)p.BirthDate ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Date },
                new() { Value = tx.Now },
            },
        });
        if (said.Reference is not null)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("""
                insert into collab.person_key (tenant, source, reference, person) values ($1, $2, $3, $4)
                on conflict (tenant, source, reference) do update set person = excluded.person
                """)
            {
                Parameters = { new() { Value = tx.Tenant }, new() { Value = said.Source }, new() { Value = said.Reference }, new() { Value = p.Id } },
            });
        }
        if (said.Identifiers.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("""
                insert into collab.person_identifier (tenant, kind, system, value, person, type)
                select $1, $2, i.system, i.value, $3, i.type from unnest($4::text[], $5::text[], $6::text[]) as i (system, value, type)
                on conflict (tenant, kind, system, value) do nothing
                """)
            {
                Parameters =
                {
                    new() { Value = tx.Tenant },
                    new() { Value = p.Kind.ToString() },
                    new() { Value = p.Id },
                    new() { Value = said.Identifiers.Select(i => i.System).ToArray() },
                    new() { Value = said.Identifiers.Select(i => i.Value).ToArray() },
                    new() { Value = said.Identifiers.Select(i => i.Type).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                },
            });
        }
        if (said.Role is not null)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("""
                insert into collab.person_role (tenant, person, role) values ($1, $2, $3) on conflict (tenant, person, role) do nothing
                """)
            {
                Parameters = { new() { Value = tx.Tenant }, new() { Value = p.Id }, new() { Value = said.Role } },
            });
        }
        await batch.ExecuteNonQueryAsync(tx.Stop);
    }

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
