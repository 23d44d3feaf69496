using System.Globalization;
using System.Text.RegularExpressions;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>A colour as CSS writes it in hex or rgb(); channels of 0 to 255.</summary>
internal readonly partial record struct Rgb(double Red, double Green, double Blue, double Alpha = 1)
{
    public static readonly Rgb White = new(255, 255, 255);
    public static readonly Rgb Black = new(0, 0, 0);

    public static Rgb? Read(string text, bool alpha)
    {
        if (HexForm().Match(text) is { Success: true } hex) return FromHex(hex.Groups[1].Value, alpha);
        if (RgbForm().Match(text) is not { Success: true } rgb) return null;
        double Number(int group) => double.Parse(rgb.Groups[group].Value, CultureInfo.InvariantCulture);
        var colour = new Rgb(Number(1), Number(2), Number(3), rgb.Groups[4].Success ? Number(4) : 1);
        return colour is { Red: <= 255, Green: <= 255, Blue: <= 255, Alpha: <= 1 } && (alpha || colour.Alpha >= 1) ? colour : null;
    }

    private static Rgb? FromHex(string digits, bool alpha)
    {
        if (digits.Length is 3 or 4) digits = string.Concat(digits.Select(d => new string(d, 2)));
        double Channel(int at) => int.Parse(digits.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (digits.Length == 8 && !alpha && Channel(6) < 255) return null;
        return new Rgb(Channel(0), Channel(2), Channel(4), digits.Length == 8 ? Channel(6) / 255 : 1);
    }

    /// <summary>WCAG 2.2 relative luminance.</summary>
    private double Luminance
    {
        get
        {
            static double Linear(double channel) => channel / 255 is var c && c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4);
            return 0.2126 * Linear(Red) + 0.7152 * Linear(Green) + 0.0722 * Linear(Blue);
        }
    }

    public bool IsLight => Contrast(Black) > Contrast(White);

    public double Contrast(Rgb other)
    {
        var (one, two) = (Luminance + 0.05, other.Luminance + 0.05);
        return Math.Max(one, two) / Math.Min(one, two);
    }

    public Rgb Towards(Rgb other, double share) => new(
        Math.Round(Red + (other.Red - Red) * share), Math.Round(Green + (other.Green - Green) * share), Math.Round(Blue + (other.Blue - Blue) * share));

    public override string ToString() => Alpha >= 1
        ? $"#{(int)Red:x2}{(int)Green:x2}{(int)Blue:x2}"
        : string.Create(CultureInfo.InvariantCulture, $"rgb({(int)Red} {(int)Green} {(int)Blue} / {Alpha:0.##})");

    [GeneratedRegex(@"^#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\z")]
    private static partial Regex HexForm();

    [GeneratedRegex(@"^rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,\s*(0|1|0?\.\d{1,3}|1\.0{1,3})\s*)?\)\z")]
    private static partial Regex RgbForm();
}
