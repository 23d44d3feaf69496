using HealthTeams.Collaboration.Policies;

namespace HealthTeams.Web.Policies;

/// <summary>"What may I, and why not?" for oneself.</summary>
public class MyPolicyPage(PolicyDesk desk) : StaffPage
{
    public PolicyExplained Found { get; private set; } = null!;
    public bool Myself { get; private set; }

    public virtual Task<IActionResult> OnGetAsync(Guid? person) => Explain(null);

    protected async Task<IActionResult> Explain(Guid? person)
    {
        var found = await desk.Explain(Me, person, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        (Found, Myself) = (found.Value, found.Value.Person == Me.Person);
        return Page();
    }
}

/// <summary>The same of somebody who asked an administrator.</summary>
[Authorize(Policy = "administrator")]
public sealed class WhyPage(PolicyDesk desk) : MyPolicyPage(desk)
{
    public override Task<IActionResult> OnGetAsync(Guid? person) => Explain(person);
}

/// <summary>"I know that I am off shift": on record, and not asked again in this browser for the rest of the shift.</summary>
public sealed class OffShiftPage(HealthTeams.Platform.Database.Db db) : StaffPage
{
    public IActionResult OnGet() => SeeOther("/me/policy");

    public async Task<IActionResult> OnPostAsync(string? back)
    {
        if (Me.Person is { } person) await db.In(Me.Tenant, Me.Actor, tx => { WorkingTime.Accept(tx, person); return Task.CompletedTask; }, Stop);
        Response.Cookies.Append(MyPolicy.OffShiftCookie, "known", new() { HttpOnly = true, Secure = true, SameSite = Microsoft.AspNetCore.Http.SameSiteMode.Lax, MaxAge = TimeSpan.FromHours(12), IsEssential = true });
        return SeeOther(Url.IsLocalUrl(back) ? back! : "/");
    }
}
