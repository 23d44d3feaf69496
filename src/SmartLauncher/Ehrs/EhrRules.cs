namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>A registration that can be kept: everything in its final form.</summary>
internal sealed record EhrChecked(Uri Iss, Uri? Issuer, string[] FrameOrigins);

/// <summary>What a registration must be before anything is stored: pure.</summary>
public static class EhrRules
{
    public static readonly IReadOnlyList<string> AuthMethods = ["public", "secret", "private_key_jwt"];
    public static readonly IReadOnlyList<string> Environments = [Ehr.Production, Ehr.Testing];
    public static readonly IReadOnlyList<string> Adapters = ["fhir", "oracle", "epic", "none"];
    public static readonly IReadOnlyList<string> JoinLinks = ["none", "extension", "oracle"];
    private const int MostOrigins = 20, LongestText = 500, LongestSecret = 2000;

    /// <param name="hasSecret">One is registered already, and may stay.</param>
    internal static Outcome<EhrChecked> Check(EhrToAdd said, bool demo, bool hasSecret)
    {
        var iss = IssMatch.Normalise(said.Iss);
        if (!iss.Ok) return iss.Problem;
        var uri = new Uri(iss.Value);
        if (uri.Scheme != "https" && !uri.IsLoopback && !demo) return Problem.Invalid("An EHR is reached over https.", "iss");
        if (said.Test && !demo) return Problem.Invalid("--test is for demo data only.", "test");
        if (!AuthMethods.Contains(said.Auth)) return Problem.Invalid("auth is public, secret or private_key_jwt.", "auth");
        if (Text(said.ClientId, "client-id") is { } noId) return noId;
        if (said.BackendClientId is { } backend && Text(backend, "backend-client-id") is { } noBackend) return noBackend;
        if (said.Auth == "secret" && string.IsNullOrEmpty(said.Secret) && !(said.KeepSecret && hasSecret)) return Problem.Invalid("auth secret needs --secret.", "secret");
        if (said.Secret?.Length > LongestSecret) return Problem.Invalid($"A secret has at most {LongestSecret} characters.", "secret");
        if (said.Environment is { } environment && !Environments.Contains(environment)) return Problem.Invalid("environment is test or production.", "environment");
        if (!Adapters.Contains(said.Adapter)) return Problem.Invalid("write-back is fhir, oracle, epic or none.", "write-back");
        if (!JoinLinks.Contains(said.JoinLink)) return Problem.Invalid("join-link is none, extension or oracle.", "join-link");
        if (said.Adapter == "none" && said.JoinLink != "none") return Problem.Invalid("A join link needs an EHR that is written to: choose a write-back, or join-link none.", "join-link");
        if (said.Adapter != "oracle" && said.JoinLink == "oracle") return Problem.Invalid("Oracle Health's links go with its own way of writing back: write-back oracle.", "join-link");
        if (said.Adapter == "oracle" && said.JoinLink == "extension") return Problem.Invalid("Oracle Health takes links in its own form only: join-link oracle, or none.", "join-link");
        Uri? issuer = null;
        if (said.Issuer is not null && !(said.Issuer.Length <= LongestText && Uri.TryCreate(said.Issuer, UriKind.Absolute, out issuer) && issuer.Scheme is "https" or "http"))
        {
            return Problem.Invalid("issuer is an address.", "issuer");
        }
        if (said.FrameOrigins.Count > MostOrigins) return Problem.Invalid($"At most {MostOrigins} origins may frame us.", "frame-origin");
        var origins = new List<string>();
        foreach (var said1 in said.FrameOrigins)
        {
            if (FrameOrigin(said1) is not { } origin) return Problem.Invalid($"{said1} is not an origin (scheme, host and port).", "frame-origin");
            origins.Add(origin);
        }
        return new EhrChecked(uri, issuer, [.. origins.Distinct()]);
    }

    private static Problem? Text(string value, string where) =>
        value.Length is > 0 and <= LongestText && value.All(c => c is >= ' ' and <= '~') ? null
            : Problem.Invalid($"{where} is 1 to {LongestText} plain characters, as the EHR gave it.", where);

    private static string? FrameOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.PathAndQuery == "/"
            && !text.AsSpan().ContainsAny("*;,' ") ? uri.GetLeftPart(UriPartial.Authority) : null;
}
