using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>How a hook knows that it is us who ask: an HMAC over time and body, or a body that only the secret opens.</summary>
internal static class HookSeal
{
    public static void Close(HttpRequestMessage request, WorkforceHook hook, byte[] body, DateTimeOffset now)
    {
        var at = now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (hook.Protocol == "aes")
        {
            request.Content = new ByteArrayContent(Encrypt(hook.Secret, body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }
        else
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        }
        var mac = HMACSHA256.HashData(hook.Secret, (byte[])[.. Encoding.ASCII.GetBytes(at + "."), .. body]);
        request.Headers.Add("X-HealthTeams-Signature", $"t={at},v1={Convert.ToHexStringLower(mac)}");
    }

    /// <summary>nonce (12) | ciphertext | tag (16), keyed by SHA-256 of the secret.</summary>
    private static byte[] Encrypt(byte[] secret, byte[] body)
    {
        var sealed_ = new byte[12 + body.Length + 16];
        RandomNumberGenerator.Fill(sealed_.AsSpan(0, 12));
        using var aes = new AesGcm(SHA256.HashData(secret), 16);
        aes.Encrypt(sealed_.AsSpan(0, 12), body, sealed_.AsSpan(12, body.Length), sealed_.AsSpan(12 + body.Length, 16));
        return sealed_;
    }
}
