using HealthTeams.Collaboration.Policies;
using HealthTeams.SmartLauncher.Callers;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Policies;

/// <summary>A room's screen: the visit and calling the care team. No name, no chat, no way to anything else.</summary>
[Authorize(Policy = "room-device")]
public sealed class KioskPage(RoomKiosk kiosk, VisitSessions sessions, TenantDirectory tenants) : PageModel
{
    private Caller Me => Caller.Of(HttpContext)!;
    private SignedInDevice Device => new(Me.Tenant, Guid.Parse(Me.Id), Me.Display);

    public KioskView View { get; private set; } = null!;
    public Tenant Hospital { get; private set; } = null!;
    public Problem? Problem { get; private set; }

    [BindProperty(SupportsGet = true, Name = "done")] public string? Done { get; set; }

    public Task<IActionResult> OnGetAsync() => Look(null);

    public async Task<IActionResult> OnPostJoinAsync()
    {
        var seat = await kiosk.Join(Device, DeviceCookie.Of(HttpContext)!, HttpContext.RequestAborted);
        if (!seat.Ok) return await Look(seat.Problem);
        var opened = await sessions.Open(HttpContext, Me.Tenant, new SeatHolder(seat.Value.Visit, seat.Value.Id, null, CallerKind.Patient, Me.Display), HttpContext.RequestAborted);
        return Answers.SeeOther(Response, opened.Room);
    }

    public async Task<IActionResult> OnPostCallAsync()
    {
        var called = await kiosk.Call(Device, HttpContext.RequestAborted);
        return called.Ok ? Answers.SeeOther(Response, "/kiosk?done=called") : await Look(called.Problem);
    }

    private async Task<IActionResult> Look(Problem? problem)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        if (await kiosk.View(Device, HttpContext.RequestAborted) is not { } view) return NotFound();
        (View, Problem, Hospital) = (view, problem, (await tenants.Find(Me.Tenant, HttpContext.RequestAborted))!);
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }
}

/// <summary>Where a device brings its code.</summary>
[AllowAnonymous]
public sealed class KioskSignInPage(RoomDevices devices) : PageModel
{
    public Problem? Problem { get; private set; }

    public void OnGet() => Response.Headers.CacheControl = "no-cache, no-store";

    public async Task<IActionResult> OnPostAsync(string? code)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var signedIn = await devices.SignIn(code?[..Math.Min(code.Length, 40)] ?? "", HttpContext.Connection.RemoteIpAddress?.ToString(), HttpContext.RequestAborted);
        if (signedIn.Ok)
        {
            DeviceCookie.Put(HttpContext, signedIn.Value);
            return Answers.SeeOther(Response, "/kiosk");
        }
        (Problem, Response.StatusCode) = (signedIn.Problem, signedIn.Problem.Status);
        return Page();
    }
}
