using HealthTeams.SmartLauncher.Clients;

namespace HealthTeams.Web.Administration;

/// <summary>Apps and systems that use our FHIR API; those that registered themselves wait on top (SMART-S11).</summary>
public sealed class ClientsPage(ClientRegistry clients) : AdminPage
{
    public IReadOnlyList<Client> Rows { get; private set; } = [];

    public async Task OnGetAsync() => Rows = await clients.All(Me.TenantSlug, Stop);

    public string Heading(Words words) => Rows.Count(r => r.Pending) switch
    {
        0 => words["Clients of our FHIR API"],
        1 => words["1 client waits for your approval"],
        var waiting => words["{0} clients wait for your approval", waiting],
    };
}

internal static class ClientWords
{
    public static string Kind(Words words, Client client) => client switch
    {
        { Backend: true } => words["system, by itself"],
        { LaunchUrl: null } => words["app of users"],
        { Frame: true } => words["app, started from visits in a frame"],
        _ => words["app, started from visits"],
    };

    public static string Auth(Words words, string auth) => auth switch
    {
        "private_key_jwt" => words["its own key"],
        "secret" => words["client secret"],
        _ => words["public client"],
    };

    /// <summary>The sentence beside a field; what we know no better is the rule's own.</summary>
    public static string Wrong(Words words, Problem problem) => problem switch
    {
        { Code: "client-taken" } => words["This id is taken. Choose another one."],
        { Where: "id" } => words["Write an id of letters, digits and signs, without spaces, 100 at most."],
        { Where: "name" } => words["Write a name of 1 to 100 characters."],
        { Where: "redirect" } => words["Each line is the address that the app answers at: https://, letter by letter. An app of users needs one."],
        { Where: "launch-url" } => words["A launch address is https://; frames and trust need one."],
        { Where: "frame" } => words["An app in a frame must be trusted: a page that asks for consent cannot stand in a frame."],
        { Where: "jwks" or "jwks-url" } => words["A client with its own key needs either its keys (JWKS, public parts only) or their https address."],
        { Where: "auth" } => words["A system that acts by itself proves who it is: by its own key, or a secret."],
        _ => problem.Detail,
    };
}
