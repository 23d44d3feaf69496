using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Guests;

/// <summary>
/// A guest's link. Mail scanners open links, so GET changes nothing and names nobody; POST redeems it and binds it to
/// this device by a secret in a cookie. Another device has to know the birth date, and waits to be admitted.
/// </summary>
[AllowAnonymous]
public sealed class JoinPage(GuestLinks links, VisitSessions sessions) : PageModel
{
    private const string DeviceCookie = "ht-device";

    [BindProperty] public string? Display { get; set; }
    [BindProperty] public string? Born { get; set; }

    public GuestLink? Link { get; private set; }
    public Problem? Problem { get; private set; }
    public bool AsksName => Link is { Role: SeatRole.Guest, Named: false };
    public bool AsksBirth => Link!.RedeemedElsewhere || Link.AsksBirthFirst;

    private string? Device => Request.Cookies[DeviceCookie];

    public async Task<IActionResult> OnGetAsync(string token)
    {
        Quiet();
        Link = await links.Find(token, Device, HttpContext.RequestAborted);
        if (Link is null) Response.StatusCode = 404;
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(string token)
    {
        Quiet();
        Link = await links.Find(token, Device, HttpContext.RequestAborted);
        if (Link is null || Link.Over) return await OnGetAsync(token);
        if (AsksName && string.IsNullOrWhiteSpace(Display)) return Again(Problem.Invalid("", "display", "empty"));

        var secret = Device ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var seat = await links.Redeem(token, Display?.Trim(), DateOnly.TryParseExact(Born, "yyyy-MM-dd", out var born) ? born : null, secret, HttpContext.RequestAborted);
        if (!seat.Ok) return Again(seat.Problem);

        Remember(secret);
        var kind = Link.Role == SeatRole.Patient ? CallerKind.Patient : CallerKind.Guest;
        var opened = await sessions.Open(HttpContext, Link.Tenant,
            new SeatHolder(Link.Visit, seat.Value.Id, seat.Value.Person, kind, seat.Value.Display), HttpContext.RequestAborted);
        return Answers.SeeOther(Response, opened.Room);
    }

    public string What(Words words) => Problem switch
    {
        { Code: "empty" } => words["Write the name the clinician should see."],
        { Code: "birth-date-needed" } => words["This link was opened on another device. Write the birth date to go on here."],
        { Code: "birth-date-first" } => words["This link stands in the chart, where others read it. Write the patient's birth date to go on."],
        { Code: "birth-date-wrong" } => words["The birth date does not fit this link. Check it, or ask the clinic for a new link."],
        { Code: "link-locked" } => words["The birth date was wrong too often. Ask the clinic for a new link."],
        { } problem => ProblemWords.Say(words, problem),
        _ => "",
    };

    private PageResult Again(Problem problem)
    {
        Problem = problem;
        Response.StatusCode = problem.Status;
        return Page();
    }

    private void Remember(string secret)
    {
        var cookie = new FrameCookie { Name = DeviceCookie, HttpOnly = true, IsEssential = true, Path = "/join" }.Build(HttpContext);
        cookie.MaxAge = TimeSpan.FromDays(30);
        Response.Cookies.Append(DeviceCookie, secret, cookie);
    }

    // The token is in this page's address: no cache keeps it, no other site is told.
    private void Quiet()
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        Response.Headers["Referrer-Policy"] = "no-referrer";
    }
}
