using System.Text.Json;
using HealthTeams.FhirGateway.Ehr;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>
/// What an EHR adds to its launch outside of SMART: Epic's sessionId (the appointment's number) and departmentId. Anybody can
/// write them into the address, so they only choose among the visits that the launch's own token showed. A hint that fits
/// none of them changes nothing, and none reaches another visit.
/// </summary>
public sealed record LaunchHints(string? Session, string? Department)
{
    internal const int Longest = 64;
    public static readonly LaunchHints None = new(null, null);

    /// <summary>Longer or stranger values are dropped, as is a name that stands there twice. A role is not taken: fhirUser says who came.</summary>
    public static LaunchHints Of(IQueryCollection query) => new(One(query, "sessionId"), One(query, "departmentId"));

    /// <summary>A Task's appContext comes in the token answer, from the EHR itself (SMART-A33): {"visit": the appointment's number}.</summary>
    public LaunchHints And(string? appContext)
    {
        if (appContext is null || !appContext.StartsWith('{')) return this;
        try
        {
            if (!JsonText.Readable(System.Text.Encoding.UTF8.GetBytes(appContext))) return this;
            using var said = JsonDocument.Parse(appContext);
            return said.RootElement.TryGetProperty("visit", out var visit) && visit.ValueKind == JsonValueKind.String && Plain(visit.GetString()) is { } value
                ? this with { Session = value } : this;
        }
        catch (JsonException)
        {
            return this;
        }
    }

    public IReadOnlyList<LaunchCandidate> Narrow(IReadOnlyList<LaunchCandidate> candidates)
    {
        var left = candidates;
        if (Session is { } session) left = Those(left, c => c.Booking.Identifiers.Any(i => i.Value == session) || c.Booking.Keys.Any(k => k.Id == session));
        if (Department is { } department) left = Those(left, c => c.Places.Contains(department));
        return left;
    }

    private static IReadOnlyList<LaunchCandidate> Those(IReadOnlyList<LaunchCandidate> all, Func<LaunchCandidate, bool> fits) =>
        all.Where(fits).ToList() is { Count: > 0 } some ? some : all;

    private static string? One(IQueryCollection query, string name) => query[name] is [var one] ? Plain(one) : null;

    private static string? Plain(string? text) => text is { Length: > 0 and <= Longest } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or ':') ? text : null;
}
