using HealthTeams.Collaboration.Tasks.Publishing;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Tasks;

/// <summary>TK-10: who stands above whom; an administrator replaces it by a file, all or nothing, with every broken row named.</summary>
[RequestSizeLimit(6 * 1024 * 1024)]
public sealed class HierarchyPage(TaskHierarchy hierarchy) : TasksBase
{
    public IReadOnlyList<(NodeRow Node, int Depth)> Tree { get; private set; } = [];
    public IReadOnlyList<RowProblem> Wrong { get; private set; } = [];
    public Problem? Refused { get; private set; }

    public Task<IActionResult> OnGetAsync() => Show();

    public async Task<IActionResult> OnPostAsync(IFormFile? file)
    {
        if (file is null) return Refuse(Problem.Unprocessable("Choose a file first.", "file", "file-empty"));
        await using var content = file.OpenReadStream();
        var done = await hierarchy.Import(Me, content, file.FileName, Stop);
        if (done is { Ok: true, Value.Count: 0 }) return SeeOther("/tasks/hierarchy");
        if (!done.Ok && done.Problem.Status == 403) return Refuse(done.Problem);
        (Refused, Wrong) = (done.Problem, done.Ok ? done.Value : []);
        Response.StatusCode = done.Problem?.Status ?? 422;
        return await Show();
    }

    private async Task<IActionResult> Show()
    {
        var all = await hierarchy.All(Me, Stop);
        if (!all.Ok) return Refuse(all.Problem);
        var children = all.Value.SelectMany(n => n.Parents.Select(p => (Parent: p, Node: n))).ToLookup(x => x.Parent, x => x.Node);
        var tree = new List<(NodeRow, int)>();
        void Add(NodeRow node, int depth)
        {
            tree.Add((node, depth));
            foreach (var child in children[node.Id]) Add(child, depth + 1);
        }
        foreach (var root in all.Value.Where(n => n.Parents.Length == 0)) Add(root, 0);
        Tree = tree;
        NoStore();
        return Page();
    }
}
