namespace HealthTeams.Collaboration.PatientLists;

/// <summary>
/// Rows that come and go by themselves: a census list holds the stays its rule means. One statement each, for one list or
/// for all lists that a changed stay may concern; the team's cells stay on rows that leave.
/// </summary>
public sealed class Census(ProjectFhir project)
{
    private const string Meant = """
        l.kind = 'census' and l.removed_at is null and s.active
        and (l.census_place is null or s.place in (select collab.places_within(l.tenant, l.census_place)))
        and (l.census_class is null or s.class = l.census_class)
        and (l.census_status is null or s.status = l.census_status)
        and (l.census_attending is null or s.attending = l.census_attending)
        """;

    /// <summary>A list that was just made, or came back.</summary>
    internal Task<bool> Fill(Tx tx, Guid list) => Refresh(tx, [list], null);

    /// <summary>The lists of the tenant that these stays concern; null means every stay (a place moved).</summary>
    internal async Task Follow(Tx tx, Guid[]? stays)
    {
        // Which may be concerned: those that show them, and those that mean them now. In one order, so that writers wait and do not block each other.
        var lists = await tx.Query<Guid>($"""
            select l.id from collab.list l
            where l.tenant = @Tenant and l.kind = 'census' and l.removed_at is null and (@stays::uuid[] is null
              or exists (select from collab.list_row r where r.tenant = l.tenant and r.list = l.id and r.stay = any(@stays))
              or exists (select from collab.stay s where s.tenant = l.tenant and s.id = any(@stays) and {Meant}))
            order by l.id
            """, new { tx.Tenant, stays });
        foreach (var list in lists)
        {
            if (await Refresh(tx, [list], stays)) await project(tx, "list", list);
        }
        // Lists that name the patient otherwise show the chart's columns too: their pages look again.
        await tx.Execute("""
            with concerned as (
              select distinct r.list, r.id from collab.list_row r join collab.stay s on s.tenant = r.tenant and s.patient = r.patient
              where r.tenant = @Tenant and s.id = any(@stays) and r.state = 'active' and r.list <> all(@lists)),
            next as (update collab.list l set seq = seq + 1 where l.tenant = @Tenant and l.id in (select list from concerned) returning l.id, l.seq)
            update collab.list_row r set seq = next.seq from concerned c join next on next.id = c.list where r.tenant = @Tenant and r.id = c.id
            """, new { tx.Tenant, stays = stays ?? [], lists = lists.ToArray() });
    }

    private static async Task<bool> Refresh(Tx tx, Guid[] lists, Guid[]? stays)
    {
        var list = lists[0];
        var seq = await ListSql.Next(tx, list);
        var args = new { tx.Tenant, tx.Now, list, stays, seq };
        // Somebody put the patient here before the EHR did: it becomes that stay's row.
        await tx.Execute($"""
            update collab.list_row r set stay = s.id, seq = @seq
            from collab.stay s, collab.list l
            where r.tenant = @Tenant and r.list = @list and r.state = 'active' and r.stay is null and s.tenant = r.tenant and s.patient = r.patient and l.tenant = r.tenant and l.id = r.list
              and (@stays::uuid[] is null or s.id = any(@stays)) and {Meant}
              and not exists (select from collab.list_row o where o.tenant = r.tenant and o.list = r.list and o.stay = s.id)
            """, args);
        var left = await tx.Query<(Guid Row, Guid? Patient)>($"""
            update collab.list_row r set state = 'past', left_at = @Now, seq = @seq
            where r.tenant = @Tenant and r.list = @list and r.state = 'active' and not r.pinned and r.stay is not null and (@stays::uuid[] is null or r.stay = any(@stays))
              and not exists (select from collab.list l, collab.stay s where l.tenant = r.tenant and l.id = r.list and s.tenant = r.tenant and s.id = r.stay and {Meant})
            returning r.id, r.patient
            """, args);
        var back = await tx.Query<(Guid Row, Guid? Patient)>($"""
            update collab.list_row r set state = 'active', left_at = null, seq = @seq
            from collab.list l, collab.stay s
            where r.tenant = @Tenant and r.list = @list and r.state = 'past' and l.tenant = r.tenant and l.id = r.list and s.tenant = r.tenant and s.id = r.stay
              and (@stays::uuid[] is null or s.id = any(@stays)) and {Meant}
              and not exists (select from collab.list_row o where o.tenant = r.tenant and o.list = r.list and o.patient = r.patient and o.state = 'active')
            returning r.id, r.patient
            """, args);
        var came = await tx.Query<(Guid Row, Guid? Patient)>($"""
            insert into collab.list_row (tenant, list, id, patient, stay, cells, seq, added_at)
            select distinct on (s.patient) l.tenant, l.id, gen_random_uuid(), s.patient, s.id,
              coalesce((select jsonb_object_agg(c.id::text, jsonb_build_object('v', c.default_value, 'n', 1, 'at', @Now::timestamptz, 'by', null)) from collab.list_column c
                where c.tenant = l.tenant and c.list = l.id and c.removed_at is null and c.default_value is not null and not c.is_unique), '{"{}"}'),
              @seq, @Now
            from collab.list l, collab.stay s
            where l.tenant = @Tenant and l.id = @list and s.tenant = l.tenant and (@stays::uuid[] is null or s.id = any(@stays)) and {Meant}
              and not exists (select from collab.list_row o where o.tenant = l.tenant and o.list = l.id and (o.stay = s.id or (o.patient = s.patient and o.state = 'active')))
            order by s.patient, s.started_at desc nulls last, s.id
            returning id, patient
            """, args);
        // What the chart says of those who stay may have changed.
        await tx.Execute("""
            update collab.list_row r set seq = @seq where r.tenant = @Tenant and r.list = @list and r.state = 'active' and (@stays::uuid[] is null or r.stay = any(@stays))
            """, args);
        foreach (var (row, patient) in left) tx.Publish("list.row-left", $"list/{list}", patient is { } p ? $"person/{p}" : null, new { row });
        foreach (var (row, patient) in back.Concat(came)) tx.Publish("list.row-arrived", $"list/{list}", patient is { } p ? $"person/{p}" : null, new { row });
        if (left.Count + back.Count + came.Count == 0) tx.Publish("list.changed", $"list/{list}");
        return left.Count + back.Count + came.Count > 0;
    }
}
