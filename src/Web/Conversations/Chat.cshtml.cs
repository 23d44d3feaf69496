using System.Text.Json;
using HealthTeams.Collaboration.Conversations;
using HealthTeams.Collaboration.Messages;
using HealthTeams.Platform.Blobs;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Conversations;

/// <summary>One conversation and every act in it: state changes are nouns under its address. With json=1 the page's own script gets data instead of a page.</summary>
[RequestSizeLimit(110 * 1024 * 1024)]
public sealed class ChatPage(ConversationViews views, ConversationActions actions, SayMessage say, ConversationRecord record, Typing typing, MessageBox box, BlobStore blobs) : StaffPage
{
    private static readonly string[] Welcome = [BlobStore.Image, "application/pdf"];

    public Collaboration.Conversations.ConversationPage View { get; private set; } = null!;
    public ConversationList List { get; private set; } = null!;
    public Problem? Problem { get; private set; }
    public string? Typed { get; private set; }
    public Guid? Thread { get; private set; }
    public bool Pick { get; private set; }

    /// <summary>The number of the first message that is new to the reader.</summary>
    public int? First { get; private set; }

    /// <summary>An older part is shown.</summary>
    public bool Later { get; private set; }
    public ChatMessage? Answer { get; private set; }
    public IReadOnlyList<ChatMessage> Pinned => [.. View.Messages.Where(m => m.PinnedAt is not null)];
    public string NamesJson => JsonSerializer.Serialize(View.People.Where(p => p.Id != Me.Person).Select(p => p.Name).Concat(View.Seat.Team is null ? [] : (string[])["team", "channel", "on-shift"]));

    public async Task<IActionResult> OnGetAsync(Guid id, string? act, string? part, int? before, long? after, Guid? thread, Guid? m, Guid? reply, Guid? message, Guid? file, bool pick)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        switch (act)
        {
            case "file": return await Open(id, file ?? Guid.Empty);
            case "seen": return await Seen(id, message ?? Guid.Empty, part);
            case "change" or "history": return await Words(id, message ?? Guid.Empty, act, part);
            case not null: return NotFound();
        }
        return await Show(id, part, new Stretch(before, after, thread, m), reply, pick || Request.Query["pick"] == "1");
    }

    public async Task<IActionResult> OnPostAsync(Guid id, string act, Guid? message, string? value, string? text, string? title, int? edits, int? seq, int? version, Guid? person, bool history, bool receipts, string? offShift)
    {
        var on = value == "on";
        switch (act)
        {
            case "messages": return await Say(id);
            case "files": return await Keep(id);
            case "typing": await typing.Tell(Me, id, Stop); return new StatusCodeResult(204);
            case "reading": return Done(id, await actions.Read(Me, id, seq ?? 0, Stop));
            case "reaction": return Done(id, await say.React(Me, id, message ?? Guid.Empty, value ?? "", Stop), message);
            case "pin": return Done(id, await say.Pin(Me, id, message ?? Guid.Empty, on, Stop), message);
            case "change": return Done(id, await say.Edit(Me, id, message ?? Guid.Empty, text, edits ?? -1, Stop), message);
            case "deletion": return Done(id, await say.Delete(Me, id, message ?? Guid.Empty, Stop), message);
            case "restoration": return Done(id, await say.Restore(Me, id, message ?? Guid.Empty, Stop), message);
            case "mute": return Done(id, await actions.Mute(Me, id, on, Stop));
            case "hiding": return await actions.Hide(Me, id, Stop) is { Ok: false } no ? Refuse(no.Problem) : SeeOther("/messages");
            case "preference": return Done(id, await actions.Prefer(Me, receipts, offShift ?? "", Stop));
            case "people": return Done(id, await actions.Add(Me, id, Ids(Request.Form["person"]), history, Stop));
            case "removal":
                var removed = await actions.Remove(Me, id, person ?? Guid.Empty, Stop);
                return removed.Ok && person == Me.Person ? SeeOther("/messages") : Done(id, removed);
            case "name": return Done(id, await actions.Name(Me, id, title, version ?? 0, Stop));
            case "record": return Done(id, await record.Put(Me, id, Ids(Request.Form["message"]), title, Stop));
            default: return NotFound();
        }
    }

    private async Task<IActionResult> Show(Guid id, string? part, Stretch stretch, Guid? reply = null, bool pick = false)
    {
        var view = await views.Open(Me, id, stretch, Stop);
        if (!view.Ok) return Refuse(view.Problem);
        View = view.Value;
        (Thread, Pick, Later) = (stretch.Thread, pick && View.Line.PatientId is not null, stretch.Before is not null || stretch.Around is not null && View.Messages.Count > 0 && View.Messages[^1].Seq < View.Seat.LastSeq);
        if (part is "news") return Partial("_ChatMessages", this);
        First = View.Messages.FirstOrDefault(m => m.Seq > View.Seat.ReadSeq && m.SenderPerson != Me.Person)?.Seq;
        Answer = reply is { } r ? View.Messages.FirstOrDefault(m => m.Id == r) : null;
        List = new(await views.Mine(Me, Stop), [.. (await box.Mine(Me, Stop)).Where(x => x.Open)], id, null, Zone, Now);
        if (Problem is not null) Response.StatusCode = Problem.Status;
        return Page();
    }

    private async Task<IActionResult> Say(Guid id)
    {
        var form = Request.Form;
        var files = form["file"].SelectMany(f => (f ?? "").Split(',')).Select(f => Guid.TryParse(f, out var g) ? g : Guid.Empty).Where(g => g != Guid.Empty).ToList();
        foreach (var upload in form.Files.GetFiles("upload").Where(f => f.Length > 0).Take(ConversationRules.FileLimit + 1))
        {
            var kept = await Attach(id, upload);
            if (!kept.Ok) return Said(id, kept.Problem);
            files.Add(kept.Value);
        }
        var posted = await say.Say(Me, id, new SayAsked(form["text"], form["priority"].FirstOrDefault() ?? "normal", form["receipt"] == "true", Guid.TryParse(form["reply"], out var reply) ? reply : null,
            form["key"].FirstOrDefault() is { Length: > 0 } key ? key : null, form["lang"].FirstOrDefault(), files, form["offShiftAccepted"] == "true"), Stop);
        if (Json) return posted.Ok ? new JsonResult(new { posted.Value.Message, posted.Value.Seq }) : Said(id, posted.Problem);
        if (posted.Ok) return SeeOther($"/messages/c/{id}{(Guid.TryParse(form["thread"], out var thread) ? $"?thread={thread}" : "")}#m-{posted.Value.Message}");
        (Problem, Typed) = (posted.Problem, form["text"]);
        return posted.Problem.Code == "conversation-unknown" ? Refuse(posted.Problem) : await Show(id, null, new Stretch(), Guid.TryParse(form["reply"], out var answer) ? answer : null);
    }

    private IActionResult Said(Guid id, Problem problem) => Json
        ? new JsonResult(new { problem.Code, Detail = ProblemWords.Say(W, problem), problem.Where }) { StatusCode = problem.Status } : Refuse(problem);

    /// <summary>Uploads before the message is sent: what is kept is named in it.</summary>
    private async Task<IActionResult> Keep(Guid id)
    {
        if (Request.Form.Files.GetFile("upload") is not { } upload) return Said(id, Problem.Unprocessable("Choose a file first.", "upload", "file-empty"));
        var kept = await Attach(id, upload);
        return kept.Ok ? new JsonResult(new { Id = kept.Value, Name = upload.FileName }) : Said(id, kept.Problem);
    }

    private async Task<Outcome<Guid>> Attach(Guid id, IFormFile upload)
    {
        await using var content = upload.OpenReadStream();
        var blob = await blobs.Keep(Me.Tenant, content, Welcome, Stop);
        if (!blob.Ok) return blob.Problem;
        var name = Path.GetFileName(upload.FileName.Replace('\\', '/')).Trim('.', ' ');
        return await actions.Attach(Me, id, name.Length == 0 ? "file" : name.Length > 250 ? name[^250..] : name, blob.Value, Stop);
    }

    private async Task<IActionResult> Open(Guid id, Guid file)
    {
        if (await views.File(Me, id, file, Stop) is not { } known || blobs.Open(Me.Tenant, known.Hash) is not { } content) return Refuse(Problem.NotFound("There is no such file for you.", "file-unknown"));
        Response.Headers.CacheControl = "private, no-store";
        return File(content, known.Type, known.Name);
    }

    private async Task<IActionResult> Seen(Guid id, Guid message, string? part)
    {
        var seen = await views.Seen(Me, id, message, Stop);
        if (!seen.Ok) return Refuse(seen.Problem);
        return Dialog("_Seen", new SeenModel(id, seen.Value, Zone, Now), part);
    }

    private async Task<IActionResult> Words(Guid id, Guid message, string act, string? part)
    {
        var known = await views.Words(Me, id, message, Stop);
        if (!known.Ok) return Refuse(known.Problem);
        return Dialog(act == "change" ? "_Change" : "_History", new WordsModel(id, known.Value, Zone, Now), part);
    }

    private PartialViewResult Dialog<T>(string name, T model, string? part) => new()
    {
        ViewName = part == "dialog" ? name : $"{name}Page",
        ViewData = new Microsoft.AspNetCore.Mvc.ViewFeatures.ViewDataDictionary<T>(ViewData, model),
        TempData = TempData,
    };

    private IActionResult Done(Guid id, Outcome<bool> done, Guid? message = null)
    {
        if (Json) return done.Ok ? new JsonResult(new { ok = true }) : Said(id, done.Problem);
        return done.Ok ? SeeOther($"/messages/c/{id}{(message is { } m ? $"#m-{m}" : "")}") : Refuse(done.Problem);
    }

    private bool Json => Request.Form["json"] == "1";
    private Words W => (Words)HttpContext.RequestServices.GetService(typeof(Words))!;

    private static List<Guid> Ids(IEnumerable<string?> values) => [.. values.Select(v => Guid.TryParse(v, out var g) ? g : Guid.Empty).Where(g => g != Guid.Empty).Distinct()];
}

public sealed record SeenModel(Guid Conversation, SeenByAll All, string Zone, DateTimeOffset Now);
public sealed record WordsModel(Guid Conversation, MessageWordsThen Words, string Zone, DateTimeOffset Now);
