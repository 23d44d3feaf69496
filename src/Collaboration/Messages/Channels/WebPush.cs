using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace HealthTeams.Collaboration.Messages.Channels;

/// <summary>Encrypted for one device (RFC 8291, content coding aes128gcm of RFC 8188) and signed by the installation (RFC 8292). Pure but for the random.</summary>
public static class WebPush
{
    private const int RecordSize = 4096;

    /// <summary>header (salt 16 | record size 4 | key length 1 | our public key 65) and one record.</summary>
    /// <param name="p256dh">The device's public key, uncompressed.</param>
    public static byte[] Encrypt(ReadOnlySpan<byte> text, ReadOnlySpan<byte> p256dh, ReadOnlySpan<byte> auth)
    {
        using var ours = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = Point(ours.ExportParameters(false));
        using var theirs = ECDiffieHellman.Create(Parameters(p256dh));
        var shared = ours.DeriveRawSecretAgreement(theirs.PublicKey);
        var salt = RandomNumberGenerator.GetBytes(16);
        var (key, nonce) = Keys(shared, auth, p256dh, publicKey, salt);
        byte[] plain = [.. text, 2]; // the last record's delimiter
        var body = new byte[16 + 4 + 1 + 65 + plain.Length + 16];
        salt.CopyTo(body, 0);
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(16), RecordSize);
        body[20] = 65;
        publicKey.CopyTo(body, 21);
        using var aes = new AesGcm(key, 16);
        aes.Encrypt(nonce, plain, body.AsSpan(86, plain.Length), body.AsSpan(86 + plain.Length));
        return body;
    }

    /// <summary>RFC 8291, 3.4: both sides come to the same key and nonce.</summary>
    public static (byte[] Key, byte[] Nonce) Keys(byte[] shared, ReadOnlySpan<byte> auth, ReadOnlySpan<byte> device, ReadOnlySpan<byte> server, byte[] salt)
    {
        byte[] info = [.. "WebPush: info\0"u8, .. device, .. server];
        var ikm = HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, 32, auth.ToArray(), info);
        return (HKDF.DeriveKey(HashAlgorithmName.SHA256, ikm, 16, salt, "Content-Encoding: aes128gcm\0"u8.ToArray()),
            HKDF.DeriveKey(HashAlgorithmName.SHA256, ikm, 12, salt, "Content-Encoding: nonce\0"u8.ToArray()));
    }

    /// <summary>"vapid t=…, k=…" for the origin of an endpoint, good for twelve hours.</summary>
    public static string Vapid(byte[] secret, Uri endpoint, Uri contact, DateTimeOffset now)
    {
        using var key = Key(secret);
        var claims = JsonSerializer.SerializeToUtf8Bytes(new { aud = endpoint.GetLeftPart(UriPartial.Authority), exp = now.AddHours(12).ToUnixTimeSeconds(), sub = contact.Scheme == "https" ? contact.ToString() : "mailto:healthteams@localhost" });
        var unsigned = $"{Base64Url.EncodeToString("""{"typ":"JWT","alg":"ES256"}"""u8)}.{Base64Url.EncodeToString(claims)}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(unsigned), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"vapid t={unsigned}.{Base64Url.EncodeToString(signature)}, k={PublicKey(secret)}";
    }

    /// <summary>What a page gives to the browser when it subscribes.</summary>
    public static string PublicKey(byte[] secret)
    {
        using var key = Key(secret);
        return Base64Url.EncodeToString(Point(key.ExportParameters(false)));
    }

    /// <summary>Whether 65 bytes are a point of the curve: a key that is none is refused when it is brought, not when somebody must be rung.</summary>
    public static bool IsKey(ReadOnlySpan<byte> p256dh)
    {
        if (p256dh.Length != 65 || p256dh[0] != 4) return false;
        try
        {
            using var key = ECDiffieHellman.Create(Parameters(p256dh));
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static ECDsa Key(byte[] secret) => ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });

    private static byte[] Point(ECParameters key) => [4, .. key.Q.X!, .. key.Q.Y!];

    private static ECParameters Parameters(ReadOnlySpan<byte> point) => new()
    {
        Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[1..33].ToArray(), Y = point[33..65].ToArray() },
    };
}
