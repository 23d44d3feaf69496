using System.Security.Cryptography;
using System.Text.Json;
using HealthTeams.FhirGateway.Access;
using HealthTeams.Collaboration.People;
using HealthTeams.SmartLauncher.Apps;
using HealthTeams.SmartLauncher.Clients;
using HealthTeams.SmartLauncher.Keys;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>One of the pages on the way to a code. How it looks is the pages' matter; the launcher says what is on it.</summary>
/// <param name="Fields">To be sent back with the answer, hidden and unchanged.</param>
public abstract record AuthorizePage(string App, string User, IReadOnlyList<KeyValuePair<string, string>> Fields);

/// <summary>Standalone launch: whom is it about? (launch/patient)</summary>
public sealed record PickPatient(string App, string User, IReadOnlyList<KeyValuePair<string, string>> Fields, IReadOnlyList<PatientChoice> Patients, string? Search)
    : AuthorizePage(App, User, Fields);

/// <summary>Standalone launch: which encounter? (launch/encounter)</summary>
public sealed record PickEncounter(string App, string User, IReadOnlyList<KeyValuePair<string, string>> Fields, PatientFacts Patient, IReadOnlyList<EncounterChoice> Encounters)
    : AuthorizePage(App, User, Fields);

/// <summary>May the app have this?</summary>
public sealed record AskConsent(string App, string User, IReadOnlyList<KeyValuePair<string, string>> Fields, PatientFacts? Patient, IReadOnlyList<string> Scopes, bool NothingTicked)
    : AuthorizePage(App, User, Fields)
{
    /// <summary>Where the browser goes with the answer: the origin is shown, and the only one that the page's form may lead to.</summary>
    public required Uri Redirect { get; init; }
}

/// <summary>The request cannot be answered to the app: client or redirect address are not to be trusted.</summary>
public sealed record AuthorizeRefused(string Error, string? Description) : AuthorizePage("", "", []);

/// <summary>Web's end: shows the page.</summary>
public delegate Task ShowAuthorizePage(HttpContext http, AuthorizePage page);

/// <summary>
/// What an answer to one of those pages is checked by: made for this user, this client and this very request, by us, within
/// a quarter of an hour. What was chosen before (the patient) travels in it and cannot be exchanged.
/// </summary>
internal sealed class Consent(KeyRing keys)
{
    private static readonly TimeSpan Answerable = TimeSpan.FromMinutes(15);
    private static readonly string[] Sent =
    [
        Parameters.ResponseType, Parameters.ClientId, Parameters.RedirectUri, Parameters.Scope, Parameters.State, "aud", Parameters.Resource, "launch",
        Parameters.CodeChallenge, Parameters.CodeChallengeMethod, Parameters.Nonce, Parameters.ResponseMode, Parameters.MaxAge, Parameters.UiLocales,
    ];

    private readonly ITimeLimitedDataProtector protector = keys.Protection.CreateProtector("consent").ToTimeLimitedDataProtector();

    /// <summary>The request again, without what the pages themselves sent.</summary>
    public static List<KeyValuePair<string, string>> Request(OpenIddictRequest request) =>
        [.. Sent.Select(name => KeyValuePair.Create(name, (string?)request[name])).Where(p => p.Value is not null).Select(p => KeyValuePair.Create(p.Key, p.Value!))];

    public IReadOnlyList<KeyValuePair<string, string>> Fields(OpenIddictRequest request, Caller caller, Client client, LaunchedWith context) =>
    [
        .. Request(request),
        KeyValuePair.Create("genuine", protector.Protect(JsonSerializer.Serialize(new Said(Bound(request, caller, client), context)), Answerable)),
    ];

    /// <summary>What was chosen so far; null when this answer does not come from our page.</summary>
    public LaunchedWith? Genuine(HttpContext http, OpenIddictRequest request, Caller caller, Client client)
    {
        try
        {
            var said = JsonSerializer.Deserialize<Said>(protector.Unprotect(http.Request.Form["genuine"].ToString()))!;
            return said.Bound == Bound(request, caller, client) ? said.Context : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static string Bound(OpenIddictRequest request, Caller caller, Client client) =>
        Convert.ToHexString(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes((string[])[$"{caller.Tenant}", caller.Id, client.Id, .. Request(request).Select(p => $"{p.Key}={p.Value}")])));

    private sealed record Said(string Bound, LaunchedWith Context);
}
