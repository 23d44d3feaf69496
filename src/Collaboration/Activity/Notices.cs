using System.Text.Json;

namespace HealthTeams.Collaboration.Activity;

/// <summary>One line of a person's activity.</summary>
public sealed record Notice
{
    public Guid Id { get; init; }

    /// <summary>"task.assigned", "approval.requested" ...: chooses the sentence.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The page it is about.</summary>
    public string Link { get; init; } = "";
    public string Data { get; init; } = "{}";
    public DateTimeOffset At { get; init; }
    public DateTimeOffset? SeenAt { get; init; }

    /// <summary>A word of <see cref="Data"/>; empty when it is not there.</summary>
    public string Of(string name)
    {
        using var data = JsonDocument.Parse(Data);
        return data.RootElement.TryGetProperty(name, out var value) ? value.ToString() : "";
    }
}

/// <summary>Tells people what concerns them, in the transaction that makes it so; their pages ring at once.</summary>
public static class Notices
{
    /// <param name="people">Whoever did it is left out: nobody is told of their own doing.</param>
    /// <param name="data">Names and titles for the sentence. Shown after sign-in only; the live update carries ids.</param>
    /// <param name="key">Telling the same person the same key again does nothing.</param>
    public static async Task Tell(Tx tx, IEnumerable<Guid> people, string kind, string link, object? data = null, string? key = null)
    {
        var all = people.Distinct().Where(p => tx.Actor.Caller?.Person != p).ToArray();
        if (all.Length == 0) return;
        var told = await tx.Query<Guid>("""
            insert into collab.notice (tenant, id, person, kind, link, data, at, key)
            select @Tenant, n.id, n.person, @kind, @link, @data::jsonb, @Now, @key from unnest(@ids, @all) as n (id, person)
            on conflict (tenant, person, key) where key is not null do nothing
            returning person
            """, new { tx.Tenant, tx.Now, kind, link, data = data is null ? "{}" : JsonSerializer.Serialize(data, JsonSerializerOptions.Web), key, all, ids = all.Select(_ => tx.NewId()).ToArray() });
        if (told.Count > 0) tx.Publish("notice.told", "notice/" + tx.NewId(), data: new { people = told });
    }

    /// <summary>What was asked for is gone or done: it no longer waits among the unseen.</summary>
    /// <param name="person">This person's part alone is done; null: everybody's.</param>
    public static Task Settle(Tx tx, string link, Guid? person = null) => tx.Execute("""
        update collab.notice set seen_at = @Now where tenant = @Tenant and link = @link and seen_at is null and (@person::uuid is null or person = @person)
        """, new { tx.Tenant, tx.Now, link, person });
}

/// <summary>A person's own activity.</summary>
public sealed class ActivityFeed(Db db)
{
    public const int Limit = 200;

    public Task<IReadOnlyList<Notice>> Mine(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<Notice>($"""
        select id, kind, link, data::text as Data, at, seen_at as SeenAt from collab.notice
        where tenant = @Tenant and person = @Person order by at desc, id desc limit {Limit}
        """, new { tx.Tenant, caller.Person }), stop);

    public Task<int> Unseen(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Scalar<int>(
        "select count(*)::int from collab.notice where tenant = @Tenant and person = @Person and seen_at is null", new { tx.Tenant, caller.Person }), stop);

    /// <summary>Marks one as seen (or all, without an id) and says where it leads.</summary>
    public Task<string?> See(Caller caller, Guid? notice, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
    {
        var links = await tx.Query<string>("""
            update collab.notice set seen_at = coalesce(seen_at, @Now)
            where tenant = @Tenant and person = @Person and (id = @notice or (@notice is null and seen_at is null))
            returning link
            """, new { tx.Tenant, tx.Now, caller.Person, notice });
        return links.Count == 0 ? null : links[0];
    }, stop);
}
