namespace HealthTeams.Collaboration.Teams;

internal static class TemplateSql
{
    private const string Columns = """
        select t.id, t.key, t.version, t.audience, t.created_by as CreatedBy, v.at as ChangedAt, v.content::text as Content
        from collab.team_template t
        join collab.team_template_version v on v.tenant = t.tenant and v.template = t.id and v.version = t.version
        where t.tenant = @Tenant and t.withdrawn_at is null
        """;

    public static async Task<IReadOnlyList<TeamTemplate>> All(Tx tx) =>
        [.. (await tx.Query<Row>($"{Columns} order by t.key is null, lower(v.content ->> 'name'), t.id", new { tx.Tenant })).Select(r => r.Template)];

    public static async Task<TeamTemplate?> Find(Tx tx, Guid id, bool toChange = false) =>
        (await tx.OneOrNone<Row>($"{Columns} and t.id = @id{(toChange ? " for update of t" : "")}", new { tx.Tenant, id }))?.Template;

    public static Task Keep(Tx tx, Guid id, int version, TemplateContent content) => tx.Execute("""
        insert into collab.team_template_version (tenant, template, version, content, at, by) values (@Tenant, @id, @version, @json::jsonb, @Now, @by)
        """, new { tx.Tenant, tx.Now, id, version, json = content.ToJson(), by = tx.Actor.Caller?.Person });

    /// <summary>A team as a template: no member's name, the roles of the template it came from.</summary>
    public static async Task<TemplateContent> OfTeam(Tx tx, Guid team)
    {
        var (name, description, visibility, settings, from) = (await tx.Query<(string, string?, string, string, string?)>("""
            select t.name, t.description, t.visibility, t.settings::text, v.content::text from collab.team t
            left join collab.team_template_version v on v.tenant = t.tenant and v.template = t.template and v.version = t.template_version
            where t.tenant = @Tenant and t.id = @team
            """, new { tx.Tenant, team }))[0];
        var channels = await TeamViews.Channels(tx, team, tx.Actor.Caller?.Person);
        var apps = await tx.Query<string>("select app from collab.team_app where tenant = @Tenant and team = @team order by position", new { tx.Tenant, team });
        return new TemplateContent(name, description ?? "", visibility,
            [.. channels.Where(c => c.DeletedAt is null).Select(c => new ChannelPlan(c.Name, c.Description, c.Favourite, [.. c.Tabs.Select(t => new TabPlan(t.Name, t.App, t.Target))]))],
            apps, from is null ? [] : TemplateContent.Of(from).Roles, System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, bool>>(settings)!);
    }

    private sealed record Row
    {
        public Guid Id { get; init; }
        public string? Key { get; init; }
        public int Version { get; init; }
        public string[]? Audience { get; init; }
        public Guid? CreatedBy { get; init; }
        public DateTimeOffset ChangedAt { get; init; }
        public string Content { get; init; } = "{}";
        public TeamTemplate Template => new(Id, Key, Version, Audience, CreatedBy, ChangedAt, TemplateContent.Of(Content));
    }
}
