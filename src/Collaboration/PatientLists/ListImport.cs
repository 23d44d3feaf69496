using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Sheets;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>A table on its way to become a list.</summary>
public sealed record ImportPreview(Guid Id, Guid Team, string Name, Sheet Sheet, IReadOnlyList<ImportColumn> Columns, IReadOnlyList<ImportError> Errors, int ErrorCount);

/// <summary>LS-10: brought, looked at with a type per column and every error by line, then taken as a whole or not at all. A patient is found by record number only.</summary>
public sealed class ListImport(Db db, TeamDoor teams, TeamLists lists, TenantDirectory tenants, ProjectFhir project, Platform.Audit.AccessLog audit)
{
    public const int ErrorsShown = 200;
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);
    private static readonly Problem Gone = Problem.NotFound("This table is not here any more. Bring the file again.", "import-unknown");

    public Task<Outcome<Guid>> Bring(Caller caller, Guid team, string fileName, Stream file, CancellationToken stop)
    {
        var sheet = SheetReader.Read(file, fileName);
        return db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
        {
            var may = await teams.May(tx, caller, team, TeamRole.Member, change: true);
            if (!may.Ok) return may.Problem;
            if (!sheet.Ok) return sheet.Problem;
            if (sheet.Value.Columns.Count > ColumnRules.MostColumns) return Problem.Unprocessable($"A list has at most {ColumnRules.MostColumns} columns; the table has {sheet.Value.Columns.Count}.", "file", "file-columns");
            var id = tx.NewId();
            var name = Path.GetFileNameWithoutExtension(fileName).Replace("\0", "", StringComparison.Ordinal).Trim();
            await tx.Execute("""
                delete from collab.list_import where tenant = @Tenant and (by = @Person or at < @old);
                insert into collab.list_import (tenant, id, team, by, at, name, sheet) values (@Tenant, @id, @team, @Person, @Now, @name, @sheet::jsonb)
                """, new { tx.Tenant, tx.Now, id, team, caller.Person, old = tx.Now - Kept, name = name.Length is 0 or > 200 ? "List" : name, sheet = Json(sheet.Value) });
            return id;
        }, stop);
    }

    /// <param name="columns">As the person chose; the guess when not said.</param>
    public Task<Outcome<ImportPreview>> Preview(Caller caller, Guid import, IReadOnlyList<ImportColumn>? columns, CancellationToken stop) =>
        db.In<Outcome<ImportPreview>>(caller.Tenant, caller.Actor, async tx =>
        {
            var found = await Find(tx, caller, import);
            if (!found.Ok) return found.Problem;
            var (team, name, sheet) = found.Value;
            var chosen = columns ?? ColumnGuess.Of(sheet);
            var checkedRows = await Check(tx, sheet, chosen, (await tenants.Find(caller.Tenant, stop))!.Zone);
            if (!checkedRows.Ok) return checkedRows.Problem;
            var errors = checkedRows.Value.Errors;
            return new ImportPreview(import, team, name, sheet, chosen, [.. errors.Take(ErrorsShown)], errors.Count);
        }, stop);

    /// <summary>On record for each patient that came with it.</summary>
    public async Task<Outcome<Guid>> Take(Caller caller, Guid import, string name, IReadOnlyList<ImportColumn> columns, CancellationToken stop)
    {
        var patients = new List<string?>();
        var taken = await db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
        {
            patients.Clear(); // the work may run again
            var found = await Find(tx, caller, import);
            if (!found.Ok) return found.Problem;
            var (team, _, sheet) = found.Value;
            var read = await Check(tx, sheet, columns, (await tenants.Find(caller.Tenant, stop))!.Zone);
            if (!read.Ok) return read.Problem;
            if (read.Value.Errors is [var first, ..]) return Problem.Unprocessable($"Nothing was imported: {read.Value.Errors.Count} cells are wrong. Line {first.Line}, {first.Column}: {first.What}", first.Column, "import-errors");
            var made = await lists.Create(tx, caller, new ListAsked(team, name) { Columns = [.. read.Value.Columns.Select(c => c.Asked)] });
            if (!made.Ok) return made;
            await Rows(tx, made.Value, read.Value);
            await tx.Execute("delete from collab.list_import where tenant = @Tenant and id = @import", new { tx.Tenant, import });
            tx.Publish("list.imported", $"list/{made.Value}", data: new { rows = read.Value.Rows.Count });
            await project(tx, "list", made.Value);
            patients.AddRange(read.Value.Rows.Select(r => r.Patient is { } p ? $"person/{p}" : null));
            return made;
        }, stop);
        if (taken.Ok) await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "import", $"list/{taken.Value}", null, 200), patients, stop);
        return taken;
    }

    private static async Task Rows(Tx tx, Guid list, Checked read)
    {
        var columns = await ListSql.Columns(tx, list);
        var seq = await ListSql.Next(tx, list);
        var by = tx.Actor.Caller?.Person;
        var at = tx.Now.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        var ids = read.Rows.Select(_ => tx.NewId()).ToArray();
        var cells = read.Rows.Select(r =>
        {
            var all = new JsonObject();
            for (var i = 0; i < columns.Count; i++) if (r.Values[i] is { } value) all[columns[i].Id.ToString()] = new JsonObject { ["v"] = value, ["n"] = 1, ["at"] = at, ["by"] = by?.ToString() };
            return all.ToJsonString();
        }).ToArray();
        await tx.Execute("""
            insert into collab.list_row (tenant, list, id, patient, title, pinned, cells, seq, added_at, added_by)
            select @Tenant, @list, r.id, r.patient, r.title, true, r.cells::jsonb, @seq, @Now + r.n * interval '1 microsecond', @by
            from unnest(@ids, @patients, @titles, @cells) with ordinality as r (id, patient, title, cells, n);
            insert into collab.list_cell_change (tenant, list, row, col, version, at, by, before, after)
            select @Tenant, @list, r.id, c.key::uuid, 1, @Now, @by, null, c.value -> 'v'
            from collab.list_row r cross join jsonb_each(r.cells) as c where r.tenant = @Tenant and r.list = @list
            """, new { tx.Tenant, tx.Now, list, seq, by, ids, patients = read.Rows.Select(r => r.Patient).ToArray(), titles = read.Rows.Select(r => r.Title).ToArray(), cells });
    }

    private async Task<Outcome<(Guid Team, string Name, Sheet Sheet)>> Find(Tx tx, Caller caller, Guid import)
    {
        var found = await tx.OneOrNone<(Guid Team, string Name, string Sheet)?>("select team, name, sheet::text from collab.list_import where tenant = @Tenant and id = @import and by = @Person and at > @old", new { tx.Tenant, import, caller.Person, old = tx.Now - Kept });
        if (found is not { } it) return Gone;
        var may = await teams.May(tx, caller, it.Team, TeamRole.Member, change: true);
        return may.Ok ? (it.Team, it.Name, Sheet(it.Sheet)) : may.Problem;
    }

    private sealed record Checked(IReadOnlyList<(ColumnAsked Asked, int From)> Columns, List<(Guid? Patient, string? Title, JsonNode?[] Values)> Rows, List<ImportError> Errors);

    private static async Task<Outcome<Checked>> Check(Tx tx, Sheet sheet, IReadOnlyList<ImportColumn> columns, TimeZoneInfo zone)
    {
        if (columns.Count != sheet.Columns.Count || columns.Any(c => !ColumnGuess.Uses.Contains(c.Use))) return Problem.Invalid("Say for each column of the table what it is.", "columns");
        if (columns.Count(c => c.Use == "mrn") > 1 || columns.Count(c => c.Use == "title") > 1) return Problem.Unprocessable("One column names the patient, and one says what a row is about; not several.", "columns", "import-columns");
        var (mrn, title) = (Find(columns, "mrn"), Find(columns, "title"));
        if (mrn < 0 && title < 0) return Problem.Unprocessable("One column must say whom or what a row is about: a record number or a title.", "columns", "import-columns");
        var taken = columns.Select((c, i) => (c, i)).Where(x => x.c.Use is not ("skip" or "mrn" or "title")).Select(x => (Asked: Asked(x.c, sheet, x.i), From: x.i)).ToList();
        var made = taken.Select(t => new ListColumn { Name = t.Asked.Name, Type = t.Asked.Type, SettingsJson = t.Asked.SettingsJson }).ToList();
        var known = await Patients(tx, mrn < 0 ? [] : [.. sheet.Rows.Select(r => Said(r[mrn])).OfType<string>().Distinct()]);
        var (rows, errors, seen) = (new List<(Guid?, string?, JsonNode?[])>(), new List<ImportError>(), new Dictionary<Guid, int>());
        for (var i = 0; i < sheet.Rows.Count; i++)
        {
            var (row, line) = (sheet.Rows[i], i + 2);
            Guid? patient = null;
            if (mrn >= 0 && Said(row[mrn]) is { } number)
            {
                var found = known[number].Distinct().ToList();
                if (found.Count == 0) errors.Add(new(line, columns[mrn].Name, "No patient of this hospital has this record number."));
                else if (found.Count > 1) errors.Add(new(line, columns[mrn].Name, "Several patients have this number."));
                else if (!seen.TryAdd(found[0], line)) errors.Add(new(line, columns[mrn].Name, $"This patient is in line {seen[found[0]]} already."));
                else patient = found[0];
            }
            var about = title < 0 ? null : Said(row[title]);
            if (about?.Length > 200) errors.Add(new(line, columns[title].Name, "What a row is about has at most 200 characters."));
            if (patient is null && about is null && !(mrn >= 0 && Said(row[mrn]) is not null)) errors.Add(new(line, columns[mrn >= 0 ? mrn : title].Name, "The row says neither whom nor what it is about."));
            var values = new JsonNode?[taken.Count];
            for (var c = 0; c < taken.Count; c++)
            {
                var value = CellValue.Parse(made[c], Said(row[taken[c].From]), zone);
                if (value.Ok) values[c] = value.Value;
                else errors.Add(new(line, taken[c].Asked.Name, value.Problem.Detail));
            }
            rows.Add((patient, patient is null ? about : null, values));
        }
        return new Checked(taken, rows, errors);
    }

    private static ColumnAsked Asked(ImportColumn column, Sheet sheet, int from) => new(column.Name.Trim(), Enum.Parse<ColumnType>(column.Use, ignoreCase: true))
    {
        Settings = column.Use switch
        {
            "choice" => new() { OwnText = true, Choices = [.. sheet.Rows.Select(r => Said(r[from])).OfType<string>().Where(t => t.Length <= 100).GroupBy(t => t, StringComparer.OrdinalIgnoreCase).OrderByDescending(g => g.Count()).Take(20).Select(g => new Choice(g.First()))] },
            "currency" => new() { Currency = "EUR" },
            _ => new(),
        },
    };

    /// <summary>By record number: identifiers that their source calls one (MR); where a hospital's source says no types, any identifier of a patient.</summary>
    private static async Task<ILookup<string, Guid>> Patients(Tx tx, string[] numbers) => (await tx.Query<(string Value, Guid Person)>("""
        select i.value, i.person from collab.person_identifier i
        where i.tenant = @Tenant and i.kind = 'Patient' and i.value = any(@numbers)
          and (i.type = 'MR' or (i.type is null and not exists (select from collab.person_identifier o where o.tenant = i.tenant and o.kind = 'Patient' and o.value = i.value and o.type = 'MR')))
        """, new { tx.Tenant, numbers })).ToLookup(r => r.Value, r => r.Person);

    private static int Find(IReadOnlyList<ImportColumn> columns, string use) => columns.ToList().FindIndex(c => c.Use == use);

    private static string? Said(object? cell) => cell switch
    {
        null => null,
        DateTime at => at.ToString(at.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        bool yes => yes ? "true" : "false",
        decimal n => n.ToString("0.############", CultureInfo.InvariantCulture),
        _ => TeamLists.Blank(cell.ToString()),
    };

    private static string Json(Sheet sheet) => JsonSerializer.Serialize(new Stored([.. sheet.Columns], [.. sheet.Rows.Select(r => r.Select(c => c is DateTime at ? "@" + at.ToString("O", CultureInfo.InvariantCulture) : c is string s ? "=" + s : c).ToArray())]));

    private static Sheet Sheet(string json)
    {
        using var stored = JsonDocument.Parse(json);
        return new([.. stored.RootElement.GetProperty("Columns").EnumerateArray().Select(c => c.GetString()!)],
            [.. stored.RootElement.GetProperty("Rows").EnumerateArray().Select(r => (IReadOnlyList<object?>)[.. r.EnumerateArray().Select(Back)])]);
    }

    private static object? Back(JsonElement cell) => cell.ValueKind switch
    {
        JsonValueKind.Number => cell.GetDecimal(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String when cell.GetString() is ['@', .. var at] => DateTime.Parse(at, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
        JsonValueKind.String => cell.GetString()![1..],
        _ => null,
    };

    private sealed record Stored(string[] Columns, object?[][] Rows);
}
