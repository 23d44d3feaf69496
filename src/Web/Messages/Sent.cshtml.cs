namespace HealthTeams.Web.Messages;

/// <summary>What became of a message: who was notified how often, read, acknowledged, answered; who is asked next, and when.</summary>
public sealed class SentPage(SentMessages sent) : StaffPage
{
    public SentView View { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(Guid id, string? part)
    {
        var view = await sent.One(Me, id, Stop);
        if (!view.Ok) return Refuse(view.Problem);
        View = view.Value;
        Response.Headers.CacheControl = "no-cache, no-store";
        return part == "list" ? Partial("_Progress", this) : Page();
    }

    public async Task<IActionResult> OnPostWithdrawalAsync(Guid id)
    {
        var done = await sent.Withdraw(Me, id, Stop);
        return done.Ok ? SeeOther($"/messages/sent/{id}") : Refuse(done.Problem);
    }
}
