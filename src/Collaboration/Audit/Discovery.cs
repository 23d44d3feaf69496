using System.Text;
using System.Text.Json;
using HealthTeams.Platform.Audit;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Collaboration.Audit;

public sealed record DiscoveryJob
{
    public Guid Id { get; init; }
    public string AskedJson { get; init; } = "{}";
    public DateTimeOffset AskedAt { get; init; }
    public string AskedBy { get; init; } = "";
    public long Done { get; init; }
    public long? Total { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <param name="Folder">Where exports lie, one folder per hospital.</param>
public sealed record DiscoverySettings(string Folder);

/// <summary>Exports for a court or an auditor: the trail and the messages of a person, patient or team. Asking, and each download, is on record.</summary>
public sealed class Discovery(Db db, DiscoverySettings settings)
{
    /// <summary>Records in one export; more is asked for in spans of time.</summary>
    public const int Limit = 1_000_000;

    public Task<IReadOnlyList<DiscoveryJob>> All(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<DiscoveryJob>("""
        select id, asked::text as AskedJson, asked_at as AskedAt, asked_by as AskedBy, done, total, finished_at as FinishedAt from platform.audit_export where tenant = @Tenant order by asked_at desc limit 100
        """, new { tx.Tenant }), stop);

    public Task<Outcome<Guid>> Ask(Caller caller, TrailQuestion asked, CancellationToken stop) => db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (asked is { Person: null, Patient: null, Team: null } && asked.From is null) return Problem.Unprocessable("Name a person, a patient, a team or a beginning.", "person", "export-all");
        var id = tx.NewId();
        await tx.Execute("insert into platform.audit_export (tenant, id, asked, asked_by, asked_at, next_at) values (@Tenant, @id, @json::jsonb, @by, @Now, @Now)", new { tx.Tenant, tx.Now, id, json = JsonSerializer.Serialize(asked), by = tx.Actor.Id });
        tx.Publish("audit.export-asked", $"export/{id}", asked.Patient is { } p ? $"person/{p}" : null, asked);
        return id;
    }, stop);

    /// <param name="csv">Else NDJSON.</param>
    public async Task<Stream?> Open(Caller caller, Guid id, bool csv, CancellationToken stop)
    {
        var there = await db.In(caller.Tenant, caller.Actor, async tx =>
        {
            if (await tx.Scalar<string>("select asked::text from platform.audit_export where tenant = @Tenant and id = @id and finished_at is not null", new { tx.Tenant, id }) is not { } asked) return false;
            var patient = JsonSerializer.Deserialize<TrailQuestion>(asked)!.Patient;
            tx.Publish("audit.export-opened", $"export/{id}", patient is { } p ? $"person/{p}" : null, new { csv });
            return true;
        }, stop);
        var path = Path(settings, caller.Tenant, id, csv);
        return there && File.Exists(path) ? File.OpenRead(path) : null;
    }

    internal static string Path(DiscoverySettings settings, int tenant, Guid id, bool csv) => System.IO.Path.Combine(settings.Folder, $"{tenant}", $"{id:N}.{(csv ? "csv" : "ndjson")}");
}

/// <summary>Writes the exports that were asked for, page by page, so that its progress shows; begun anew after a crash.</summary>
public sealed class DiscoveryDue(Db db, DiscoverySettings settings, ILogger<DiscoveryDue> log) : IDueSweep
{
    private const int Page = 2000;

    public Task<int> Sweep(DateTimeOffset now, CancellationToken stop) => new DueRows("platform.audit_export", "next_at", "The export").Each(db, log, now, Write, stop);

    private async Task Write(Tx tx, Guid id)
    {
        var json = await tx.Scalar<string>("select asked::text from platform.audit_export where tenant = @Tenant and id = @id and next_at <= @Now", new { tx.Tenant, tx.Now, id });
        // One host at a time, without holding the row: its progress is written from outside.
        if (json is null || !await tx.Scalar<bool>("select pg_try_advisory_xact_lock(hashtextextended(@id::text, @Tenant))", new { tx.Tenant, id })) return;
        var asked = JsonSerializer.Deserialize<TrailQuestion>(json)!;
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Discovery.Path(settings, tx.Tenant, id, true))!);
        await using var nd = new StreamWriter(Discovery.Path(settings, tx.Tenant, id, false), append: false);
        await using var csv = new StreamWriter(Discovery.Path(settings, tx.Tenant, id, true), append: false, new UTF8Encoding(true));
        await csv.WriteLineAsync("record,at,who,name,what,subject,patient,source,outcome,text");
        var done = 0L;
        (DateTimeOffset, Guid)? before = null;
        for (IReadOnlyList<TrailLine> lines; done < Discovery.Limit && (lines = await Trail.Lines(tx, asked, before, Page)).Count > 0;)
        {
            foreach (var l in lines)
            {
                await nd.WriteLineAsync(JsonSerializer.Serialize(new { record = l.Read ? "read" : "change", l.Id, l.At, who = l.Actor, name = l.Who, what = l.Action, l.Subject, l.Patient, l.Source, l.Outcome }, JsonSerializerOptions.Web));
                await csv.WriteLineAsync(Row(l.Read ? "read" : "change", l.At, l.Actor, l.Who, l.Action, l.Subject, l.Patient, l.Source, l.Outcome.ToString(System.Globalization.CultureInfo.InvariantCulture), ""));
            }
            before = (lines[^1].At, lines[^1].Id);
            await Progress(tx.Tenant, id, done += lines.Count, tx.Stop);
        }
        foreach (var m in await Messages(tx, asked))
        {
            await nd.WriteLineAsync(JsonSerializer.Serialize(new { record = "message", m.Id, at = m.SentAt, who = m.SenderPerson, name = m.Sender, what = m.Priority, subject = $"message/{m.Id}", patient = m.Patient, m.Text }, JsonSerializerOptions.Web));
            await csv.WriteLineAsync(Row("message", m.SentAt, m.SenderPerson?.ToString() ?? "", m.Sender, m.Priority, $"message/{m.Id}", m.Patient?.ToString(), null, "", m.Text));
            done++;
        }
        await tx.Execute("update platform.audit_export set next_at = null, done = @done, total = @done, finished_at = @Now where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id, done });
        tx.Publish("audit.export-finished", $"export/{id}", data: new { records = done });
    }

    /// <summary>In a transaction of its own, so that the page shows it while the export is under way.</summary>
    private Task<int> Progress(int tenant, Guid id, long done, CancellationToken stop) =>
        db.In(tenant, Actor.Product, tx => tx.Execute("update platform.audit_export set done = @done where tenant = @Tenant and id = @id", new { tx.Tenant, id, done }), stop);

    private static Task<IReadOnlyList<Said>> Messages(Tx tx, TrailQuestion asked) => tx.Query<Said>($"""
        select m.id, m.sent_at as SentAt, m.sender, m.sender_person as SenderPerson, m.priority, m.patient, m.text from collab.message m
        left join collab.conversation c on c.tenant = m.tenant and c.id = m.conversation
        where m.tenant = @Tenant and (@Patient::uuid is null or m.patient = @Patient) and (@Team::uuid is null or c.team = @Team)
          and (@Person::uuid is null or m.sender_person = @Person or exists (select from collab.message_delivery d where d.tenant = m.tenant and d.message = m.id and d.recipient = @Person)
            or exists (select from collab.conversation_member v where v.tenant = m.tenant and v.conversation = m.conversation and v.person = @Person))
          and (@From::timestamptz is null or m.sent_at >= @From) and (@To::timestamptz is null or m.sent_at < @To) and (@What::text is null or @What = '')
        order by m.sent_at, m.id limit {Discovery.Limit}
        """, new { tx.Tenant, asked.Person, asked.Patient, asked.Team, asked.From, asked.To, asked.What });

    private static string Row(string record, DateTimeOffset at, params string?[] values) =>
        string.Join(',', new[] { record, at.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture) }.Concat(values.Select(Cell)));

    /// <summary>A value that a spreadsheet would take for a formula gets an apostrophe.</summary>
    private static string Cell(string? value)
    {
        var text = value ?? "";
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r') text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private sealed record Said
    {
        public Guid Id { get; init; }
        public DateTimeOffset SentAt { get; init; }
        public string Sender { get; init; } = "";
        public Guid? SenderPerson { get; init; }
        public string Priority { get; init; } = "";
        public Guid? Patient { get; init; }
        public string Text { get; init; } = "";
    }
}
