namespace HealthTeams.Collaboration.PatientLists;

public sealed record ListFilter(Guid Column, string Op, string? Value);
public sealed record ListSort(Guid? Column, bool Descending);

/// <summary>
/// How a list is looked at (LS-05): columns, order, filters, groups, search. Written as a query, so that an address, a
/// saved view and an export mean the same. Pure.
/// </summary>
public sealed record ListLook
{
    public IReadOnlyList<Guid> Columns { get; init; } = [];
    public IReadOnlyList<ListSort> Sort { get; init; } = [];
    public IReadOnlyList<ListFilter> Filters { get; init; } = [];
    public Guid? Group { get; init; }
    public string? Search { get; init; }

    public const int Most = 4;

    /// <param name="pairs">cols=ID (repeated), sort=ID[:desc] or sort=name, f=ID:op[:value], group=ID, q=text. What is not understood is left out.</param>
    public static ListLook Of(IEnumerable<(string Key, string Value)> pairs)
    {
        var all = pairs.ToList();
        return new ListLook
        {
            Columns = [.. all.Where(p => p.Key == "cols").SelectMany(p => p.Value.Split(',')).Select(v => Guid.TryParse(v, out var id) ? id : default).Where(id => id != default).Distinct()],
            Sort = [.. all.Where(p => p.Key == "sort").Select(p => SortOf(p.Value)).OfType<ListSort>().Take(Most)],
            Filters = [.. all.Where(p => p.Key == "f").Select(p => FilterOf(p.Value)).OfType<ListFilter>().Take(Most)],
            Group = all.Where(p => p.Key == "group").Select(p => Guid.TryParse(p.Value, out var id) ? id : (Guid?)null).FirstOrDefault(),
            Search = all.Where(p => p.Key == "q" && !string.IsNullOrWhiteSpace(p.Value)).Select(p => p.Value.Trim()).FirstOrDefault(),
        };
    }

    public static ListLook Parse(string query) => Of(query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).Where(p => p.Length == 2).Select(p => (p[0], Uri.UnescapeDataString(p[1].Replace('+', ' ')))));

    /// <summary>The same, as a query.</summary>
    public override string ToString() => string.Join('&',
    [
        .. Columns.Select(c => $"cols={c}"), .. Sort.Select(s => $"sort={s.Column?.ToString() ?? "name"}{(s.Descending ? ":desc" : "")}"),
        .. Filters.Select(f => $"f={Uri.EscapeDataString($"{f.Column}:{f.Op}{(f.Value is null ? "" : ":" + f.Value)}")}"),
        .. Group is { } g ? new[] { $"group={g}" } : [], .. Search is { } q ? new[] { $"q={Uri.EscapeDataString(q)}" } : [],
    ]);

    public bool Narrows => Filters.Count > 0 || Search is not null;

    /// <summary>The columns to show, in the list's order; those hidden by default only when they are asked for.</summary>
    public IReadOnlyList<ListColumn> Shown(PatientList list) => [.. list.Columns.Where(c => Columns.Count > 0 ? Columns.Contains(c.Id) : !c.Hidden)];

    /// <summary>Rows in their groups and order. Without a sort: by bed, then by name, then as they came.</summary>
    public IReadOnlyList<(string? Group, IReadOnlyList<ListRow> Rows)> Arrange(OpenList open, DateTimeOffset now, TimeZoneInfo zone)
    {
        var columns = open.List.Columns.ToDictionary(c => c.Id);
        object? Value(ListRow row, Guid column) => columns.TryGetValue(column, out var c) ? RowValues.Of(open, row, c, now, zone) : null;
        IEnumerable<ListRow> rows = open.Rows;
        foreach (var f in Filters.Where(f => columns.ContainsKey(f.Column))) rows = rows.Where(r => RowValues.Passes(Value(r, f.Column), f.Op, f.Value, zone));
        if (Search is { } said)
        {
            var words = said.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            rows = rows.Where(r => words.All(w => r.Name.Contains(w, StringComparison.OrdinalIgnoreCase) || r.Facts?.Identifier?.Contains(w, StringComparison.OrdinalIgnoreCase) == true
                || open.List.Columns.Any(c => RowValues.Text(RowValues.Of(open, r, c, now, zone)).Contains(w, StringComparison.OrdinalIgnoreCase))));
        }
        IOrderedEnumerable<ListRow>? sorted = null;
        foreach (var s in Sort.Where(s => s.Column is null || columns.ContainsKey(s.Column.Value)))
        {
            object? Key(ListRow r) => s.Column is { } c ? Value(r, c) : r.Name;
            // What is empty stays last whichever way the others run.
            var by = Comparer<ListRow>.Create((a, b) => (Key(a), Key(b)) is var (x, y) && s.Descending && x is not null && y is not null ? RowValues.Compare(y, x) : RowValues.Compare(x, y));
            sorted = sorted is null ? rows.Order(by) : sorted.ThenBy(r => r, by);
        }
        var usual = Comparer<ListRow>.Create((a, b) => RowValues.Compare(a.Stay?.Bed, b.Stay?.Bed) is var bed and not 0 ? bed : RowValues.Compare(a.Facts is null ? null : a.Name, b.Facts is null ? null : b.Name));
        rows = sorted ?? rows.Order(usual);
        if (Group is not { } group || !columns.TryGetValue(group, out var of)) return [(null, [.. rows])];
        // Choices in their own order, everything else by its text; nothing comes last.
        var order = of.Settings.Choices.Select((c, i) => (c.Word, i)).ToDictionary(c => c.Word, c => c.i, StringComparer.OrdinalIgnoreCase);
        return [.. rows.GroupBy(r => RowValues.Text(Value(r, group))).OrderBy(g => g.Key.Length == 0).ThenBy(g => order.GetValueOrDefault(g.Key, order.Count))
            .ThenBy(g => g.Key, Comparer<string>.Create((a, b) => RowValues.Compare(a, b))).Select(g => ((string?)g.Key, (IReadOnlyList<ListRow>)[.. g]))];
    }

    private static ListSort? SortOf(string text)
    {
        var parts = text.Split(':');
        var down = parts.Length > 1 && parts[1] == "desc";
        return parts[0] == "name" ? new(null, down) : Guid.TryParse(parts[0], out var id) ? new(id, down) : null;
    }

    private static ListFilter? FilterOf(string text)
    {
        var parts = text.Split(':', 3);
        return parts.Length >= 2 && Guid.TryParse(parts[0], out var id) && ColumnRules.Operators.Contains(parts[1]) ? new(id, parts[1], parts.Length > 2 ? parts[2] : null) : null;
    }
}
