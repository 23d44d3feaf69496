using System.Text.Json;

namespace HealthTeams.Collaboration.Approvals;

/// <summary>Told in the transaction that ends an approval which something waits for.</summary>
/// <param name="focus">What waits, as a FHIR reference.</param>
/// <param name="yes">Nobody's answer stopped it, and it was not cancelled.</param>
/// <param name="said">The last words that were said.</param>
public delegate Task ApprovalEnded(Tx tx, Guid approval, string focus, bool yes, string? said);

/// <summary>The public door of approvals: for slices whose things wait for one (TK-06, AP-09).</summary>
public sealed class ApprovalDoor(AskApproval ask, AnswerApproval answer, ProjectFhir project)
{
    /// <summary>Templates by which a team's things may wait: the hospital's and its own, without questions that must be answered.</summary>
    public static Task<IReadOnlyList<(Guid Id, string Name)>> Choices(Tx tx, Guid team) => tx.Query<(Guid, string)>("""
        select id, name from collab.approval_template
        where tenant = @Tenant and enabled and (team is null or team = @team) and not jsonb_path_exists(coalesce(form, '[]'), '$[*] ? (@.required == true)')
        order by team is null, lower(name)
        """, new { tx.Tenant, team });

    /// <summary>Asked by a template, for what waits; its members see it (AP-10).</summary>
    public async Task<Outcome<Guid>> Ask(Tx tx, Guid owner, Guid template, string title, string about, string focus, Guid team, Guid? patient)
    {
        if (await tx.OneOrNone<(string? Details, string Steps, string Answers, bool Signed, int? DueHours)?>("""
            select details, steps::text, answers::text, signed, due_hours from collab.approval_template where tenant = @Tenant and id = @template and enabled and (team is null or team = @team)
            """, new { tx.Tenant, template, team }) is not { } by) return Problem.Conflict("The approval this waits for was switched off: choose another, or none.", "approval-template-unknown");
        var asked = await ask.Ask(tx, owner, new NewApproval(title.Length > 200 ? title[..199] + "…" : title, by.Details, JsonSerializer.Deserialize<List<StepPlan>>(by.Steps, ApprovalTemplates.Kept)!)
        {
            Answers = JsonSerializer.Deserialize<List<AnswerWord>>(by.Answers, ApprovalTemplates.Kept)!, Team = team, About = about, Focus = focus, Patient = patient, MustSign = by.Signed,
            Due = by.DueHours is { } hours ? tx.Now.AddHours(hours) : null,
        });
        if (asked.Ok) await project(tx, "approval", asked.Value);
        return asked;
    }

    /// <summary>What waited waits no more: nobody is asked further. One that is over stays as it ended.</summary>
    public Task Withdraw(Tx tx, Guid approval) => answer.Withdraw(tx, approval);
}
