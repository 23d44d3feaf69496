using HealthTeams.SmartLauncher;

namespace HealthTeams.Web.Administration;

/// <summary>The hospital's own OpenID Connect providers, whose accounts its staff sign in with.</summary>
public sealed class AccountsPage(IdentityProviders providers, LauncherSettings us) : AdminPage
{
    private IReadOnlyDictionary<Guid, long> joined = new Dictionary<Guid, long>();

    public sealed record Form(string? Name, string? Issuer, string? ClientId, string? Auth, string? UsernameClaim, string? UsernameDomain);

    public IReadOnlyList<IdentityProvider> Rows { get; private set; } = [];
    public Form Said { get; private set; } = new(null, null, null, "private_key_jwt", null, null);
    public Problem? Problem { get; private set; }
    public string OurRedirect => us.At("/auth/provider/callback");
    public string Keys => us.At("/.well-known/jwks.json");

    public async Task OnGetAsync()
    {
        Rows = await providers.All(Me.Tenant, Stop);
        joined = await providers.Joined(Me.Tenant, Stop);
    }

    public async Task<IActionResult> OnPostAsync(Form form, string? secret, bool privateNetwork)
    {
        static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
        var added = await providers.Add(new IdentityProviderToAdd(Me.Tenant, Given(form.Name) ?? "", Given(form.Issuer) ?? "", Given(form.ClientId) ?? "", form.Auth ?? "")
        {
            Secret = Given(secret), UsernameClaim = Given(form.UsernameClaim), UsernameDomain = Given(form.UsernameDomain)?.ToLowerInvariant(), PrivateNetwork = privateNetwork,
        }, Stop, Me.Actor);
        if (added.Ok) return SeeOther("/admin/accounts?done=kept");
        (Said, Problem) = (form, added.Problem);
        Response.StatusCode = added.Problem.Status;
        await OnGetAsync();
        return Page();
    }

    public async Task<IActionResult> OnPostRemoveAsync(string? issuer) =>
        await providers.Remove(Me.Tenant, issuer ?? "", Stop, Me.Actor) is { } problem ? Refuse(problem) : SeeOther("/admin/accounts?done=removed");

    public string JoinedBy(IdentityProvider provider) => joined.GetValueOrDefault(provider.Id).ToString(System.Globalization.CultureInfo.InvariantCulture);

    public string Wrong(Words words, Problem problem) => problem.Where switch
    {
        "issuer" => words["Write the issuer as its tokens say it: https://, no user name, no query."],
        "name" => words["Write the name that staff read on the button, at most 60 characters."],
        "client-id" => words["Write the client id that the provider gave you."],
        "secret" => words["A secret goes with “client secret”, and only there."],
        "username-claim" => words["Write the name of a claim, like preferred_username."],
        "username-domain" => words["Write a domain like hospital.example, with the claim it belongs to."],
        _ => words["That cannot be kept. Check each line."],
    };
}
