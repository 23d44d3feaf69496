using HealthTeams.SmartLauncher.Clients;

namespace HealthTeams.Web.Administration;

/// <summary>Registers a client; its secret is in the one answer that follows.</summary>
[BindProperties]
public sealed class ClientFormPage(ClientRegistry clients) : AdminPage
{
    public string? Kind { get; set; } = "users";
    public string? Name { get; set; }
    public string? Id { get; set; }
    public string? Auth { get; set; } = "private_key_jwt";
    public string? Redirects { get; set; }
    public string? JwksUrl { get; set; }
    public string? Jwks { get; set; }
    public string? Scope { get; set; }
    public string? LaunchUrl { get; set; }
    public bool Trusted { get; set; }
    public bool Frame { get; set; }

    public Problem? Problem { get; private set; }

    public void OnGet() { }

    public async Task<IActionResult> OnPostAsync()
    {
        var id = Text(Id) ?? "";
        // The command line replaces a registration; a form that was meant to add one must not.
        if ((await clients.All(Me.TenantSlug, Stop)).Any(c => c.Id == id)) return Again(Problem.Conflict("This id is taken.", "client-taken"));
        var added = await clients.Add(new ClientToAdd(id, Auth ?? "", Me.TenantSlug, Kind == "backend")
        {
            Name = Text(Name), Redirects = (Redirects ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), JwksUrl = Text(JwksUrl), Jwks = Text(Jwks),
            Scope = Text(Scope), LaunchUrl = Text(LaunchUrl), Trusted = Trusted, Frame = Frame,
        }, Me.Actor, Stop);
        if (!added.Ok) return Again(added.Problem);
        return added.Value is { } secret ? ClientPage.Shown(this, id, secret) : SeeOther($"/admin/clients/one?id={Uri.EscapeDataString(id)}&done=registered");
    }

    private PageResult Again(Problem problem)
    {
        Problem = problem;
        Response.StatusCode = problem.Status;
        return Page();
    }

    private static string? Text(string? said) => string.IsNullOrWhiteSpace(said) ? null : said.Trim();
}
