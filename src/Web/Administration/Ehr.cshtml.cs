using System.Text.Json;
using HealthTeams.FhirGateway.Ehr;
using HealthTeams.SmartLauncher;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Ehrs.Checks;

namespace HealthTeams.Web.Administration;

/// <summary>One step of a test, as it is shown.</summary>
public sealed record ShownStep(string Name, string State, string Tone, string Icon, string Word, string Title, string Said, string? Todo);

/// <summary>One registration: its test, step by step, what to give to the vendor, what is registered.</summary>
public sealed class EhrPage(EhrRegistry ehrs, EhrChecks checks, EhrHealth health, TrialLaunches trials, LauncherSettings settings) : AdminPage
{
    public Ehr Ehr { get; private set; } = null!;
    public KeptCheck? Checked { get; private set; }
    public Trial? Trial { get; private set; }
    public EhrHealthRow? Health { get; private set; }

    public async Task<IActionResult> OnGetAsync(Guid id)
    {
        if (await ehrs.Get(Me.Tenant, id, Stop) is not { } ehr) return NotFound();
        (Ehr, Checked) = (ehr, (await checks.All(Me.Tenant, Stop)).GetValueOrDefault(id));
        (Trial, Health) = (await trials.Latest(Me.Tenant, id, Stop), (await health.All(Me.Tenant, Stop)).GetValueOrDefault(id));
        return Page();
    }

    /// <summary>
    /// A link and no form: the way leads on to the EHR, and a form's is held to our own pages. It begins something, so no other
    /// site's link may follow it.
    /// </summary>
    public async Task<IActionResult> OnGetTrialAsync(Guid id)
    {
        if (Request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site") return Refuse(Problem.Forbidden("A trial begins on the registration's page."));
        if (await ehrs.Get(Me.Tenant, id, Stop) is not { } ehr) return NotFound();
        return SeeOther(await trials.Start(Me, ehr, Stop));
    }

    /// <summary>Without a script: all steps, then the page.</summary>
    public async Task<IActionResult> OnPostCheckAsync(Guid id)
    {
        if (await ehrs.Get(Me.Tenant, id, Stop) is not { } ehr) return NotFound();
        await foreach (var _ in checks.Run(ehr, Me.Actor, Stop))
        {
        }
        return SeeOther($"/admin/ehrs/{id}?done=tested");
    }

    /// <summary>With one: each step when it has ended, a line of JSON each, in the reader's language.</summary>
    public async Task<IActionResult> OnPostStepsAsync(Guid id, [FromServices] Words words)
    {
        if (await ehrs.Get(Me.Tenant, id, Stop) is not { } ehr) return NotFound();
        Response.ContentType = "application/x-ndjson; charset=utf-8";
        await foreach (var step in checks.Run(ehr, Me.Actor, Stop))
        {
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(Response, JsonSerializer.Serialize(Shown(words, step), JsonSerializerOptions.Web) + "\n", Stop);
            await Response.Body.FlushAsync(Stop);
        }
        return new EmptyResult();
    }

    public ShownStep Shown(Words words, CheckStep step)
    {
        object?[] args = [.. step.Args];
        var (tone, icon, word) = step.State switch
        {
            CheckState.Ok => ("green", "done", words["in order"]),
            CheckState.Failed => ("red", "warning", words["failed"]),
            CheckState.Note => ("blue", "info", words["to know"]),
            _ => ("grey", "next", words["skipped"]),
        };
        return new ShownStep(step.Name, step.State.ToString().ToLowerInvariant(), tone, icon, word, words[step.Title], words[step.Said, args], step.Todo is null ? null : words[step.Todo, args]);
    }

    public string? Note(Words words) => Done switch
    {
        "registered" => words["The EHR is registered. Its test is below."],
        "changed" => words["The registration is changed."],
        _ => null,
    };

    public IEnumerable<(string Name, string Value)> ToGive(Words words)
    {
        yield return (words["Launch address"], settings.At("/launch"));
        yield return (words["Redirect URI"], settings.LaunchCallback);
        if (Ehr.Auth == "private_key_jwt" || Ehr.BackendClientId is not null) yield return (words["Address of our keys (JWKS)"], settings.At("/.well-known/jwks.json"));
    }
}
