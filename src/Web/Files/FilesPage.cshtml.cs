using HealthTeams.Collaboration.Files;
using HealthTeams.Collaboration.Teams;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Files;

/// <summary>My teams' files, and search by name over all of them.</summary>
public sealed class FilesStartPage(TeamViews teams, FileDesk files) : StaffPage
{
    public IReadOnlyList<Team> Teams { get; private set; } = [];
    public IReadOnlyList<(TeamFile File, string Team)> Found { get; private set; } = [];

    [BindProperty(SupportsGet = true, Name = "q")] public string? Search { get; set; }

    public async Task OnGetAsync()
    {
        Teams = await teams.Mine(Me, Stop);
        if (!string.IsNullOrWhiteSpace(Search)) Found = await files.Search(Me, Search, Stop);
    }
}

/// <summary>One team's files: each channel is a folder.</summary>
public sealed class FilesPage(FileDesk desk, FileUploads uploads, FileStore store) : StaffPage
{
    public FilesView View { get; private set; } = null!;
    public Problem? Problem { get; private set; }
    public long Limit => store.Settings.Limit;

    [BindProperty(SupportsGet = true)] public Guid Team { get; set; }
    [BindProperty(SupportsGet = true)] public Guid? Channel { get; set; }
    [BindProperty(SupportsGet = true, Name = "q")] public string? Search { get; set; }
    [BindProperty(SupportsGet = true)] public bool Deleted { get; set; }

    public Task<IActionResult> OnGetAsync() => Look(null);

    /// <summary>Without script: in one piece, at most what one request may hold.</summary>
    public async Task<IActionResult> OnPostAsync(IFormFile? file, Guid? patient)
    {
        if (file is null) return await Look(Problem.Unprocessable("Choose a file.", "file", "file-missing"));
        await using var content = file.OpenReadStream();
        var put = await uploads.Put(Me, new UploadSaid(Team, Channel, Path.GetFileName(file.FileName), file.Length, null, patient), content, Stop);
        return put.Ok ? SeeOther(Here) : await Look(put.Problem);
    }

    public async Task<IActionResult> OnPostRetainAsync(int days)
    {
        var kept = await desk.Retain(Me, Team, days, Stop);
        return kept.Ok ? SeeOther(Here) : await Look(kept.Problem);
    }

    public string Here => $"/files/{Team}" + (Channel is { } c ? $"?channel={c}" : "");

    private async Task<IActionResult> Look(Problem? problem)
    {
        var view = await desk.Folder(Me, Team, Channel, Search, Deleted, Stop);
        if (!view.Ok) return Refuse(view.Problem);
        (View, Problem) = (view.Value, problem);
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }
}
