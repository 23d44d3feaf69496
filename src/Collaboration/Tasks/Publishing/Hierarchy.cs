using System.Globalization;
using HealthTeams.Collaboration.Sheets;

namespace HealthTeams.Collaboration.Tasks.Publishing;

public sealed record HierarchyNode(string Name, Guid? Team, IReadOnlyList<string> Parents, IReadOnlyList<string> Attributes);

/// <summary>A row of the file that cannot be taken, as the spreadsheet numbers it.</summary>
public sealed record RowProblem(int Row, string Column, string Detail);

public sealed record HierarchyRead(IReadOnlyList<HierarchyNode> Nodes, IReadOnlyList<string> Buckets, IReadOnlyList<RowProblem> Wrong);

/// <summary>TK-10: the hierarchy of teams as a table. A node with several parents has a row for each. Everything that is wrong is said; then nothing is taken. Pure.</summary>
public static class Hierarchy
{
    public const int MostNodes = 15_000, MostAttributes = 50, MostValues = 50, MostBuckets = 25, MostParents = 25;

    /// <param name="teams">The hospital's teams that are not archived.</param>
    public static HierarchyRead Read(Sheet sheet, IReadOnlySet<Guid> teams)
    {
        var wrong = new List<RowProblem>();
        var columns = sheet.Columns.Select(c => c.Trim()).ToList();
        int At(string name) => columns.FindIndex(c => c.Equals(name, StringComparison.OrdinalIgnoreCase));
        var (name, parent, team) = (At("TargetName"), At("ParentName"), At("TeamId"));
        foreach (var (at, column) in new[] { (name, "TargetName"), (parent, "ParentName"), (team, "TeamId") }.Where(c => c.Item1 < 0)) wrong.Add(new(1, column, "This column is missing."));
        var buckets = columns.Where(c => c.StartsWith('#')).Select(c => c[1..].Trim()).ToList();
        var attributes = columns.Select((c, i) => (Name: c, At: i)).Where(c => c.At != name && c.At != parent && c.At != team && !c.Name.StartsWith('#')).ToList();
        Header(buckets, [.. attributes.Select(a => a.Name)], wrong);
        if (name < 0 || parent < 0 || team < 0) return new([], [], wrong);

        var nodes = new Dictionary<string, HierarchyNode>(StringComparer.OrdinalIgnoreCase);
        var rowOf = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var usedBy = new Dictionary<Guid, string>();
        for (var i = 0; i < sheet.Rows.Count; i++)
        {
            var (row, cells) = (i + 2, sheet.Rows[i]);
            var (target, under, id) = (Cell(cells, name), Cell(cells, parent), Cell(cells, team));
            if (target.Length is 0 or > 100 || !target.All(Plain)) { wrong.Add(new(row, "TargetName", "A name has 1 to 100 letters (A-Z, a-z), digits and blanks.")); continue; }
            if (target.Equals(under, StringComparison.OrdinalIgnoreCase)) wrong.Add(new(row, "ParentName", $"{target} cannot be above itself."));
            Guid? linked = null;
            if (id.Length > 0)
            {
                if (!Guid.TryParse(id, out var found)) wrong.Add(new(row, "TeamId", $"“{Short(id)}” is no id of a team."));
                else if (!teams.Contains(found)) wrong.Add(new(row, "TeamId", $"There is no team {found} in this hospital, or it is archived."));
                else if (usedBy.TryGetValue(found, out var other) && !other.Equals(target, StringComparison.OrdinalIgnoreCase)) wrong.Add(new(row, "TeamId", $"This team stands at {other} already; a team stands once."));
                else { linked = found; usedBy[found] = target; }
            }
            var has = Attributes(cells, attributes, row, wrong);
            if (!nodes.TryGetValue(target, out var before))
            {
                nodes[target] = new(target, linked, under.Length == 0 ? [] : [under], has);
                rowOf[target] = row;
            }
            else if (under.Length == 0 || before.Parents.Contains(under, StringComparer.OrdinalIgnoreCase) || before.Parents.Count == 0) wrong.Add(new(row, "TargetName", $"{target} stands in row {rowOf[target]} already."));
            else if ((linked is not null && before.Team is not null && linked != before.Team) || !has.SequenceEqual(before.Attributes)) wrong.Add(new(row, "TargetName", $"{target} says something else here than in row {rowOf[target]}."));
            else nodes[target] = before with { Team = before.Team ?? linked, Parents = [.. before.Parents, under] };
        }
        if (nodes.Count == 0 && wrong.Count == 0) wrong.Add(new(2, "TargetName", "There is no node in this file."));
        if (nodes.Count > MostNodes) wrong.Add(new(1, "TargetName", $"A hierarchy has at most {MostNodes.ToString("N0", CultureInfo.InvariantCulture)} nodes; this one has {nodes.Count}."));
        Parents(nodes, rowOf, wrong);
        return new([.. nodes.Values], buckets, [.. wrong.OrderBy(w => w.Row)]);
    }

    private static void Header(List<string> buckets, List<string> attributes, List<RowProblem> wrong)
    {
        if (buckets.Count > MostBuckets) wrong.Add(new(1, "#", $"At most {MostBuckets} bucket columns; there are {buckets.Count}."));
        foreach (var b in buckets.Where(b => b.Length is 0 or > 100)) wrong.Add(new(1, "#" + Short(b), "The name of a bucket has 1 to 100 characters."));
        foreach (var twice in buckets.GroupBy(b => b, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)) wrong.Add(new(1, "#" + twice.Key, "This bucket stands twice."));
        foreach (var bad in attributes.Where(a => a.Split(':') is not [{ Length: > 0 }, { Length: > 0 }] || a.Length > 100)) wrong.Add(new(1, Short(bad), "A column is named Attribute:Value, or #Bucket."));
        foreach (var twice in attributes.GroupBy(a => a, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)) wrong.Add(new(1, twice.Key, "This column stands twice."));
        var kinds = attributes.GroupBy(a => a.Split(':')[0], StringComparer.OrdinalIgnoreCase).ToList();
        if (kinds.Count > MostAttributes) wrong.Add(new(1, "", $"At most {MostAttributes} attributes; there are {kinds.Count}."));
        foreach (var k in kinds.Where(k => k.Count() > MostValues)) wrong.Add(new(1, k.Key, $"An attribute has at most {MostValues} values; {k.Key} has {k.Count()}."));
    }

    private static List<string> Attributes(IReadOnlyList<object?> cells, List<(string Name, int At)> attributes, int row, List<RowProblem> wrong)
    {
        var has = new List<string>();
        foreach (var (column, at) in attributes)
        {
            switch (Cell(cells, at))
            {
                case "1": has.Add(column); break;
                case "" or "0": break;
                case var other: wrong.Add(new(row, column, $"0 or 1, not “{Short(other)}”.")); break;
            }
        }
        return has;
    }

    private static void Parents(Dictionary<string, HierarchyNode> nodes, Dictionary<string, int> rowOf, List<RowProblem> wrong)
    {
        foreach (var node in nodes.Values)
        {
            foreach (var missing in node.Parents.Where(p => !nodes.ContainsKey(p))) wrong.Add(new(rowOf[node.Name], "ParentName", $"There is no node {Short(missing)}."));
            if (node.Parents.Count <= 1) continue;
            if (node.Parents.Count > MostParents) wrong.Add(new(rowOf[node.Name], "ParentName", $"A node has at most {MostParents} parents; {node.Name} has {node.Parents.Count}."));
            foreach (var p in node.Parents.Where(p => nodes.TryGetValue(p, out var above) && above.Parents.Count > 0)) wrong.Add(new(rowOf[node.Name], "ParentName", $"Several parents are allowed when all are roots; {p} is none."));
        }
        // Taken away from the top; what is left goes round in a circle.
        var left = nodes.Values.ToDictionary(n => n.Name, n => n.Parents.Where(nodes.ContainsKey).ToHashSet(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase);
        var children = nodes.Values.SelectMany(n => n.Parents.Select(p => (Parent: p, n.Name))).ToLookup(x => x.Parent, x => x.Name, StringComparer.OrdinalIgnoreCase);
        var free = new Queue<string>(left.Where(l => l.Value.Count == 0).Select(l => l.Key));
        while (free.TryDequeue(out var top))
        {
            left.Remove(top);
            foreach (var child in children[top].Where(left.ContainsKey))
            {
                left[child].Remove(top);
                if (left[child].Count == 0) free.Enqueue(child);
            }
        }
        foreach (var name in left.Keys) wrong.Add(new(rowOf[name], "ParentName", $"{name} is above itself in a circle, or below one."));
    }

    private static bool Plain(char c) => char.IsAsciiLetterOrDigit(c) || c == ' ';
    private static string Cell(IReadOnlyList<object?> cells, int at) => at < cells.Count ? Convert.ToString(cells[at], CultureInfo.InvariantCulture)?.Trim() ?? "" : "";
    private static string Short(string text) => text.Length > 40 ? text[..39] + "…" : text;
}
