using System.Text.Json;
using System.Text.Unicode;

namespace HealthTeams.Platform;

/// <summary>Whether JSON from outside holds only text that can be read and stored: asked once, before anything reads a string of it.</summary>
public static class JsonText
{
    /// <summary>JSON can escape what Unicode and PostgreSQL do not hold: lone surrogates and U+0000. A reader meets them as exceptions.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static bool Readable(ReadOnlySpan<byte> json, int maxDepth = 64)
    {
        if (!Utf8.IsValid(json)) return false;
        if (json.IndexOf("\\u"u8) < 0) return true;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped) continue;
            try
            {
                if (reader.GetString()!.Contains('\0', StringComparison.Ordinal)) return false;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }
        return true;
    }
}
