using HealthTeams.Collaboration.Files;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace HealthTeams.Web.Files;

/// <summary>One file: seen, written, checked out, its versions.</summary>
public sealed class FilePage(FileDesk desk, FileUploads uploads) : StaffPage
{
    public FileView View { get; private set; } = null!;
    public Problem? Problem { get; private set; }

    public Task<IActionResult> OnGetAsync(Guid id) => Look(id, null);

    public async Task<IActionResult> OnPostAsync(Guid id, IFormFile? file)
    {
        if (file is null) return await Look(id, Problem.Unprocessable("Choose a file.", "file", "file-missing"));
        var there = await desk.Open(Me, id, Stop);
        if (!there.Ok) return Refuse(there.Problem);
        await using var content = file.OpenReadStream();
        var put = await uploads.Put(Me, new UploadSaid(there.Value.File.Team, there.Value.File.Channel, there.Value.File.Name, file.Length, id, there.Value.File.Patient), content, Stop);
        return await Done(id, put.Ok ? true : put.Problem);
    }

    public async Task<IActionResult> OnPostCheckOutAsync(Guid id, int rev) => await Done(id, await desk.CheckOut(Me, id, rev, Stop));

    public async Task<IActionResult> OnPostCheckInAsync(Guid id) => await Done(id, await desk.CheckIn(Me, id, Stop));

    public async Task<IActionResult> OnPostMoveAsync(Guid id, int rev, string? name, Guid? channel) => await Done(id, await desk.Move(Me, id, rev, name ?? "", channel, Stop));

    public async Task<IActionResult> OnPostTakeBackAsync(Guid id, int rev, int version) => await Done(id, await desk.TakeBack(Me, id, rev, version, Stop));

    public async Task<IActionResult> OnPostDeleteAsync(Guid id, int rev) => await Done(id, await desk.Delete(Me, id, rev, Stop));

    public async Task<IActionResult> OnPostRestoreAsync(Guid id) => await Done(id, await desk.Restore(Me, id, Stop));

    private async Task<IActionResult> Done(Guid id, Outcome<bool> done) => done.Ok ? SeeOther($"/files/one/{id}") : done.Problem.Status == 404 ? Refuse(done.Problem) : await Look(id, done.Problem);

    private async Task<IActionResult> Look(Guid id, Problem? problem)
    {
        var view = await desk.Open(Me, id, Stop);
        if (!view.Ok) return Refuse(view.Problem);
        (View, Problem) = (view.Value, problem);
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }
}

/// <summary>A content. Shown only where the browser runs nothing of it; everything else is saved.</summary>
public sealed class FileContentPage(FileDesk desk) : StaffPage
{
    public async Task<IActionResult> OnGetAsync(Guid id, int? version, bool show = false)
    {
        var found = await desk.Content(Me, id, version, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        var (file, wanted, content) = found.Value;
        var inline = show && FileRules.Previewed(wanted.Type);
        Response.Headers.CacheControl = "private, no-cache";
        // Chromium shows no PDF in a sandbox; nothing of ours can be reached from it either way.
        Response.Headers.ContentSecurityPolicy = wanted.Type == "application/pdf" ? "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'" : "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'";
        var tag = new EntityTagHeaderValue($"\"{wanted.Hash}\"");
        return new FileStreamResult(content, inline ? wanted.Type == "text/plain" ? "text/plain; charset=utf-8" : wanted.Type : "application/octet-stream")
        {
            FileDownloadName = inline ? null : file.Name, LastModified = wanted.At, EntityTag = tag, EnableRangeProcessing = true,
        };
    }
}
