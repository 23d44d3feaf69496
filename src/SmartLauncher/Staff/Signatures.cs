using System.Text;
using HealthTeams.Collaboration.Approvals;
using HealthTeams.SmartLauncher.Keys;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Staff;

/// <summary>What an e-signature stands on: the signer's password once more, and the installation's published key (/auth/jwks).</summary>
internal static class Signatures
{
    private const string Type = "healthteams-decision+jws";

    /// <summary>Wrong guesses count and wait as at sign-in.</summary>
    public static ProveIdentity Prover(Db db, StaffSignIn signIn, ProviderSigning provider) => async (caller, what, with, stop) =>
    {
        if (with is { Fresh: { Length: > 0 } fresh }) return provider.Holds(caller, what, fresh);
        var password = with.Password!;
        var username = await db.In(caller.Tenant, caller.Actor, tx => tx.Scalar<string>(
            "select username from auth.credential where tenant = @Tenant and person = @Person", new { tx.Tenant, caller.Person }), stop);
        if (username is null) return Problem.Unprocessable("You have no password here to sign with: sign in again with the hospital's account instead.", "password", "signature-no-password");
        var proven = await signIn.Prove($"{username}@{caller.TenantSlug}", password, caller.Source ?? "", stop);
        if (proven.Ok) return null;
        return proven.Problem.Status == 429 ? proven.Problem : Problem.Unprocessable("The password is wrong: nothing was signed.", "password", "signature-password");
    };

    public static DecisionSeal Sealer(KeyRing keys) => new(bytes => Seal(keys.Signing, bytes), jws => Open(keys.Signing, jws));

    private static string Seal(SigningCredentials signing, byte[] payload)
    {
        var header = Base64UrlEncoder.Encode($$"""{"alg":"{{signing.Algorithm}}","kid":"{{signing.Key.KeyId}}","typ":"{{Type}}"}""");
        var said = $"{header}.{Base64UrlEncoder.Encode(payload)}";
        var provider = signing.Key.CryptoProviderFactory.CreateForSigning(signing.Key, signing.Algorithm);
        try
        {
            return $"{said}.{Base64UrlEncoder.Encode(provider.Sign(Encoding.ASCII.GetBytes(said)))}";
        }
        finally
        {
            signing.Key.CryptoProviderFactory.ReleaseSignatureProvider(provider);
        }
    }

    private static byte[]? Open(SigningCredentials signing, string jws)
    {
        var parts = jws.Split('.');
        // Our tokens are signed with the same key: only what says it is a decision is one.
        if (parts.Length != 3 || !Base64UrlEncoder.Decode(parts[0]).Contains($"\"typ\":\"{Type}\"", StringComparison.Ordinal)) return null;
        var provider = signing.Key.CryptoProviderFactory.CreateForVerifying(signing.Key, signing.Algorithm);
        try
        {
            return provider.Verify(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64UrlEncoder.DecodeBytes(parts[2])) ? Base64UrlEncoder.DecodeBytes(parts[1]) : null;
        }
        finally
        {
            signing.Key.CryptoProviderFactory.ReleaseSignatureProvider(provider);
        }
    }
}
