using System.Text.Json;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>SH-14: a workforce system that is asked before a change of one schedule is kept.</summary>
public sealed record WorkforceHook
{
    public string Url { get; init; } = "";
    public int ApiVersion { get; init; } = 1;

    /// <summary>"hmac": signed. "aes": signed by nothing but encrypted and authenticated (AES-256-GCM).</summary>
    public string Protocol { get; init; } = "hmac";
    public byte[] Secret { get; init; } = [];
    public string[] Supports { get; init; } = [];
    public string[] Eligibility { get; init; } = [];

    /// <summary>What silence means: "refuse" or "allow".</summary>
    public string OnSilence { get; init; } = "refuse";

    public static readonly IReadOnlyList<string> Entities =
        ["shift", "swapRequest", "userShiftPreferences", "openShift", "openShiftRequest", "offerShiftRequest", "timeOffReason", "timeOff", "timeOffRequest"];

    public static readonly IReadOnlyList<string> Filtered = ["swapRequest", "offerShiftRequest", "timeOffReason"];
}

/// <summary>Asks the workforce system, whose no stands, in its own words.</summary>
public sealed class Workforce(Db db, OutboundHttp http)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>
    /// A change is tried on a copy of everything, the hook is asked about what came of it, then it is done: no lock is held while
    /// another system thinks. Without a hook it is done at once. A refusal keeps nothing.
    /// </summary>
    internal async Task<Outcome<T>> Guarded<T>(Caller caller, Guid team, string entity, Func<Tx, Proposal, Task<Outcome<T>>> work, CancellationToken stop)
    {
        if (await Hook(caller.Tenant, team, entity, stop) is { } hook)
        {
            var proposal = new Proposal();
            var tried = await db.Aside(caller.Tenant, tx => work(tx, proposal), stop);
            if (!tried.Ok) return tried.Problem;
            if (await Veto(hook, caller.Tenant, team, entity, proposal, stop) is { } no) return no;
        }
        return await db.In(caller.Tenant, caller.Actor, async tx =>
        {
            var done = await work(tx, new Proposal());
            return done.Ok ? done : tx.Abandon(done);
        }, stop);
    }

    public const int MostAsked = 1000;

    /// <summary>The same for what changes many things at once (sharing, copies, rotations, files): one question with all of them; one no keeps nothing, and each is named.</summary>
    internal async Task<Outcome<T>> Guarded<T>(Caller caller, Guid team, Func<Tx, Proposal, Task<Outcome<T>>> work, CancellationToken stop)
    {
        if (await db.In(caller.Tenant, Actor.Product, tx => Connected(tx, team), stop) is { } hook && hook.Supports.Intersect(Batched).Any())
        {
            var proposal = new Proposal();
            var tried = await db.Aside(caller.Tenant, tx => work(tx, proposal), stop);
            if (!tried.Ok) return tried.Problem;
            var asked = proposal.Of(hook.Supports);
            if (asked.Changes.Count > MostAsked) return Problem.Unprocessable($"The workforce system is asked about at most {MostAsked} shifts at once: take fewer days.", "days", "workforce-many");
            if (asked.Changes.Count > 0 && await Veto(hook, caller.Tenant, team, string.Join(',', asked.Entities.Distinct()), asked, stop) is { } no) return no;
        }
        return await db.In(caller.Tenant, caller.Actor, async tx =>
        {
            var done = await work(tx, new Proposal());
            return done.Ok ? done : tx.Abandon(done);
        }, stop);
    }

    private static readonly string[] Batched = ["shift", "openShift", "timeOff"];

    private static Task<WorkforceHook?> Connected(Tx tx, Guid team) => tx.OneOrNone<WorkforceHook>($"select {Columns} from collab.workforce where tenant = @Tenant and team = @team", new { tx.Tenant, team });

    /// <summary>For what comes by FHIR: its transaction is open already.</summary>
    internal async Task<Problem?> Ask(Tx tx, Guid team, string entity, Proposal proposal) =>
        await Hook(tx, team, entity) is { } hook ? await Veto(hook, tx.Tenant, team, entity, proposal, tx.Stop) : null;

    private Task<WorkforceHook?> Hook(int tenant, Guid team, string entity, CancellationToken stop) => db.In(tenant, Actor.Product, tx => Hook(tx, team, entity), stop);

    private static async Task<WorkforceHook?> Hook(Tx tx, Guid team, string entity) =>
        await Connected(tx, team) is { } hook && hook.Supports.Contains(entity) ? hook : null;

    internal const string Columns = "url, api_version as ApiVersion, protocol, secret, supports, eligibility, on_silence as OnSilence";

    private async Task<Problem?> Veto(WorkforceHook hook, int tenant, Guid team, string entity, Proposal proposal, CancellationToken stop)
    {
        var answer = await Send(hook, "/update", JsonSerializer.SerializeToUtf8Bytes(new { tenant, teamId = team, entity, requests = proposal.Changes }, JsonSerializerOptions.Web), stop);
        if (answer is null)
        {
            return hook.OnSilence == "allow" ? null : new Problem(503, "workforce-silent", "The workforce system did not answer, and this schedule changes nothing without it. Try again in a moment.");
        }
        return Words(answer.Value.Status, answer.Value.Body, proposal.Names) is { } words ? Problem.Unprocessable(words, null, "workforce-veto") : null;
    }

    /// <summary>Null is a yes. Otherwise the system's own words, which the person is told.</summary>
    /// <param name="names">By the id of a change: so that each no is of something.</param>
    internal static string? Words(int status, string body, IReadOnlyDictionary<string, string>? names = null)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("responses", out var all) && all.ValueKind == JsonValueKind.Array)
            {
                var said = all.EnumerateArray().Where(r => r.ValueKind == JsonValueKind.Object && r.TryGetProperty("status", out var s) && s.TryGetInt32(out var n) && n >= 300).Select(r => Named(r, names) + Message(r)).ToList();
                return said.Count > 0 ? Short(string.Join(" ", said)) : status < 300 ? null : Short($"The workforce system refused this ({status}).");
            }
        }
        catch (JsonException)
        {
            // Not JSON: the status alone speaks.
        }
        return status < 300 ? null : $"The workforce system refused this ({status}).";
    }

    private static string Named(JsonElement response, IReadOnlyDictionary<string, string>? names) =>
        names is not null && response.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String && names.TryGetValue(id.GetString()!, out var name) ? $"{name}: " : "";

    private static string Message(JsonElement response) =>
        response.TryGetProperty("body", out var body) && body.ValueKind == JsonValueKind.Object && body.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
            && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String ? message.GetString()! : "The workforce system refused this.";

    private static string Short(string words) => words.Length > 2000 ? words[..1999] + "…" : words;

    /// <summary>Which of these shifts the workforce system would let change hands; all of them when it is not asked or silent.</summary>
    public async Task<IReadOnlySet<Guid>> Eligible(int tenant, Guid team, string entity, Guid shift, IReadOnlyList<Guid> candidates, CancellationToken stop)
    {
        var all = candidates.ToHashSet();
        var hook = await db.In(tenant, Actor.Product, tx => tx.OneOrNone<WorkforceHook>($"select {Columns} from collab.workforce where tenant = @Tenant and team = @team", new { tx.Tenant, team }), stop);
        if (hook is null || !hook.Eligibility.Contains(entity)) return all;
        var answer = await Send(hook, "/read", JsonSerializer.SerializeToUtf8Bytes(new { tenant, teamId = team, entity, shiftId = shift, shiftIds = candidates }, JsonSerializerOptions.Web), stop);
        if (answer is not { Status: < 300 } known) return hook.OnSilence == "allow" ? all : new HashSet<Guid>();
        try
        {
            using var json = JsonDocument.Parse(known.Body);
            var listed = json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("shiftIds", out var ids) && ids.ValueKind == JsonValueKind.Array ? ids.EnumerateArray() : default;
            return listed.Where(i => i.ValueKind == JsonValueKind.String && i.TryGetGuid(out _)).Select(i => i.GetGuid()).Where(all.Contains).ToHashSet();
        }
        catch (JsonException)
        {
            return new HashSet<Guid>();
        }
    }

    /// <summary>Registered hosts only; null is silence: unreachable, slow or unknown to us.</summary>
    private async Task<(int Status, string Body)?> Send(WorkforceHook hook, string path, byte[] body, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Post, hook.Url.TrimEnd('/') + $"/v{hook.ApiVersion}{path}");
        HookSeal.Close(request, hook, body, db.Clock.GetUtcNow());
        try
        {
            var answer = await http.Send(request, patience.Token);
            if (!answer.Ok) return null;
            using (answer.Value) return ((int)answer.Value.StatusCode, await answer.Value.Content.ReadAsStringAsync(patience.Token));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
        // The connection broke, or the answer outgrew the limit, in the middle of it.
        catch (HttpRequestException)
        {
            return null;
        }
    }

    internal Task<Guid?> TeamOf(Caller caller, ShiftAsk ask, CancellationToken stop) => ask.Shift is not { } shift ? Task.FromResult(ask.Team)
        : db.In(caller.Tenant, caller.Actor, tx => tx.Scalar<Guid?>("select team from collab.shift where tenant = @Tenant and id = @shift and not draft", new { tx.Tenant, shift }), stop);

    internal Task<ShiftRequest?> RequestOf(Caller caller, Guid id, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => RequestSql.Find(tx, id), stop);
}
