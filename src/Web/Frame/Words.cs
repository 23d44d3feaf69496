using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Frame;

/// <summary>The words of a page in its reader's language. The English text is the key.</summary>
public sealed class Words(IHttpContextAccessor accessor)
{
    public const string Cookie = "ht-lang";

    private static readonly string[] Languages = ["en", "fr"];
    private static readonly Dictionary<string, string> French = Load("words.fr.json"); // of every capability's folder
    private static readonly CultureInfo English = CultureInfo.GetCultureInfo("en-GB");
    private static readonly CultureInfo Francais = CultureInfo.GetCultureInfo("fr-FR");

    public string Language { get; } = accessor.HttpContext is { } http ? Of(http.Request) : "en";

    public string this[string english, params object?[] args]
    {
        get
        {
            var said = Language == "fr" && French.TryGetValue(english, out var french) ? french : english;
            return args.Length == 0 ? said : string.Format(Culture, said, args);
        }
    }

    /// <summary>"23-Nov-2026".</summary>
    public string Date(DateOnly day) => $"{day.Day:00}-{Month(day)}-{day.Year:0000}";

    /// <summary>"Mon 23-Nov-2026".</summary>
    public string Day(DateOnly day) => $"{Culture.DateTimeFormat.GetAbbreviatedDayName(day.DayOfWeek).TrimEnd('.')} {Date(day)}";

    /// <summary>"09:05" on the hospital's clocks.</summary>
    public string Time(DateTimeOffset at, string zone) => HospitalTime.At(at, zone).ToString("HH:mm", CultureInfo.InvariantCulture);

    /// <summary>"10:00", with its date when that is another day than today.</summary>
    public string Moment(DateTimeOffset at, string zone, DateTimeOffset now)
    {
        var day = HospitalTime.Day(at, zone);
        return day == HospitalTime.Day(now, zone) ? Time(at, zone) : $"{Date(day)} {Time(at, zone)}";
    }

    /// <summary>The page one is on, in another language: what was searched, filtered and chosen stays.</summary>
    public string Here(string language) => accessor.HttpContext is { } http
        ? QueryString.Create([.. http.Request.Query.Where(q => q.Key is not ("lang" or "handler")), new("lang", language)]).Value!
        : "";

    public static string? Choice(HttpRequest request) =>
        Languages.FirstOrDefault(l => l == request.Query["lang"].ToString());

    private CultureInfo Culture => Language == "fr" ? Francais : English;

    private string Month(DateOnly day) => (Language == "fr"
        ? ["janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov", "déc"]
        : (string[])["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"])[day.Month - 1];

    private static string Of(HttpRequest request) =>
        Choice(request)
        ?? Languages.FirstOrDefault(l => l == request.Cookies[Cookie])
        ?? request.GetTypedHeaders().AcceptLanguage
            .OrderByDescending(l => l.Quality ?? 1)
            .Select(l => Languages.FirstOrDefault(known => l.Value.StartsWith(known, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(l => l is not null)
        ?? "en";

    private static Dictionary<string, string> Load(string name)
    {
        var assembly = typeof(Words).Assembly;
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.EndsWith(name, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            foreach (var (english, french) in JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!) all[english] = french;
        }
        return all;
    }
}
