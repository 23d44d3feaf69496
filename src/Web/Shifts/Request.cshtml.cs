using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>One request for the people in it: agree, decline, decide, take back. Each act carries the version that was read.</summary>
public sealed class RequestPage(MyShifts mine, ShiftDecisions decisions) : StaffPage
{
    public RequestView View { get; private set; } = null!;
    public Problem? Refused { get; private set; }

    public Task<IActionResult> OnGetAsync(Guid id) => Show(id);

    public async Task<IActionResult> OnPostAsync(Guid id, int version, RequestAct act, string? message, string? overriding)
    {
        if (act == RequestAct.Void) return BadRequest();
        var done = await decisions.Decide(Me, id, version, act, message ?? "", overriding, Stop);
        if (done.Ok) return SeeOther(act is RequestAct.Approve or RequestAct.Deny ? $"/shifts/{done.Value.Team}/requests" : "/shifts");
        Refused = done.Problem;
        return await Show(id);
    }

    private async Task<IActionResult> Show(Guid id)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var view = await mine.Request(Me, id, Stop);
        if (!view.Ok) return Refuse(Refused ?? view.Problem);
        View = view.Value;
        if (Refused is { } problem) Response.StatusCode = problem.Status;
        return Page();
    }
}
