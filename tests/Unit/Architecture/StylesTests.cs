using System.Text.RegularExpressions;
using Xunit;

namespace HealthTeams.Tests.Architecture;

/// <summary>All capabilities share one stylesheet: what two of them call by one bare class is broken in one of the two.</summary>
public sealed partial class StylesTests
{
    private static readonly string Web = Path.Combine(Root(), "src", "Web");

    [Fact]
    public void No_two_capabilities_style_the_same_bare_class()
    {
        var owners = new Dictionary<string, HashSet<string>>();
        foreach (var file in Sheets())
        {
            var text = Print().Replace(Comment().Replace(File.ReadAllText(file), ""), "");
            foreach (var selector in Selectors().Matches(text).SelectMany(m => m.Groups[1].Value.Split(',')).Select(s => s.Trim()).Where(s => Bare().IsMatch(s)))
                (owners.TryGetValue(selector, out var known) ? known : owners[selector] = []).Add(Path.GetRelativePath(Web, file).Split(Path.DirectorySeparatorChar)[0]);
        }
        Assert.Empty(owners.Where(o => o.Value.Count > 1).Select(o => $"{o.Key}: {string.Join(", ", o.Value)}"));
    }

    /// <summary>A rule that lost its media query applies everywhere; indentation is how one sees it.</summary>
    [Fact]
    public void Rules_in_a_media_query_are_indented()
    {
        foreach (var file in Sheets())
        {
            var depth = 0;
            foreach (var line in Comment().Replace(File.ReadAllText(file), "").Split('\n'))
            {
                Assert.False(depth > 0 && line.Length > 0 && line[0] is not (' ' or '}' or '\r'), $"{Path.GetRelativePath(Web, file)}: {line}");
                depth += line.Count(c => c == '{') - line.Count(c => c == '}');
            }
        }
    }

    private static IEnumerable<string> Sheets() => Directory.EnumerateDirectories(Web)
        .Where(folder => Path.GetFileName(folder) is not ("node_modules" or "wwwroot" or "bin" or "obj"))
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.css", SearchOption.AllDirectories));

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "HealthTeams.Fhir.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"@media print\s*\{(?:[^{}]|\{[^{}]*\})*\}")]
    private static partial Regex Print();

    [GeneratedRegex(@"([^{}]+)\{")]
    private static partial Regex Selectors();

    [GeneratedRegex(@"^\.[\w-]+$")]
    private static partial Regex Bare();
}
