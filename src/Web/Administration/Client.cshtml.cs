using System.Globalization;
using HealthTeams.SmartLauncher.Clients;
using Microsoft.AspNetCore.Mvc.ViewFeatures;

namespace HealthTeams.Web.Administration;

/// <summary>A secret on its way to the client's owner.</summary>
public sealed record NewSecret(string Client, string Secret);

/// <summary>One client: decided about, given a new secret, its tokens taken back, removed.</summary>
public sealed class ClientPage(ClientRegistry clients) : AdminPage
{
    [BindProperty(SupportsGet = true)] public string? Id { get; set; }

    /// <summary>How many tokens were taken back.</summary>
    [BindProperty(SupportsGet = true)] public long? Count { get; set; }

    public Client Client { get; private set; } = null!;
    public Problem? Problem { get; private set; }

    public Task<IActionResult> OnGetAsync() => Look(null);

    public async Task<IActionResult> OnPostApproveAsync(string? scope) =>
        await clients.Approve(Me.TenantSlug, Id ?? "", string.IsNullOrWhiteSpace(scope) ? null : string.Join(' ', scope.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), privateNetwork: false, Me.Actor, Stop)
            is { } problem ? await Look(problem) : Here("approved");

    /// <summary>Only what waits: an active client is removed, which says what it does.</summary>
    public async Task<IActionResult> OnPostRefuseAsync()
    {
        if (!(await clients.All(Me.TenantSlug, Stop)).Any(c => c.Id == Id && c.Pending)) return await Look(null);
        return await clients.Remove(Me.TenantSlug, Id!, Me.Actor, Stop) is { } problem ? Refuse(problem) : SeeOther("/admin/clients?done=refused");
    }

    public async Task<IActionResult> OnPostSecretAsync()
    {
        var secret = await clients.NewSecret(Me.TenantSlug, Id ?? "", Me.Actor, Stop);
        return secret.Ok ? Shown(this, Id!, secret.Value) : await Look(secret.Problem);
    }

    public async Task<IActionResult> OnPostRevokeAsync()
    {
        var revoked = await clients.RevokeTokens(Me.TenantSlug, Id ?? "", Me.Actor, Stop);
        return revoked.Ok ? Here(string.Create(CultureInfo.InvariantCulture, $"revoked&count={revoked.Value}")) : Refuse(revoked.Problem);
    }

    public async Task<IActionResult> OnPostRemoveAsync() =>
        await clients.Remove(Me.TenantSlug, Id ?? "", Me.Actor, Stop) is { } problem ? Refuse(problem) : SeeOther("/admin/clients?done=removed");

    public string Said(Words words) => Done switch
    {
        "approved" => words["It may act from now on."],
        "revoked" => words["{0} tokens are taken back.", Count ?? 0],
        _ => words["The client is registered."],
    };

    internal static IActionResult Shown(PageModel page, string client, string secret) => new ViewResult
    {
        ViewName = "/Administration/ClientSecret.cshtml", TempData = page.TempData, ViewData = new ViewDataDictionary<NewSecret>(page.ViewData, new NewSecret(client, secret)),
    };

    private IActionResult Here(string done) => SeeOther($"/admin/clients/one?id={Uri.EscapeDataString(Id!)}&done={done}");

    private async Task<IActionResult> Look(Problem? problem)
    {
        if ((await clients.All(Me.TenantSlug, Stop)).FirstOrDefault(c => c.Id == Id) is not { } client) return NotFound();
        (Client, Problem) = (client, problem);
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }
}
