using System.Text.RegularExpressions;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>docs/guides/smart-conformance-app.md names a test for each row of the app's side: it is there, and says which row it proves.</summary>
public sealed class ConformanceTests
{
    private const int Rows = 33;

    [Fact]
    public void Every_row_names_tests_that_are_there_and_name_the_row()
    {
        var page = File.ReadAllLines(Path.Combine(Root(), "docs", "guides", "smart-conformance-app.md"));
        var sources = Directory.EnumerateFiles(Path.Combine(Root(), "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).Select(File.ReadAllText).ToList();
        foreach (var n in Enumerable.Range(1, Rows))
        {
            var line = Assert.Single(page, l => l.StartsWith($"| A{n} |", StringComparison.Ordinal));
            var named = Regex.Matches(line, @"`(\w+Tests)\.(\w+)`").Select(m => (Class: m.Groups[1].Value, Method: m.Groups[2].Value)).ToList();
            Assert.True(named.Count > 0, $"A{n} names no test.");
            Assert.All(named, t =>
            {
                var source = sources.Find(s => s.Contains($"class {t.Class}", StringComparison.Ordinal) && s.Contains($" {t.Method}(", StringComparison.Ordinal));
                Assert.True(source is not null, $"There is no test {t.Class}.{t.Method}.");
            });
            Assert.Contains(named, t => sources.Exists(s => s.Contains($"class {t.Class}", StringComparison.Ordinal) && s.Contains($"\"SMART-A{n}\"", StringComparison.Ordinal)));
        }
    }

    private static string Root()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "HealthTeams.Fhir.sln"))) at = Path.GetDirectoryName(at)!;
        return at;
    }
}
