using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>docs/guides/fhir-conformance.md says which test proves what: no case without a test, no test that is not there.</summary>
public sealed partial class ConformancePageTests
{
    private const int Cases = 108;

    private static readonly string Page = File.ReadAllText(Path.Combine(Root(), "docs", "guides", "fhir-conformance.md"));

    /// <summary>"Class.Method" of every test of this assembly, with the rows it proves, its class's included.</summary>
    private static readonly Dictionary<string, string[]> Tests = typeof(ConformancePageTests).Assembly.GetTypes().Where(t => !t.IsAbstract)
        .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance).Where(m => m.GetCustomAttributes<FactAttribute>().Any()).Select(m => (Type: t, Method: m)))
        .ToDictionary(x => $"{x.Type.Name}.{x.Method.Name}", x => Rows(x.Method).Concat(Rows(x.Type)).Distinct().ToArray());

    private static IEnumerable<string> Rows(MemberInfo member) => member.CustomAttributes.Where(a => a.AttributeType == typeof(TraitAttribute) && (string)a.ConstructorArguments[0].Value! == "Row")
        .Select(a => (string)a.ConstructorArguments[1].Value!);

    private static string Root()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "HealthTeams.Fhir.sln"))) return at.FullName;
        }
        throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }

    [GeneratedRegex(@"`(\w+Tests\.\w+)`")]
    private static partial Regex Named { get; }

    private static IEnumerable<string> On(string line) => Named.Matches(line).Select(m => m.Groups[1].Value);

    [Fact]
    public void Every_case_has_a_test_and_the_page_names_each()
    {
        var lines = Page.Split('\n');
        foreach (var n in Enumerable.Range(1, Cases))
        {
            var proving = Tests.Where(t => t.Value.Contains($"FHIR-{n}")).Select(t => t.Key).Order(StringComparer.Ordinal).ToArray();
            Assert.True(proving.Length > 0, $"FHIR-{n} has no test.");
            var line = Assert.Single(lines, l => l.StartsWith($"| {n} |", StringComparison.Ordinal));
            Assert.Equal(proving, On(line));
        }
        Assert.All(Tests.SelectMany(t => t.Value).Where(r => r.StartsWith("FHIR-", StringComparison.Ordinal)), row => Assert.InRange(int.Parse(row[5..]), 1, Cases));
    }

    [Fact]
    public void Every_test_that_the_page_names_is_there()
    {
        var named = On(Page).Distinct().ToList();
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.True(Tests.ContainsKey(name), $"There is no test {name}."));
    }

    [Fact]
    public void No_test_of_a_case_is_skipped() => Assert.All(
        typeof(ConformancePageTests).Assembly.GetTypes().SelectMany(t => t.GetMethods()).Where(m => Rows(m).Any(r => r.StartsWith("FHIR-", StringComparison.Ordinal))),
        m => Assert.True(m.GetCustomAttributes<FactAttribute>().Single().Skip is null, $"{m.Name} is skipped."));
}
