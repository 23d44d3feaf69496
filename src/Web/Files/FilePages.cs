using System.Globalization;
using System.Text;
using HealthTeams.Collaboration.Files;
using HealthTeams.Web.Activity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Files;

internal static class FilePages
{
    public static void AddFilePages(this IServiceCollection services)
    {
        services.AddSingleton(new NoticeSentence("file.infected", "warning", (w, n) => w["A virus was found in {0}: the file is kept apart", n.Of("file")]));
        services.AddSingleton(new NoticeSentence("file.lock-broken", "file", (w, n) => w["{0} has checked {1} in for you", n.Of("by"), n.Of("file")]));
    }

    /// <summary>"3.4 MB".</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1024 => $"{bytes} B",
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0} kB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / 1024.0:0.0} MB"),
    };
}

/// <summary>
/// https://tus.io/protocols/resumable-upload (1.0.0; core, creation, termination). The header Tus-Resumable is asked of every
/// request: no other site's form can send it, and a script of another origin is not let.
/// </summary>
internal static class TusUploads
{
    private const string Version = "1.0.0";

    public static void Map(IEndpointRouteBuilder app)
    {
        var tus = app.MapGroup("/files/uploads").RequireAuthorization("staff").ExcludeFromDescription();
        tus.MapMethods("", ["OPTIONS"], (HttpContext http, FileStore store) => Describe(http, store));
        tus.MapPost("", Create);
        tus.MapMethods("/{id:guid}", ["HEAD"], Where);
        tus.MapMethods("/{id:guid}", ["PATCH"], More);
        tus.MapDelete("/{id:guid}", Drop);
    }

    private static IResult Describe(HttpContext http, FileStore store)
    {
        Say(http);
        http.Response.Headers["Tus-Version"] = Version;
        http.Response.Headers["Tus-Extension"] = "creation,termination";
        http.Response.Headers["Tus-Max-Size"] = store.Settings.Limit.ToString(CultureInfo.InvariantCulture);
        return Results.NoContent();
    }

    private static async Task<IResult> Create(HttpContext http, Caller caller, FileUploads uploads, CancellationToken stop)
    {
        if (Refused(http) is { } refused) return refused;
        if (!long.TryParse(http.Request.Headers["Upload-Length"], NumberStyles.None, CultureInfo.InvariantCulture, out var length)) return Problem.Invalid("Upload-Length says how many bytes come.", "Upload-Length").ToResult();
        if (Meta(http.Request.Headers["Upload-Metadata"].ToString()) is not { } meta || !Guid.TryParse(meta.GetValueOrDefault("team"), out var team)) return Problem.Invalid("Upload-Metadata holds filename and team, each in base64.", "Upload-Metadata").ToResult();
        var begun = await uploads.Begin(caller, new UploadSaid(team, Id("channel"), meta.GetValueOrDefault("filename", ""), length, Id("file"), Id("patient")), stop);
        if (!begun.Ok) return begun.Problem.ToResult();
        return Results.Created($"/files/uploads/{begun.Value}", null);

        Guid? Id(string name) => Guid.TryParse(meta.GetValueOrDefault(name), out var id) ? id : null;
    }

    private static async Task<IResult> Where(Guid id, HttpContext http, Caller caller, FileUploads uploads, CancellationToken stop)
    {
        if (Refused(http) is { } refused) return refused;
        http.Response.Headers.CacheControl = "no-store";
        return Told(http, await uploads.State(caller, id, stop), StatusCodes.Status200OK);
    }

    private static async Task<IResult> More(Guid id, HttpContext http, Caller caller, FileUploads uploads, CancellationToken stop)
    {
        if (Refused(http) is { } refused) return refused;
        if (http.Request.ContentType != "application/offset+octet-stream") return Results.StatusCode(StatusCodes.Status415UnsupportedMediaType);
        if (http.Request.ContentLength > FileRules.PartLimit) return new Problem(413, "part-size", "A part has at most 8 MB.").ToResult();
        if (!long.TryParse(http.Request.Headers["Upload-Offset"], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)) return Problem.Invalid("Upload-Offset says where the part goes.", "Upload-Offset").ToResult();
        return Told(http, await uploads.Continue(caller, id, offset, http.Request.Body, stop), StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> Drop(Guid id, HttpContext http, Caller caller, FileUploads uploads, CancellationToken stop)
    {
        if (Refused(http) is { } refused) return refused;
        await uploads.Drop(caller, id, stop);
        return Results.NoContent();
    }

    private static IResult Told(HttpContext http, Outcome<UploadState> state, int status)
    {
        if (!state.Ok) return state.Problem.ToResult();
        http.Response.Headers["Upload-Offset"] = state.Value.Offset.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers["Upload-Length"] = state.Value.Bytes.ToString(CultureInfo.InvariantCulture);
        if (state.Value.File is { } file) http.Response.Headers["Upload-File"] = file.ToString();
        return Results.StatusCode(status);
    }

    private static IResult? Refused(HttpContext http)
    {
        Say(http);
        return http.Request.Headers["Tus-Resumable"] == Version ? null : Results.StatusCode(StatusCodes.Status412PreconditionFailed);
    }

    private static void Say(HttpContext http) => http.Response.Headers["Tus-Resumable"] = Version;

    /// <summary>"filename d29ybGQ=,team ...". Null when a value is not base64.</summary>
    private static Dictionary<string, string>? Meta(string header)
    {
        var meta = new Dictionary<string, string>();
        foreach (var pair in header.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var parts = pair.Split(' ', 2);
            var bytes = new byte[pair.Length];
            if (parts.Length < 2) meta[parts[0]] = "";
            else if (Convert.TryFromBase64String(parts[1], bytes, out var length)) meta[parts[0]] = Encoding.UTF8.GetString(bytes, 0, length);
            else return null;
        }
        return meta;
    }
}
