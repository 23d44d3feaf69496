using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Staff;

/// <summary>Values that wait in the browser, unreadable and unchangeable there; each is sealed to its cookie's name.</summary>
internal sealed class SealedCookies(IDataProtector keys)
{
    public void Keep<T>(HttpContext http, string name, T value, DateTimeOffset until) =>
        http.Response.Cookies.Append(name, Base64UrlEncoder.Encode(keys.CreateProtector(name).Protect(JsonSerializer.SerializeToUtf8Bytes(value))), Options(until));

    public T? Read<T>(HttpContext http, string? name) where T : class
    {
        return name is null || http.Request.Cookies[name] is not { Length: > 0 } cookie ? null : Open<T>(name, cookie);
    }

    /// <summary>Null when it is not of that name, not ours, or of a key that is gone.</summary>
    public T? Open<T>(string name, string cookie) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(keys.CreateProtector(name).Unprotect(Base64UrlEncoder.DecodeBytes(cookie)));
        }
        catch (Exception e) when (e is CryptographicException or FormatException or JsonException)
        {
            return null; // not ours, or of a key that is gone
        }
    }

    public static void Drop(HttpContext http, string name) => http.Response.Cookies.Delete(name, Options(null));

    /// <summary>Lax: an answer from another site is a top-level navigation.</summary>
    public static CookieOptions Options(DateTimeOffset? until) =>
        new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax, Path = "/", Expires = until, IsEssential = true };
}
