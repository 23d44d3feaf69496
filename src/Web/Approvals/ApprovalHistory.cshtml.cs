using HealthTeams.Collaboration.Approvals;
using HealthTeams.FhirGateway.Approvals;
using HealthTeams.Web.Print;

namespace HealthTeams.Web.Approvals;

/// <summary>The whole history, each passing-on included, as PDF and as FHIR (FEATURES 16, complaint 6).</summary>
public sealed class ApprovalHistoryPage(ApprovalViews views, ApprovalBundle bundle, Words words) : StaffPage
{
    public async Task<IActionResult> OnGetAsync(Guid id, string format)
    {
        var found = await views.Find(Me, id, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        Response.Headers.CacheControl = "private, no-store";
        return format == "json" ? File(await bundle.Of(Me, id, Stop), "application/fhir+json", $"approval-{id}.json") : File(Pdf(found.Value), "application/pdf", $"approval-{id}.pdf");
    }

    private byte[] Pdf(ApprovalView view)
    {
        var pdf = new PrintedPage(view.Title, $"{Hospital.Name} · {words.Moment(Now, Zone, Now.AddDays(-400))} · {view.Id}");
        pdf.Line(ApprovalWords.State(words, view.Status, view.Result, view.Stopped).Text, 11, bold: true);
        if (view.Patient is { } patient) pdf.Line(string.Join(" · ", patient.Name, PatientWords.Born(words, patient.BirthDate, HospitalTime.Day(Now, Zone)), PatientWords.Gender(words, patient.Gender), patient.Identifier ?? words["identifier unknown"]));
        pdf.Line($"{words["Asked by"]}: {view.Owner}, {At(view.CreatedAt)}");
        if (view.DueAt is { } due) pdf.Line($"{words["Due"]}: {At(due)}");
        if (view.Details is { Length: > 0 } details) pdf.Line(details, before: 4);
        foreach (var (question, answer) in view.Form) pdf.Line($"{question.Text}: {answer}");
        foreach (var file in view.Files) pdf.Line($"{words["File"]}: {file.Name}, {file.Type}, SHA-256 {file.Hash}");
        pdf.Heading(words["Who decides"]);
        foreach (var request in view.Requests)
        {
            var from = view.Requests.FirstOrDefault(r => r.Id == request.PassedFrom);
            pdf.Line($"{words["Step {0}", request.Step]}: {request.Name} – {ApprovalWords.Part(words, request, view.Answers).Text}{(request.AnsweredAt is { } at ? $", {At(at)}" : "")}{(from is null ? "" : $" ({ApprovalWords.Passed(words, request.PassedWhy, from.Name)})")}");
            if (request.Comments is { Length: > 0 } said) pdf.Line(said, indent: 12);
            if (view.Signatures.TryGetValue(request.Id, out var holds)) pdf.Line(holds ? words["signed, and unchanged since"] : words["the signature does not fit what is kept"], indent: 12);
        }
        pdf.Heading(words["History"]);
        foreach (var e in view.History) pdf.Line($"{At(e.At)}  {ApprovalWords.Happened(words, e)}");
        return pdf.Finish();
    }

    private string At(DateTimeOffset at) => words.Moment(at, Zone, Now.AddDays(-400));
}
