using System.Text.Json;
using System.Text.Unicode;

namespace HealthTeams.FhirGateway.Json;

/// <summary>JSON from outside, checked once so that nothing behind it meets text it cannot read or store.</summary>
internal static class JsonBody
{
    public const int MaxDepth = 64;

    public static Outcome<JsonElement> Parse(ReadOnlyMemory<byte> json)
    {
        if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
        if (!Utf8.IsValid(json.Span)) return Problem.Invalid("The body is not UTF-8.", code: "structure");
        try
        {
            // Before names are compared: half a character in one is an exception there.
            if (!JsonText.Readable(json.Span, MaxDepth)) return Problem.Invalid("A string holds half a character or U+0000.", code: "structure");
            // Two properties of one name would be read differently by different readers.
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false }).RootElement;
        }
        catch (JsonException e)
        {
            return Problem.Invalid(e.LineNumber is { } line
                ? $"The body is not JSON that can be read (at most {MaxDepth} deep, no property twice): line {line + 1}, position {e.BytePositionInLine + 1}."
                : $"The body is not JSON that can be read (at most {MaxDepth} deep, no property twice).", code: "structure");
        }
    }
}
