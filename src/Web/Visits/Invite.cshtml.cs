namespace HealthTeams.Web.Visits;

/// <summary>A link for the patient or a guest. Its secret is in this one answer and nowhere else.</summary>
public sealed class InvitePage(VisitLists lists, VisitActions visits) : StaffPage
{
    private SeatRole role;
    private string? name;

    public VisitRow Row { get; private set; } = null!;
    public bool InDialog { get; private set; }
    public string? Link { get; private set; }

    public Task<IActionResult> OnGetAsync(Guid id, string? part) => Show(id, part);

    public async Task<IActionResult> OnPostAsync(Guid id, SeatRole role, string? name, string? part)
    {
        if (role == SeatRole.Host) return BadRequest();
        (this.role, this.name) = (role, string.IsNullOrWhiteSpace(name) ? null : name.Trim());
        var token = await visits.InviteGuest(Me, id, role, this.name, Stop);
        if (!token.Ok) return Refuse(token.Problem);
        Link = $"{Request.Scheme}://{Request.Host}{Request.PathBase}/join/{token.Value}";
        Response.Headers.CacheControl = "no-cache, no-store";
        return await Show(id, part);
    }

    public string For(Words words) => role == SeatRole.Patient ? Row.Patient : name ?? words["your guest"];

    private async Task<IActionResult> Show(Guid id, string? part)
    {
        if (await lists.Find(Me, id, Stop) is not { } row) return NotFound();
        (Row, InDialog) = (row, part == "dialog");
        return Page();
    }
}
