using System.Text;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>Whose data a resource is, for audit: the resource itself, or the first Patient it refers to. A scan of bytes, no parsing.</summary>
internal static class PatientOf
{
    private static readonly byte[] Mark = "\"reference\":\"Patient/"u8.ToArray();

    public static string? Resource(string type, string id, ReadOnlySpan<byte> body)
    {
        if (type == "Patient") return $"Patient/{id}";
        var at = body.IndexOf(Mark);
        if (at < 0) return null;
        var rest = body[(at + Mark.Length)..];
        var end = rest.IndexOfAny((byte)'"', (byte)'/');
        return end is > 0 and <= 64 ? $"Patient/{Encoding.UTF8.GetString(rest[..end])}" : null;
    }
}
