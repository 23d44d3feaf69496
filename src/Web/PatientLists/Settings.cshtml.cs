using HealthTeams.Collaboration.PatientLists;

namespace HealthTeams.Web.PatientLists;

/// <summary>Name, who may shape it, and its end (LS-07, LS-08).</summary>
public sealed class ListSettingsPage(ListReading reading, TeamLists lists) : StaffPage
{
    public PatientList List { get; private set; } = null!;
    public Problem? Problem { get; private set; }
    public bool MayRemove => List.MayRemove(Me.Person);

    public Task<IActionResult> OnGetAsync(Guid id) => Show(id, null);

    public async Task<IActionResult> OnPostAsync(Guid id, int version, string? name, string? description, bool members)
    {
        var done = await lists.Change(Me, id, version, name ?? "", description, members, Stop);
        return done.Ok ? SeeOther($"/lists/{id}") : done.Problem.Status == 404 ? Refuse(done.Problem) : await Show(id, done.Problem);
    }

    public async Task<IActionResult> OnPostRemoveAsync(Guid id)
    {
        var done = await lists.Remove(Me, id, Stop);
        return done.Ok ? SeeOther($"/lists?undo={id}") : Refuse(done.Problem);
    }

    public async Task<IActionResult> OnPostRestoreAsync(Guid id)
    {
        var done = await lists.Restore(Me, id, Stop);
        return done.Ok ? SeeOther($"/lists/{id}") : Refuse(done.Problem);
    }

    private async Task<IActionResult> Show(Guid id, Problem? problem)
    {
        var shape = await reading.Shape(Me, id, Stop);
        if (!shape.Ok) return Refuse(shape.Problem);
        (List, Problem) = (shape.Value, problem);
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }
}
