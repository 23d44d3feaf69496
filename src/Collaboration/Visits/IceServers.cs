using System.Security.Cryptography;
using System.Text;

namespace HealthTeams.Collaboration.Visits;

/// <summary>Where browsers find each other. TURN credentials live an hour (coturn's shared-secret scheme).</summary>
/// <param name="TurnSecret">static-auth-secret of coturn.</param>
public sealed record IceSettings(IReadOnlyList<string> Stun, IReadOnlyList<string> Turn, string? TurnSecret);

public sealed class IceServers(IceSettings settings)
{
    private static readonly TimeSpan CredentialFor = TimeSpan.FromHours(1);

    public IReadOnlyList<IceServer> For(Guid participant, DateTimeOffset now)
    {
        var servers = new List<IceServer>();
        if (settings.Stun.Count > 0) servers.Add(new IceServer([.. settings.Stun]));
        if (settings.Turn.Count > 0 && settings.TurnSecret is { } secret)
        {
            var user = $"{(now + CredentialFor).ToUnixTimeSeconds()}:{participant:N}";
#pragma warning disable CA5350 // coturn's REST API scheme prescribes HMAC-SHA1.
            var credential = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(user)));
#pragma warning restore CA5350
            servers.Add(new IceServer([.. settings.Turn], user, credential));
        }
        return servers;
    }
}
