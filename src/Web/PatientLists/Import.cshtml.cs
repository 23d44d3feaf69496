using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.Sheets;
using HealthTeams.Collaboration.Teams;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.PatientLists;

/// <summary>LS-10, step 1: the file.</summary>
[RequestSizeLimit(Sheet.MaxBytes + 64 * 1024)]
public sealed class ImportPage(TeamLists lists, ListImport import) : StaffPage
{
    public IReadOnlyList<Team> Teams { get; private set; } = [];
    public Problem? Problem { get; private set; }

    public async Task<IActionResult> OnGetAsync()
    {
        Teams = await lists.Teams(Me, Stop);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid team, IFormFile? file)
    {
        Problem = file is null ? Problem.Invalid("Choose a file.", "file") : null;
        if (file is not null)
        {
            await using var stream = file.OpenReadStream();
            var brought = await import.Bring(Me, team, file.FileName, stream, Stop);
            if (brought.Ok) return SeeOther($"/lists/import/{brought.Value}");
            Problem = brought.Problem;
        }
        Response.StatusCode = Problem!.Status;
        return await OnGetAsync();
    }
}

/// <summary>Steps 2 and 3: a type for each column, every error by line; then all of it or nothing.</summary>
public sealed class ImportPreviewPage(ListImport import) : StaffPage
{
    public const int RowsShown = 20;

    public ImportPreview Preview { get; private set; } = null!;
    public Problem? Problem { get; private set; }
    public string Name { get; private set; } = "";

    public async Task<IActionResult> OnGetAsync(Guid import) => await Show(import, null, null);

    public async Task<IActionResult> OnPostAsync(Guid import, string? name, string[] column, string[] use, string? take)
    {
        ImportColumn[] columns = [.. column.Zip(use, (c, u) => new ImportColumn(c, u))];
        if (take is null) return await Show(import, columns, null, name);
        var made = await this.import.Take(Me, import, name ?? "", columns, Stop);
        if (made.Ok) return SeeOther($"/lists/{made.Value}");
        return await Show(import, columns, made.Problem, name);
    }

    private readonly ListImport import = import;

    private async Task<IActionResult> Show(Guid id, ImportColumn[]? columns, Problem? problem, string? name = null)
    {
        var preview = await import.Preview(Me, id, columns, Stop);
        if (!preview.Ok)
        {
            if (preview.Problem.Status is 404 or 403) return Refuse(preview.Problem);
            problem ??= preview.Problem;
            preview = await import.Preview(Me, id, null, Stop);
            if (!preview.Ok) return Refuse(preview.Problem);
            preview = preview.Value with { Columns = columns is { } said && said.Length == preview.Value.Columns.Count ? said : preview.Value.Columns };
        }
        (Preview, Problem, Name) = (preview.Value, problem, name ?? preview.Value.Name);
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }
}
