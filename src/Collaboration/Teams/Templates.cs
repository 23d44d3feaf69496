namespace HealthTeams.Collaboration.Teams;

/// <summary>A template in its latest version.</summary>
/// <param name="Audience">Roles of staff that see it; null is everybody.</param>
public sealed record TeamTemplate(Guid Id, string? Key, int Version, IReadOnlyList<string>? Audience, Guid? CreatedBy, DateTimeOffset ChangedAt, TemplateContent Content)
{
    public bool Prebuilt => Key is not null;

    /// <summary>Who keeps the templates sees them all.</summary>
    public bool Sees(Caller caller) => Templates.Keeps(caller) || Audience is null || CreatedBy == caller.Person && CreatedBy is not null || Audience.Any(caller.Has);
}

/// <summary>
/// Team templates (TPL-08): those of the product are duplicated, never edited; own ones come from scratch, from a team or from
/// a template; every change is a new version, and a team remembers which it was made from. Template policies are audiences.
/// </summary>
public sealed class Templates(Db db, TeamDoor door, ProjectFhir project)
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such template for you.", "template-unknown");
    private static readonly Problem NotYours = Problem.Forbidden("An administrator, or who made it, changes a template.", "template-keeper");

    /// <summary>Administrators keep the hospital's templates.</summary>
    public static bool Keeps(Caller caller) => caller.Has("administrator");

    /// <summary>What the caller may use, prebuilt first, then by name.</summary>
    public Task<IReadOnlyList<TeamTemplate>> All(Caller caller, CancellationToken stop) => db.In<IReadOnlyList<TeamTemplate>>(caller.Tenant, caller.Actor, async tx =>
    {
        await BringPrebuilt(tx);
        return [.. (await TemplateSql.All(tx)).Where(t => t.Sees(caller))];
    }, stop);

    public Task<Outcome<TeamTemplate>> Find(Caller caller, Guid id, CancellationToken stop) => db.In<Outcome<TeamTemplate>>(caller.Tenant, caller.Actor, async tx =>
        await TemplateSql.Find(tx, id) is { } found && found.Sees(caller) ? found : Unknown, stop);

    /// <summary>All versions, newest first.</summary>
    public Task<Outcome<IReadOnlyList<(int Version, DateTimeOffset At, string? By, TemplateContent Content)>>> Versions(Caller caller, Guid id, CancellationToken stop) =>
        db.In<Outcome<IReadOnlyList<(int, DateTimeOffset, string?, TemplateContent)>>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await TemplateSql.Find(tx, id) is not { } found || !found.Sees(caller)) return Unknown;
            var rows = await tx.Query<(int Version, DateTimeOffset At, string? By, string Content)>("""
                select v.version, v.at, concat_ws(' ', p.title, p.given, p.family), v.content::text
                from collab.team_template_version v left join collab.person p on p.tenant = v.tenant and p.id = v.by
                where v.tenant = @Tenant and v.template = @id order by v.version desc
                """, new { tx.Tenant, id });
            return rows.Select(r => (r.Version, r.At, r.By, TemplateContent.Of(r.Content))).ToList();
        }, stop);

    /// <summary>From scratch or from a template (its content, changed): administrators.</summary>
    public Task<Outcome<Guid>> Add(Caller caller, TemplateContent content, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
        Keeps(caller) ? await Insert(tx, caller, content, null) : NotYours, stop);

    /// <summary>From a team, by its owner: channels, tabs, apps and settings; nobody's name. Until an administrator opens it, its maker alone sees it.</summary>
    public Task<Outcome<Guid>> AddFrom(Caller caller, Guid team, string name, CancellationToken stop) => db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        var may = await door.May(tx, caller, team, TeamRole.Owner);
        if (!may.Ok) return may.Problem;
        return await Insert(tx, caller, (await TemplateSql.OfTeam(tx, team)) with { Name = name }, Keeps(caller) ? null : []);
    }, stop);

    /// <param name="version">The version that was changed: another change meanwhile is a conflict.</param>
    public Task<Outcome<int>> Change(Caller caller, Guid id, TemplateContent content, int version, CancellationToken stop) => Kept(caller, id, async (tx, known) =>
    {
        if (known.Prebuilt) return Problem.Conflict("A template of the product is duplicated, not edited.", "template-prebuilt");
        if (known.Version != version) return Problem.Conflict("Somebody else changed this template meanwhile. Look at it again and repeat.");
        if (TemplateRules.Check(content) is { } broken) return broken;
        await tx.Execute("update collab.team_template set version = version + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, id });
        await TemplateSql.Keep(tx, id, version + 1, content);
        tx.Publish("template.changed", $"template/{id}");
        await project(tx, "template", id);
        return version + 1;
    }, stop);

    /// <summary>The template policy: which roles see it; null opens it to everybody. Administrators.</summary>
    public Task<Outcome<int>> Show(Caller caller, Guid id, IReadOnlyList<string>? roles, CancellationToken stop) => Kept(caller, id, async (tx, known) =>
    {
        if (!Keeps(caller)) return NotYours;
        await tx.Execute("update collab.team_template set audience = @roles where tenant = @Tenant and id = @id", new { tx.Tenant, id, roles = roles?.ToArray() });
        tx.Publish("template.policy-changed", $"template/{id}");
        return known.Version;
    }, stop);

    /// <summary>Teams made from it stay as they are; its versions are kept.</summary>
    public Task<Outcome<int>> Withdraw(Caller caller, Guid id, CancellationToken stop) => Kept(caller, id, async (tx, known) =>
    {
        if (known.Prebuilt) return Problem.Conflict("A template of the product can be hidden from roles, not withdrawn.", "template-prebuilt");
        await tx.Execute("update collab.team_template set withdrawn_at = @Now where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id });
        tx.Publish("template.withdrawn", $"template/{id}");
        await project(tx, "template", id);
        return known.Version;
    }, stop);

    private Task<Outcome<int>> Kept(Caller caller, Guid id, Func<Tx, TeamTemplate, Task<Outcome<int>>> change, CancellationToken stop) =>
        db.In<Outcome<int>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await TemplateSql.Find(tx, id, toChange: true) is not { } known || !known.Sees(caller)) return Unknown;
            if (!Keeps(caller) && (known.CreatedBy is null || known.CreatedBy != caller.Person)) return NotYours;
            var done = await change(tx, known);
            return done.Ok ? done : tx.Abandon(done);
        }, stop);

    private async Task<Outcome<Guid>> Insert(Tx tx, Caller caller, TemplateContent content, string[]? audience)
    {
        if (TemplateRules.Check(content) is { } broken) return tx.Abandon<Outcome<Guid>>(broken);
        var id = tx.NewId();
        await tx.Execute("""
            insert into collab.team_template (tenant, id, audience, created_at, created_by) values (@Tenant, @id, @audience, @Now, @Person)
            """, new { tx.Tenant, tx.Now, id, audience, caller.Person });
        await TemplateSql.Keep(tx, id, 1, content);
        tx.Publish("template.created", $"template/{id}");
        await project(tx, "template", id);
        return id;
    }

    /// <summary>The product's templates come to a hospital when it first looks, a newer edition of one as a new version.</summary>
    private async Task BringPrebuilt(Tx tx)
    {
        var here = (await tx.Query<(string Key, Guid Id, int Version, string Content)>("""
            select t.key, t.id, t.version, v.content::text from collab.team_template t
            join collab.team_template_version v on v.tenant = t.tenant and v.template = t.id and v.version = t.version
            where t.tenant = @Tenant and t.key is not null
            """, new { tx.Tenant })).ToDictionary(t => t.Key);
        foreach (var (key, content) in Prebuilt.All)
        {
            if (here.TryGetValue(key, out var known) && TemplateContent.Of(known.Content).ToJson() == content.ToJson()) continue;
            Locks.Take(tx, $"template|{key}");
            var id = await tx.Scalar<Guid?>("select id from collab.team_template where tenant = @Tenant and key = @key", new { tx.Tenant, key });
            if (id is not null && known.Key is null) continue; // another look brought it just now
            if (id is null) await tx.Execute("insert into collab.team_template (tenant, id, key, created_at) values (@Tenant, @fresh, @key, @Now)", new { tx.Tenant, tx.Now, fresh = id ??= tx.NewId(), key });
            else if (await tx.Execute("update collab.team_template set version = version + 1 where tenant = @Tenant and id = @id and version = @Version", new { tx.Tenant, id, known.Version }) == 0) continue;
            await TemplateSql.Keep(tx, id.Value, known.Version + 1, content);
            await project(tx, "template", id.Value);
        }
    }
}
