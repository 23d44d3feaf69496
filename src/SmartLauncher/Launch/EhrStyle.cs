using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>
/// An EHR's look (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#styling) as CSS variables of ours: pure
/// (SMART-A32). Only the eleven known keys, each value read into a number or a colour and written anew, so that nothing of
/// the EHR's text reaches the style sheet but names of fonts. Colours that would be illegible are left out.
/// </summary>
public static partial class EhrStyle
{
    /// <summary>WCAG 2.2 AA for text.</summary>
    public const double Legible = 4.5;

    /// <summary>What the style sheet has of its own, in the light and in the dark (tokens.css); what the EHR leaves out must be legible, too.</summary>
    private sealed record Base(string Scheme, Rgb Canvas, Rgb Surface, Rgb Ink, Rgb Accent, Rgb Red, Rgb Green, IReadOnlyList<Rgb> Others);

    private static readonly Base Light = new("light", Hex("#f4f6f7"), Hex("#ffffff"), Hex("#152025"), Hex("#0a6b73"), Hex("#ab1f19"), Hex("#17633a"), [Hex("#7f4c00"), Hex("#1a5699"), Hex("#515e65")]);
    private static readonly Base Dark = new("dark", Hex("#0f1619"), Hex("#172024"), Hex("#e9eff1"), Hex("#5cc6ce"), Hex("#ff9d94"), Hex("#82d69e"), [Hex("#f3bf69"), Hex("#93c4f8"), Hex("#adbac0")]);

    /// <returns>A style sheet, or null when nothing of the style can be used.</returns>
    public static string? Css(JsonElement style)
    {
        if (style.ValueKind != JsonValueKind.Object) return null;
        var css = new StringBuilder();
        if (Shapes(style) is { Length: > 0 } shapes) css.Append(CultureInfo.InvariantCulture, $":root{{{shapes}}}\n");
        foreach (var own in new[] { Light, Dark })
        {
            if (Colours(style, own) is { Length: > 0 } colours) css.Append(CultureInfo.InvariantCulture, $"@media (prefers-color-scheme:{own.Scheme}) and (not (prefers-contrast:more)){{:root{{{colours}}}}}\n");
        }
        return css.Length == 0 ? null : css.ToString();
    }

    /// <summary>For the scheme that the reader's device asks for; a light style never forces its light on somebody who works in the dark.</summary>
    private static string Colours(JsonElement style, Base own)
    {
        var css = new StringBuilder();
        void Set(string name, Rgb colour) => css.Append(CultureInfo.InvariantCulture, $"--{name}:{colour};");
        var (canvas, surface, ink) = (own.Canvas, own.Surface, own.Ink);
        if (Colour(style, "color_background") is { } background && Colour(style, "color_text") is { } text
            && background.IsLight == own.Canvas.IsLight && Fits(text, background) && own.Others.All(o => Fits(o, background)))
        {
            (canvas, surface, ink) = (background, background, text);
            Set("canvas", background);
            Set("surface", background);
            Set("sunken", background.Towards(text, 0.05));
            Set("line", background.Towards(text, 0.2));
            Set("control", background.Towards(text, 0.6));
            Set("ink", text);
            Set("ink-2", Enumerable.Range(0, 5).Select(n => text.Towards(background, 0.28 - 0.07 * n)).First(c => Fits(c, background)));
        }
        Act("accent", Colour(style, "color_highlight"), own.Accent);
        Act("red", Colour(style, "color_error"), own.Red);
        Act("green", Colour(style, "color_success"), own.Green);
        if (Colour(style, "color_modal_backdrop", alpha: true) is { } backdrop) Set("backdrop", backdrop with { Alpha = Math.Clamp(backdrop.Alpha, 0.3, 0.8) });
        return css.ToString();

        // A colour of text and of buttons: legible on page and card, and beneath the words on the button.
        void Act(string name, Rgb? said, Rgb otherwise)
        {
            var colour = said is { } s && Fits(s, canvas) && Fits(s, surface) ? s : otherwise;
            if (colour == otherwise && canvas == own.Canvas) return;
            if (!Fits(colour, canvas)) colour = ink;
            var soft = new[] { 0.12, 0.08, 0.04, 0.0 }.Select(share => surface.Towards(colour, share)).First(c => c == surface || (Fits(colour, c) && Fits(ink, c)));
            Set(name, colour);
            Set(name + "-soft", soft);
            if (name != "accent") return;
            Set("accent-press", colour.Towards(ink, 0.25));
            Set("on-accent", Rgb.White.Contrast(colour) >= Legible ? Rgb.White : Rgb.Black);
        }
    }

    private static bool Fits(Rgb text, Rgb ground) => text.Contrast(ground) >= Legible;

    /// <summary>Sizes within what stays usable: text is never smaller than ours, space never so tight that targets touch.</summary>
    private static string Shapes(JsonElement style)
    {
        var css = new StringBuilder();
        if (Pixels(style, "dim_border_radius") is { } round) css.Append(CultureInfo.InvariantCulture, $"--round:{Math.Clamp(round, 0, 24):0.##}px;");
        // In shares of the reader's own size, which their browser's setting keeps deciding.
        if (Pixels(style, "dim_font_size") is { } size && size > 14) css.Append(CultureInfo.InvariantCulture, $"font-size:{Math.Min(size, 20) / 14 * 100:0.#}%;");
        if (Pixels(style, "dim_spacing_size") is { } space)
        {
            foreach (var (name, share) in new[] { ("1", 0.25), ("2", 0.5), ("3", 0.75), ("4", 1.0), ("6", 1.5), ("8", 2.0) })
                css.Append(CultureInfo.InvariantCulture, $"--gap-{name}:{Math.Clamp(space, 12, 24) / 16 * share:0.###}rem;");
        }
        if (Fonts(style, "font_family_body") is { } body) css.Append(CultureInfo.InvariantCulture, $"--font-body:{body};");
        if (Fonts(style, "font_family_heading") is { } heading) css.Append(CultureInfo.InvariantCulture, $"--font-heading:{heading};");
        return css.ToString();
    }

    private static string? Text(JsonElement style, string key) =>
        style.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= 200 } text ? text.Trim() : null;

    private static double? Pixels(JsonElement style, string key)
    {
        if (Text(style, key) is not { } text || Length().Match(text) is not { Success: true } match) return null;
        var number = double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        return match.Groups[2].Value switch { "rem" or "em" => number * 16, "pt" => number * 4 / 3, _ => number };
    }

    private static string? Fonts(JsonElement style, string key)
    {
        if (Text(style, key) is not { } text) return null;
        var names = text.Split(',').Select(n => n.Trim().Trim('"', '\'')).ToList();
        if (names.Count > 8 || !names.All(n => FontName().IsMatch(n))) return null;
        return string.Join(',', names.Select(n => Generic.Contains(n) ? n : $"\"{n}\"").Append("sans-serif").Distinct());
    }

    private static readonly HashSet<string> Generic = ["serif", "sans-serif", "monospace", "system-ui", "ui-sans-serif", "ui-serif"];

    private static Rgb? Colour(JsonElement style, string key, bool alpha = false) => Text(style, key) is { } text ? Rgb.Read(text, alpha) : null;

    private static Rgb Hex(string text) => Rgb.Read(text, alpha: false)!.Value;

    [GeneratedRegex(@"^(\d{1,3}(?:\.\d{1,3})?)(px|rem|em|pt)?\z")]
    private static partial Regex Length();

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9 _-]{0,39}\z")]
    private static partial Regex FontName();
}
