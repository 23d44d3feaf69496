using HealthTeams.SmartLauncher.Ehrs;

namespace HealthTeams.Web.Administration;

/// <summary>Registers an EHR, or changes a registration. A registered secret is never shown; empty keeps it (SMART-A29).</summary>
[BindProperties]
public sealed class EhrFormPage(EhrRegistry ehrs) : AdminPage
{
    public string? Environment { get; set; } = Ehr.Production;
    public string? Iss { get; set; }
    public string? ClientId { get; set; }
    public string? Auth { get; set; } = "private_key_jwt";
    public string? Secret { get; set; }
    public string? BackendClientId { get; set; }
    public string? FrameOrigins { get; set; }
    public string? Issuer { get; set; }
    public string? Adapter { get; set; } = "fhir";
    public string? JoinLink { get; set; } = "none";
    public bool PrivateNetwork { get; set; }

    /// <summary>Null: a new one.</summary>
    public Guid? Id { get; private set; }
    public Problem? Problem { get; private set; }

    public async Task<IActionResult> OnGetAsync(Guid? id)
    {
        if (id is not { } known) return Page();
        if (await ehrs.Get(Me.Tenant, known, Stop) is not { } ehr) return NotFound();
        Id = known;
        (Environment, Iss, ClientId, Auth, BackendClientId) = (ehr.Environment, ehr.Iss, ehr.ClientId, ehr.Auth, ehr.BackendClientId);
        (FrameOrigins, Issuer, Adapter, JoinLink) = (string.Join('\n', ehr.FrameOrigins), ehr.Issuer, ehr.Adapter, ehr.JoinLink);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid? id)
    {
        var before = id is { } known ? await ehrs.Get(Me.Tenant, known, Stop) : null;
        if (id is not null && before is null) return NotFound();
        if (before is not null) (Id, Iss, Environment) = (before.Id, before.Iss, before.Environment);
        var backend = Text(BackendClientId);
        var added = await ehrs.Add(new EhrToAdd(Me.Tenant, Text(Iss) ?? "", Text(ClientId) ?? "", Auth ?? "")
        {
            Secret = string.IsNullOrEmpty(Secret) ? null : Secret, KeepSecret = before is not null, Issuer = Text(Issuer),
            FrameOrigins = (FrameOrigins ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            BackendClientId = backend, WriteBack = backend is null, Test = before?.Test ?? false, Environment = Environment ?? "",
            Adapter = Adapter ?? "", JoinLink = JoinLink ?? "", PrivateNetwork = PrivateNetwork, New = before is null, By = Me.Actor,
        }, Stop);
        if (added.Ok) return SeeOther($"/admin/ehrs/{added.Value.Id}?done={(before is null ? "registered" : "changed")}");
        Problem = added.Problem;
        Response.StatusCode = added.Problem.Status;
        return Page();
    }

    private static string? Text(string? said) => string.IsNullOrWhiteSpace(said) ? null : said.Trim();
}
