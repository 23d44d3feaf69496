using System.Text.Json;

namespace HealthTeams.Collaboration.Policies;

/// <summary>The public door of policies: whoever has a feature asks here, in the transaction that does it, whether the person may.</summary>
public sealed class PolicyDoor
{
    /// <summary>What holds for somebody now. One statement; an edit holds from the next one on.</summary>
    public async Task<EffectivePolicy> Effective(Tx tx, Guid person) => new((await tx.Query<Row>("""
        select p.area, p.id as Policy, p.name, a.kind, case a.kind when 'team' then t.name when 'person' then '' else a.target end as Target,
          a.assigned_at as AssignedAt, concat_ws(' ', b.title, b.given, b.family) as AssignedBy, p.settings::text as Settings, a.seq
        from collab.policy_assignment a
        join collab.policy p on p.tenant = a.tenant and p.id = a.policy and p.deleted_at is null
        left join collab.team t on t.tenant = a.tenant and t.id = a.team
        left join collab.person b on b.tenant = a.tenant and b.id = a.assigned_by
        where a.tenant = @Tenant and (
          (a.kind = 'person' and a.target = @person::text)
          or (a.kind = 'everyone' and a.target = '')
          or (a.kind = 'team' and t.archived_at is null and a.target in (select m.team::text from collab.team_member m where m.tenant = @Tenant and m.person = @person))
          or (a.kind = 'role' and a.target in (select lower(r.role) from collab.person_role r where r.tenant = @Tenant and r.person = @person))
          or (a.kind = 'code' and a.target in (select lower(c.code) from collab.person_code c where c.tenant = @Tenant and c.person = @person)))
        """, new { tx.Tenant, person })).Select(Reach));

    /// <summary>For whom no person stands behind (a FHIR client, due work): the product's defaults.</summary>
    public static readonly EffectivePolicy Defaults = new([]);

    /// <summary>Of whoever calls: staff by their policies, everybody else by the defaults.</summary>
    public Task<EffectivePolicy> Of(Tx tx, Caller caller) => caller is { Kind: CallerKind.Staff, Person: { } person } ? Effective(tx, person) : Task.FromResult(Defaults);

    internal static IReadOnlyDictionary<string, string> Settings(string json) => JsonSerializer.Deserialize<Dictionary<string, string>>(json)!;

    private static PolicyReach Reach(Row row) =>
        new(row.Area, row.Policy, row.Name, row.Kind, row.Target ?? "", row.AssignedAt, string.IsNullOrWhiteSpace(row.AssignedBy) ? null : row.AssignedBy, Settings(row.Settings)) { Seq = row.Seq };

    private sealed record Row
    {
        public string Area { get; init; } = "";
        public Guid Policy { get; init; }
        public string Name { get; init; } = "";
        public string Kind { get; init; } = "";
        public string? Target { get; init; }
        public DateTimeOffset AssignedAt { get; init; }
        public string? AssignedBy { get; init; }
        public string Settings { get; init; } = "{}";
        public long Seq { get; init; }
    }
}
