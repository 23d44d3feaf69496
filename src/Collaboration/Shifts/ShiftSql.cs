namespace HealthTeams.Collaboration.Shifts;

/// <summary>One face of one thing on a roster, read and written.</summary>
internal static class ShiftSql
{
    public static readonly Problem Unknown = Problem.NotFound("This is no longer on the roster.", "shift-unknown");
    public static readonly Problem Stale = Problem.Conflict("Somebody else changed this meanwhile. Look at it again and repeat.", "stale");

    /// <summary>As its managers plan it: the draft where there is one.</summary>
    public static Task<ShiftItem?> Plan(Tx tx, Guid team, Guid id, bool toChange = false) => tx.OneOrNone<ShiftItem>($"""
        select {ShiftItem.Columns} from collab.shift s
        where s.tenant = @Tenant and s.team = @team and s.id = @id
          and (s.draft or not exists (select from collab.shift d where d.tenant = s.tenant and d.id = s.id and d.draft))
        {(toChange ? "for update" : "")}
        """, new { tx.Tenant, team, id });

    /// <summary>As all see it, both faces locked in the order of ids: whoever else decides on them waits.</summary>
    public static async Task<Dictionary<Guid, ShiftItem>> Shared(Tx tx, IEnumerable<Guid> ids, bool toChange = false) => (await tx.Query<ShiftItem>($"""
        select {ShiftItem.Columns} from collab.shift s where s.tenant = @Tenant and s.id = any(@ids) order by s.id, s.draft {(toChange ? "for update" : "")}
        """, new { tx.Tenant, ids = ids.ToArray() })).Where(s => !s.Draft).ToDictionary(s => s.Id);

    public static Task Write(Tx tx, ShiftItem item, Guid? by) => Write(tx, [item], by);

    /// <summary>Any number in one statement.</summary>
    public static Task Write(Tx tx, IReadOnlyList<ShiftItem> items, Guid? by) => tx.Execute("""
        insert into collab.shift (tenant, id, draft, team, kind, person, shift_group, reason, slots, starts_at, ends_at, label, notes, theme, activities, skills, removed, override, overridden, version, changed_at, changed_by)
        select @Tenant, i.id, i.draft, i.team, i.kind, i.person, i.shift_group, i.reason, i.slots, i.starts_at, i.ends_at, i.label, i.notes, i.theme, i.activities::jsonb,
          array(select jsonb_array_elements_text(i.skills::jsonb)), i.removed, i.override, array(select jsonb_array_elements_text(i.overridden::jsonb)), i.version, @Now, @by
        from unnest(@ids, @drafts, @teams, @kinds, @people, @groups, @reasons, @slots, @starts, @ends, @labels, @notes, @themes, @activities, @skills, @removed, @overrides, @overridden, @versions)
          as i (id, draft, team, kind, person, shift_group, reason, slots, starts_at, ends_at, label, notes, theme, activities, skills, removed, override, overridden, version)
        on conflict (tenant, id, draft) do update set person = excluded.person, shift_group = excluded.shift_group, reason = excluded.reason, slots = excluded.slots, starts_at = excluded.starts_at,
          ends_at = excluded.ends_at, label = excluded.label, notes = excluded.notes, theme = excluded.theme, activities = excluded.activities, skills = excluded.skills, removed = excluded.removed,
          override = excluded.override, overridden = excluded.overridden, version = excluded.version, changed_at = excluded.changed_at, changed_by = excluded.changed_by, stale = true
        """, new
    {
        tx.Tenant, tx.Now, by, ids = Each(items, i => i.Id), drafts = Each(items, i => i.Draft), teams = Each(items, i => i.Team), kinds = Each(items, i => i.Kind), people = Each(items, i => i.Person),
        groups = Each(items, i => i.Group), reasons = Each(items, i => i.Reason), slots = Each(items, i => i.Slots), starts = Each(items, i => i.StartsAt.ToUniversalTime()), ends = Each(items, i => i.EndsAt.ToUniversalTime()),
        labels = Each(items, i => i.Label), notes = Each(items, i => i.Notes), themes = Each(items, i => i.Theme), activities = Each(items, i => i.ActivitiesJson),
        skills = Each(items, i => System.Text.Json.JsonSerializer.Serialize(i.Skills)), removed = Each(items, i => i.Removed), overrides = Each(items, i => i.Override),
        overridden = Each(items, i => System.Text.Json.JsonSerializer.Serialize(i.Overridden)), versions = Each(items, i => i.Version),
    });

    private static T[] Each<T>(IReadOnlyList<ShiftItem> items, Func<ShiftItem, T> of) => [.. items.Select(of)];
}
