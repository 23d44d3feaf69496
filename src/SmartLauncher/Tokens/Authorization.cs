using System.Globalization;
using HealthTeams.FhirGateway.Access;
using HealthTeams.SmartLauncher.Apps;
using HealthTeams.SmartLauncher.Clients;
using HealthTeams.SmartLauncher.Staff;
using Microsoft.AspNetCore.Http;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>
/// From a signed-in user's request to a code: the launch's context or the one chosen here, the user's consent, scope by
/// scope, and the grant. Nothing is remembered: each authorization asks again (SMART-S2, S5, S6).
/// </summary>
internal sealed class Authorization(
    Db db, ClientRegistry clients, AppLaunches launches, LaunchChart chart, StaffPractitioner practitioners, Consent consent, StaffPresence presence, LauncherSettings settings, ShowAuthorizePage show)
{
    public async Task<IResult> Answer(HttpContext http, OpenIddictRequest request, Caller caller, CancellationToken stop)
    {
        var client = await clients.Find(request.ClientId!, stop);
        if (client is null || client.Tenant != caller.TenantSlug) return Refuse(Errors.AccessDenied, "This app is not registered for your hospital.");
        if (await TooOld(http, request, caller, stop))
        {
            return request.HasPromptValue(PromptValues.None) ? Refuse(Errors.LoginRequired, "The user signed in longer ago than max_age.") : AuthorizeEndpoint.SignIn(http, request);
        }
        var asked = ScopeRules.Grant(request.GetScopes(), client.Scope, ScopeLevel.User, ScopeLevel.Patient);

        var handle = (string?)request["launch"];
        AppLaunchRow? launch = null;
        if (handle is not null)
        {
            if (!asked.Contains(ScopeRules.Launch)) return Refuse(Errors.InvalidRequest, "launch was sent without the scope \"launch\", or that scope is not registered for this app.");
            launch = await launches.Look(caller.Tenant, handle, client.Id, stop);
            if (launch is null || !await presence.Owns(http, caller, launch, stop)) return Refuse(Errors.InvalidRequest, AppLaunches.Refused.Detail);
        }

        var form = HttpMethods.IsPost(http.Request.Method) ? http.Request.Form : FormCollection.Empty;
        var step = new Step(http, request, caller, client, asked, launch, handle);
        if (!form.ContainsKey("genuine")) return await Next(step, launch?.Context ?? new LaunchedWith(null, null, null), stop);
        if (consent.Genuine(http, request, caller, client) is not { } context) return Refuse(Errors.AccessDenied, "This consent was not given on our page, or it took longer than a quarter of an hour.");
        if (form["decision"] == "deny") return await Denied(step, stop);
        if (form["decision"] == "approve") return await Approved(step, context, form, stop);
        return await Chosen(step, context, form, stop);
    }

    /// <summary>The frame on our own page: a cookie that cross-site frames keep from us does not say who it is, the launch does.</summary>
    public async Task<Caller?> Framed(HttpContext http, OpenIddictRequest request, CancellationToken stop) =>
        (string?)request["launch"] is { } handle && await clients.Find(request.ClientId!, stop) is { Trusted: true } client
            ? await presence.Framed(http, handle, client, stop) : null;

    /// <summary>The next thing that must be asked; the code when nothing must.</summary>
    private async Task<IResult> Next(Step s, LaunchedWith context, CancellationToken stop)
    {
        var scopes = Remaining(s, context);
        var (wantsPatient, wantsEncounter) = (s.Asked.Contains(ScopeRules.LaunchPatient), s.Asked.Contains(ScopeRules.LaunchEncounter));
        var picks = s.Launch is null && (wantsPatient || wantsEncounter) && context.Patient is null;
        var quiet = s.Request.HasPromptValue(PromptValues.None);
        if (picks) return quiet ? Refuse(Errors.InteractionRequired, "A patient must be chosen.") : await Pick(s, context, null, stop);
        if (s.Launch is null && wantsEncounter && context is { Encounter: null, Patient: { } patient } && s.Http.Request.Method == HttpMethods.Post && !s.Http.Request.Form.ContainsKey("encounter"))
        {
            return await PickEncounter(s, context, patient, stop);
        }
        if (!scopes.Any(Grants)) return Refuse(Errors.InvalidScope, "None of these scopes can be granted: they are not registered for this app, not understood, or of a patient that no launch named.");
        // The hospital trusts the app, and its user pressed for it on our page a moment ago: that press is the consent.
        if (s.Client.Trusted && s.Launch?.Person is not null) return await Grant(s, context, scopes, stop);
        return quiet ? Refuse(Errors.ConsentRequired, "The user must be asked.") : await Ask(s, context, scopes, false, stop);
    }

    private async Task<IResult> Chosen(Step s, LaunchedWith context, IFormCollection form, CancellationToken stop)
    {
        if (form.TryGetValue("search", out var search) && !form.ContainsKey("patient")) return await Pick(s, context, search, stop);
        // Only what nothing has fixed yet can be chosen.
        if (context.Patient is null && s.Launch is null && form.TryGetValue("patient", out var patient)) context = context with { Patient = patient.ToString() };
        else if (context is { Encounter: null, Patient: not null } && s.Launch is null && form["encounter"].ToString() is { Length: > 0 } encounter) context = context with { Encounter = encounter };
        if (context.Patient is { } chosen && s.Launch is null
            && await db.In(s.Caller.Tenant, s.Caller.Actor, tx => LaunchChart.Check(tx, new ChartContext(chosen, context.Encounter, null)), stop) is { } wrong)
        {
            return Refuse(Errors.AccessDenied, wrong.Detail);
        }
        return await Next(s, context, stop);
    }

    private async Task<IResult> Approved(Step s, LaunchedWith context, IFormCollection form, CancellationToken stop)
    {
        var offered = Remaining(s, context);
        var ticked = offered.SelectMany((name, i) =>
        {
            if (name is ScopeRules.Launch or ScopeRules.LaunchPatient or ScopeRules.LaunchEncounter) return [name];
            var only = ScopeRules.Narrower(name).Where((_, j) => form.ContainsKey($"only-{i}-{j}")).ToList();
            return only.Count > 0 ? only : form.ContainsKey($"grant-{i}") ? [name] : (IEnumerable<string>)[];
        }).Distinct().ToList();
        return ticked.Any(Grants) ? await Grant(s, context, ticked, stop) : await Ask(s, context, offered, true, stop);
    }

    private async Task<IResult> Grant(Step s, LaunchedWith context, IReadOnlyList<string> scopes, CancellationToken stop)
    {
        var taken = await db.In(s.Caller.Tenant, s.Caller.Actor with { Client = s.Client.Id }, async tx =>
        {
            if (s.Handle is not null && !await AppLaunches.Take(tx, s.Handle, s.Client.Id)) return false;
            tx.Publish("app.allowed", $"client/{s.Client.Id}", context.Patient is { } p ? $"Patient/{p}" : null, new { scopes = string.Join(' ', scopes), context.Encounter });
            return true;
        }, stop);
        if (!taken) return Refuse(Errors.InvalidRequest, AppLaunches.Refused.Detail);
        var granted = new GrantedAccess(s.Caller, scopes, context, settings.FhirBase)
        {
            FhirUser = scopes.Contains(ScopeRules.FhirUser) && s.Caller.Person is { } person ? await practitioners.Of(s.Caller.Tenant, person, s.Caller.Actor, stop) : null,
            Session = await presence.Of(s.Http, s.Caller, s.Launch, stop),
        };
        return Results.SignIn(granted.Principal(), authenticationScheme: TokenEndpoint.Scheme);
    }

    private async Task<IResult> Denied(Step s, CancellationToken stop)
    {
        await db.In(s.Caller.Tenant, s.Caller.Actor with { Client = s.Client.Id }, async tx =>
        {
            if (s.Handle is not null) await AppLaunches.Take(tx, s.Handle, s.Client.Id);
            tx.Publish("app.denied", $"client/{s.Client.Id}");
        }, stop);
        return Refuse(Errors.AccessDenied, "The user said no.");
    }

    private async Task<IResult> Pick(Step s, LaunchedWith context, string? search, CancellationToken stop) =>
        await Show(s, new PickPatient(s.Client.Name, s.Caller.Display, consent.Fields(s.Request, s.Caller, s.Client, context), await chart.Patients(s.Caller, search, stop), search));

    private async Task<IResult> PickEncounter(Step s, LaunchedWith context, string patient, CancellationToken stop) =>
        await Show(s, new PickEncounter(s.Client.Name, s.Caller.Display, consent.Fields(s.Request, s.Caller, s.Client, context),
            (await chart.Facts(s.Caller, patient, stop))!, await chart.Encounters(s.Caller, patient, stop)));

    private async Task<IResult> Ask(Step s, LaunchedWith context, IReadOnlyList<string> scopes, bool nothing, CancellationToken stop) =>
        await Show(s, new AskConsent(s.Client.Name, s.Caller.Display, consent.Fields(s.Request, s.Caller, s.Client, context),
            context.Patient is { } p ? await chart.Facts(s.Caller, p, stop) : null, scopes, nothing) { Redirect = new Uri(s.Request.RedirectUri!) });

    private async Task<IResult> Show(Step s, AuthorizePage page)
    {
        await show(s.Http, page);
        return Results.Empty;
    }

    private static IReadOnlyList<string> Remaining(Step s, LaunchedWith context) => ScopeRules.InContext(s.Asked, s.Launch is not null, context.Patient, context.Encounter);

    /// <summary>A context alone opens nothing.</summary>
    private static bool Grants(string scope) => scope is not (ScopeRules.Launch or ScopeRules.LaunchPatient or ScopeRules.LaunchEncounter or ScopeRules.Offline or ScopeRules.Online);

    /// <summary>prompt=login and max_age (OpenID Connect Core 3.1.2.1): signing in again makes a new session, whose time is new.</summary>
    private async Task<bool> TooOld(HttpContext http, OpenIddictRequest request, Caller caller, CancellationToken stop)
    {
        if (http.Request.Method == HttpMethods.Post && http.Request.Form.ContainsKey("genuine")) return false;
        if (request.HasPromptValue(PromptValues.Login)) return true;
        if (!long.TryParse((string?)request[Parameters.MaxAge], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return false;
        return await presence.Of(http, caller, null, stop) is { } session && db.Clock.GetUtcNow() - session.Since > TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue));
    }

    private static IResult Refuse(string error, string description) => TokenEndpoint.Refuse(error, description);

    private sealed record Step(HttpContext Http, OpenIddictRequest Request, Caller Caller, Client Client, IReadOnlyList<string> Asked, AppLaunchRow? Launch, string? Handle);
}
