using HealthTeams.FhirGateway.Federation;

namespace HealthTeams.Web.Federation;

/// <summary>Writing to people of a partner hospital.</summary>
public sealed class ElsewherePage(PartnerPeople people) : StaffPage
{
    public IReadOnlyList<Partner> Hospitals { get; private set; } = [];
    public IReadOnlyList<PartnerChoice>? Found { get; private set; }
    public Problem? Problem { get; private set; }
    [BindProperty(SupportsGet = true, Name = "partner")] public Guid? Chosen { get; set; }
    [BindProperty(SupportsGet = true, Name = "q")] public string? Search { get; set; }

    public async Task OnGetAsync()
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        Hospitals = await people.Open(Me, Stop);
        Chosen ??= Hospitals is [var only] ? only.Id : null;
        if (Chosen is not { } partner || Search is not { Length: > 0 } search) return;
        var found = await people.Find(Me, partner, search, Stop);
        if (found.Ok) Found = found.Value;
        else (Problem, Response.StatusCode) = (found.Problem, found.Problem.Status);
    }

    public async Task<IActionResult> OnPostAsync(Guid[] theirs, Guid[] person, string? title)
    {
        var begun = await people.Begin(Me, Chosen ?? Guid.Empty, theirs, person, string.IsNullOrWhiteSpace(title) ? null : title.Trim(), Stop);
        if (begun.Ok) return SeeOther($"/messages/c/{begun.Value}");
        await OnGetAsync();
        (Problem, Response.StatusCode) = (begun.Problem, begun.Problem.Status);
        return Page();
    }
}
