using System.Text.Json.Nodes;
using HealthTeams.Collaboration.Conversations;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Policies;
using HealthTeams.Collaboration.Visits;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.FhirGateway.Federation;

/// <summary>Somebody of a partner hospital, as its directory says.</summary>
public sealed record PartnerChoice(Guid Key, string Name);

/// <summary>Finding people of partner hospitals, and beginning conversations with them.</summary>
public sealed class PartnerPeople(Db db, TenantDirectory tenants, FederationCall call, VisitDoor people, PolicyDoor policies)
{
    public const int Found = 20;
    public const int Shortest = 2;

    /// <summary>Partners that messages cross to now.</summary>
    public Task<IReadOnlyList<Partner>> Open(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<Partner>($"""
        select {Partner.Columns} from collab.partner p where p.tenant = @Tenant and p.mutual_at is not null and p.paused_at is null order by lower(p.name)
        """, new { tx.Tenant }), stop);

    public async Task<Outcome<IReadOnlyList<PartnerChoice>>> Find(Caller caller, Guid partner, string search, CancellationToken stop)
    {
        if (search.Trim().Length < Shortest) return Problem.Unprocessable($"Give at least {Shortest} letters of the name.", "q", "search-short");
        var found = await Ask(caller, partner, new() { ["name"] = search.Trim() }, stop);
        return found.Then<IReadOnlyList<PartnerChoice>>(all => [.. all.Select(p => new PartnerChoice(p.Key, new Person { Kind = PersonKind.Staff, Family = p.Family, Given = p.Given, Title = p.Title }.Display))]);
    }

    /// <summary>With people of one partner and of ours. Who they are is asked of the partner again: a form is not believed.</summary>
    public async Task<Outcome<Guid>> Begin(Caller caller, Guid partner, IReadOnlyCollection<Guid> theirs, IReadOnlyCollection<Guid> ours, string? title, CancellationToken stop)
    {
        if (caller.Person is not { } me) return Problem.Forbidden("Conversations are for members of staff.");
        if (theirs.Count is 0 or > Found) return Problem.Unprocessable($"Choose 1 to {Found} people of the other hospital.", "theirs", "person-missing");
        var said = await Ask(caller, partner, new() { ["keys"] = new JsonArray([.. theirs.Select(t => (JsonNode)t.ToString())]) }, stop);
        if (!said.Ok) return said.Problem;
        if (said.Value.Count != theirs.Distinct().Count()) return Problem.Unprocessable("One of these people is not found at the other hospital any more. Search again.", "theirs", "person-unknown");
        return await db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await Partners.Find(tx, partner) is not { Open: true } known) return Partners.Unknown;
            var policy = await policies.Of(tx, caller);
            if (policy.Refuse(theirs.Count + ours.Count == 1 && title is null ? nameof(policy.AllowUserChat) : nameof(policy.AllowChatWithGroup)) is { } refused) return refused;
            var all = new List<Guid>(ours);
            foreach (var party in said.Value) all.Add(await Keep(tx, people, known, party));
            return await ConversationDoor.Begin(tx, me, all, title);
        }, stop);
    }

    /// <summary>What our directory answers a partner: members of our teams, nobody of another hospital.</summary>
    internal async Task<IReadOnlyList<Person>> Ours(int tenant, string? name, IReadOnlyCollection<Guid> keys, CancellationToken stop)
    {
        var words = (name ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(5).Select(w => w.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal) + "%").ToArray();
        if (keys.Count == 0 && (name?.Trim().Length ?? 0) < Shortest) return [];
        return await db.In(tenant, Actor.Product, tx => tx.Query<Person>($"""
            select p.id, p.kind, p.family, p.given, p.title from collab.person p
            where p.tenant = @Tenant and p.kind = 'Staff' and (p.id = any(@keys) or cardinality(@keys) = 0 and (select bool_and(p.family ilike w or p.given ilike w) from unnest(@words) w))
              and exists (select from collab.team_member t where t.tenant = p.tenant and t.person = p.id) and not exists (select from collab.partner_person x where x.tenant = p.tenant and x.person = p.id)
              and (cardinality(@keys) > 0 or (select directory from collab.federation where tenant = @Tenant))
            order by lower(p.family), lower(p.given), p.id limit {Found}
            """, new { tx.Tenant, words, keys = keys.ToArray() }), stop);
    }

    /// <summary>The partner's word of who its people are.</summary>
    private async Task<Outcome<IReadOnlyList<Party>>> Ask(Caller caller, Guid partner, JsonObject question, CancellationToken stop)
    {
        if (await db.In(caller.Tenant, caller.Actor, tx => Partners.Find(tx, partner), stop) is not { Open: true } known) return Partners.Unknown;
        var answer = await call.Send((await tenants.Find(caller.Tenant, stop))!, known, "directory", System.Text.Encoding.UTF8.GetBytes(question.ToJsonString()), stop);
        if (!answer.Ok) return answer.Problem;
        return new List<Party>((answer.Value["people"] as JsonArray ?? []).OfType<JsonObject>().Take(Found)
            .Where(p => Guid.TryParse((string?)p["key"], out _)).Select(p => new Party(known.Address, Guid.Parse((string)p["key"]!), (string?)p["family"], (string?)p["given"], (string?)p["title"])));
    }

    /// <summary>Their person here, by home and key; a partner names its own people, with itself beside the name.</summary>
    internal static async Task<Guid> Keep(Tx tx, VisitDoor people, Partner partner, Party party)
    {
        Locks.Take(tx, [$"partner-person|{party.Home}|{party.Key}"]);
        var known = await tx.OneOrNone<(Guid Person, Guid Partner)>("select person, partner from collab.partner_person where tenant = @Tenant and home = @Home and key = @Key", new { tx.Tenant, party.Home, party.Key });
        // A third hospital's people stay as whoever brought them first, or they themselves, said.
        var own = party.Home == partner.Address;
        if (known.Person != Guid.Empty && !own) return known.Person;
        var family = own ? $"{party.Family ?? party.Given ?? "?"} ({partner.Name})" : party.Family;
        var person = await people.Person(tx, new PersonSaid(PersonKind.Staff, partner.Id, $"{party.Home}|{party.Key}", [], family, party.Given, party.Title, null, null));
        await tx.Execute("""
            insert into collab.partner_person (tenant, person, partner, home, key) values (@Tenant, @Id, @partner, @Home, @Key) on conflict on constraint partner_person_key do nothing
            """, new { tx.Tenant, person.Id, partner = partner.Id, party.Home, party.Key });
        return person.Id;
    }

    internal static Task<bool> IsOurs(Tx tx, Guid person) => tx.Scalar<bool>("""
        select exists (select from collab.person p where p.tenant = @Tenant and p.id = @person and p.kind = 'Staff')
          and not exists (select from collab.partner_person x where x.tenant = @Tenant and x.person = @person)
        """, new { tx.Tenant, person });

    /// <summary>Ours, if a number and the birth date say so, and then as we know them: a partner changes nobody's name here. Else one of the partner's.</summary>
    internal static async Task<Guid> Patient(Tx tx, VisitDoor people, Partner partner, Guid message, PatientParty said)
    {
        var ours = await tx.Query<Guid>("""
            select distinct p.id from unnest(@systems, @values) as s (system, value)
            join collab.person_identifier i on i.tenant = @Tenant and i.kind = 'Patient' and i.system = s.system and i.value = s.value
            join collab.person p on p.tenant = i.tenant and p.id = i.person and p.birth_date = @BirthDate
            """, new { tx.Tenant, said.BirthDate, systems = said.Identifiers.Select(i => i.System).ToArray(), values = said.Identifiers.Select(i => i.Value).ToArray() });
        if (ours is [var only]) return only;
        var key = said.Identifiers is [var (system, value), ..] ? $"Patient {system}|{value}" : $"Patient of {message}";
        return (await people.Person(tx, new PersonSaid(PersonKind.Patient, partner.Id, key, [], said.Family, said.Given, null, said.Gender, said.BirthDate))).Id;
    }
}
