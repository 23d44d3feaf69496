using System.Text.Json.Nodes;
using HealthTeams.FhirGateway.Ehr;
using Xunit;

namespace HealthTeams.Tests.FhirGateway;

/// <summary>JSON Patches as an EHR gets them: as few operations as say the change.</summary>
[Trait("Row", "EHR-07")]
public sealed class PatchDiffTests
{
    [Theory]
    [InlineData("""{"a":1}""", """{"a":1}""", "[]")]
    [InlineData("""{"status":"booked"}""", """{"status":"arrived"}""", """[{"op":"replace","path":"/status","value":"arrived"}]""")]
    [InlineData("""{"a":1,"b":2}""", """{"b":2}""", """[{"op":"remove","path":"/a"}]""")]
    [InlineData("""{"p":[{"s":"x"},{"s":"y"}]}""", """{"p":[{"s":"x"},{"s":"z"},{"s":"n"}]}""",
        """[{"op":"replace","path":"/p/1/s","value":"z"},{"op":"add","path":"/p/-","value":{"s":"n"}}]""")]
    [InlineData("""{"p":[1,2]}""", """{"p":[1]}""", """[{"op":"replace","path":"/p","value":[1]}]""")]
    [InlineData("""{"a/b":{"c~d":1}}""", """{"a/b":{"c~d":2}}""", """[{"op":"replace","path":"/a~1b/c~0d","value":2}]""")]
    [InlineData("""{}""", """{"period":{"start":"2026"}}""", """[{"op":"add","path":"/period","value":{"start":"2026"}}]""")]
    [InlineData("""{"d":1.0}""", """{"d":1.0,"s":"x"}""", """[{"op":"add","path":"/s","value":"x"}]""")]
    public void The_patch_says_what_changed_and_no_more(string before, string after, string patch) =>
        Assert.Equal(patch, PatchDiff.Of(JsonNode.Parse(before)!, JsonNode.Parse(after)!).ToJsonString());
}
