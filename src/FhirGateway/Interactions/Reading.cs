using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Audit;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>http://hl7.org/fhir/R4/http.html#read and #vread: stored bytes, unparsed.</summary>
internal sealed class Reading(Db db, AccessLog audit)
{
    public async Task<FhirAnswer> Read(Caller caller, FhirRequest request, string type, string id, int? version, CancellationToken stop)
    {
        var limit = FhirAccess.Reach(caller, type, 'r');
        if (!limit.Ok) return FhirAnswer.Of(limit.Problem);
        var subset = Subset.Of(request.Query);
        if (!subset.Ok) return FhirAnswer.Of(subset.Problem);
        if (!FhirId.Valid(id)) return FhirAnswer.Of(Problem.NotFound($"{type}/{id} does not exist."));
        var row = await Find(caller.Tenant, request.Within, type, id, version, stop);
        var answer = Answer(request, type, id, row, limit.Value, subset.Value);
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, version is null ? "read" : "vread", $"{type}/{id}",
            row?.Body is { } body ? PatientOf.Resource(type, id, body) : null, (short)answer.Status), stop);
        return answer;
    }

    private async Task<Stored?> Find(int tenant, Tx? within, string type, string id, int? version, CancellationToken stop)
    {
        await using var link = await ReadLink.Open(db, tenant, within, stop);
        return version is { } v ? await ResourceReads.Version(link, tenant, type, id, v, stop) : await ResourceReads.Current(link, tenant, type, id, stop);
    }

    private static FhirAnswer Answer(FhirRequest request, string type, string id, Stored? row, Limit limit, Subset subset)
    {
        if (row is null) return FhirAnswer.Of(Problem.NotFound($"{type}/{id} does not exist."));
        // Whose it was cannot be told of a deleted one: who is limited learns nothing of it.
        if (row.Body is null && limit.Grants is not null) return FhirAnswer.Of(Problem.NotFound($"{type}/{id} does not exist."));
        if (row.Body is null) return FhirAnswer.Of(Problem.Gone($"{type}/{id} has been deleted.")) with { Version = row.Version };
        // Another patient's resource does not exist for a patient/ scope.
        if (!FhirAccess.Belongs(limit, type, id, row.Body)) return FhirAnswer.Of(Problem.NotFound($"{type}/{id} does not exist."));
        var fresh = request.IfNoneMatch is { } known ? ETags.Names(known, row.Version)
            : request.IfModifiedSince is { } since && row.Updated < since.AddSeconds(1);
        return new FhirAnswer(fresh ? 304 : 200, fresh ? null : subset.Of(row.Body)) { Type = type, Version = row.Version, LastModified = row.Updated };
    }
}

/// <summary>http://hl7.org/fhir/R4/datatypes.html#id</summary>
internal static class FhirId
{
    public static bool Valid(string id) => id.Length is > 0 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');
}

internal static class ETags
{
    public static string Of(int version) => $"W/\"{version}\"";

    /// <summary>If-None-Match: one ETag, a list of them, or any; weak or not (RFC 9110, 13.1.2).</summary>
    public static bool Names(string header, int version) =>
        header.Split(',', StringSplitOptions.TrimEntries).Any(tag => tag == "*" || tag == Of(version) || tag == $"\"{version}\"");

    /// <summary>W/"3" → 3; anything else is none.</summary>
    public static int? Parse(string text)
    {
        text = text.Trim();
        return text.Length > 4 && text.StartsWith("W/\"", StringComparison.Ordinal) && text.EndsWith('"') && Search.SearchValue.Count(text[3..^1]) is { } v ? v : null;
    }
}
