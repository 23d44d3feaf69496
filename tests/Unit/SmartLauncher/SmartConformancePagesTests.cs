using System.Text.RegularExpressions;
using Xunit;

namespace HealthTeams.Tests.SmartLauncher;

/// <summary>The two pages of SMART conformance: a line and a test for each row, and no test named that is not there.</summary>
public sealed partial class SmartConformancePagesTests
{
    private static readonly string Home = Root();
    private static readonly string Sources = string.Concat(Directory.GetFiles(Path.Combine(Home, "tests"), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).Select(File.ReadAllText));

    public static TheoryData<string, string, int> Pages => new() { { "smart-conformance-app.md", "A", 33 }, { "smart-conformance-server.md", "S", 20 } };

    [Theory, MemberData(nameof(Pages))]
    public void Every_row_has_a_line_and_a_test(string page, string letter, int rows)
    {
        var lines = Page(page).Split('\n');
        foreach (var row in Enumerable.Range(1, rows).Select(n => $"{letter}{n}"))
        {
            Assert.Single(lines, l => l.StartsWith($"| {row} |", StringComparison.Ordinal));
            Assert.True(Sources.Contains($"\"SMART-{row}\"", StringComparison.Ordinal), $"SMART-{row} has no test.");
        }
    }

    [Theory, MemberData(nameof(Pages))]
    public void Every_test_that_a_page_names_is_there(string page, string letter, int rows)
    {
        _ = (letter, rows);
        var named = Named().Matches(Page(page)).Select(m => (Class: m.Groups[1].Value, Method: m.Groups[2].Value)).Distinct().ToList();
        Assert.True(named.Count > 10, "the page names hardly any test");
        foreach (var (type, method) in named)
        {
            Assert.True(Sources.Contains($"class {type}", StringComparison.Ordinal), $"{page} names {type}, which is not there.");
            Assert.True(method.Length == 0 || Regex.IsMatch(Sources, $@"\b{method}\("), $"{page} names {type}.{method}, which is not there.");
        }
    }

    private static string Page(string name) => File.ReadAllText(Path.Combine(Home, "docs", "guides", name));

    private static string Root()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "HealthTeams.Fhir.sln"))) return at.FullName;
        }
        throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }

    [GeneratedRegex(@"\b([A-Z]\w+Tests)(?:\.(\w+))?")]
    private static partial Regex Named();
}
