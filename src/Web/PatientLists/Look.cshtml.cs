using HealthTeams.Collaboration.PatientLists;

namespace HealthTeams.Web.PatientLists;

/// <summary>How the list is looked at: columns, order, groups, filters; kept as a view for me or for all (LS-05, LS-08).</summary>
public sealed class LookPage(ListReading reading, ListViews views) : OpenListPage(reading, views)
{
    private readonly ListViews views = views;
    private readonly ListReading reading = reading;

    public Problem? Problem { get; private set; }

    /// <summary>With <c>apply</c> the form's fields are made into the list's address.</summary>
    public async Task<IActionResult> OnGetAsync(string? apply)
    {
        if (apply is not null) return SeeOther($"/lists/{Id}?{FromForm(Request.Query.ToDictionary(q => q.Key, q => q.Value))}{(View is { } v ? $"&view={v}" : "")}");
        return await Show(null);
    }

    public async Task<IActionResult> OnPostAsync(string? name, string? forWhom, int? seen)
    {
        var saved = await views.Save(Me, Id, name ?? "", FromForm(Request.Form.ToDictionary(q => q.Key, q => q.Value)).ToString(), forWhom == "all", seen, Stop);
        return saved.Ok ? SeeOther($"/lists/{Id}?view={saved.Value}") : saved.Problem.Status == 404 ? Refuse(saved.Problem) : await Show(saved.Problem);
    }

    public async Task<IActionResult> OnPostRemoveAsync(Guid view)
    {
        var gone = await views.Remove(Me, Id, view, Stop);
        return gone.Ok ? SeeOther($"/lists/{Id}") : Refuse(gone.Problem);
    }

    private async Task<IActionResult> Show(Problem? problem)
    {
        // The look alone: no row is read, nobody's data is shown.
        var shape = await reading.Shape(Me, Id, Stop);
        if (!shape.Ok) return Refuse(shape.Problem);
        await LookOnly(shape.Value);
        Problem = problem;
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }

    private static ListLook FromForm(Dictionary<string, Microsoft.Extensions.Primitives.StringValues> form)
    {
        string Text(string name) => form.TryGetValue(name, out var value) ? value.ToString() : "";
        var pairs = (form.TryGetValue("cols", out var cols) ? cols.OfType<string>().Select(c => ("cols", c)) : []).ToList();
        for (var i = 1; i <= 2; i++) if (Text($"sort{i}") is { Length: > 0 } sort) pairs.Add(("sort", sort + (Text($"down{i}") == "1" ? ":desc" : "")));
        if (Text("group") is { Length: > 0 } group) pairs.Add(("group", group));
        for (var i = 1; i <= 3; i++) if (Text($"fc{i}") is { Length: > 0 } column) pairs.Add(("f", $"{column}:{Text($"fo{i}")}:{Text($"fv{i}")}"));
        return ListLook.Of(pairs);
    }
}
