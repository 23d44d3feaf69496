using System.Text;

namespace EhrSim;

internal sealed record RegisteredClient(string Id, string? Secret, bool IsBackend);

internal sealed record ClientProof(RegisteredClient? Client, string? Problem);

/// <summary>The apps this EHR knows, and how each proves that it is the one.</summary>
internal sealed class Clients(Ehr ehr, Journal journal, HttpClient http)
{
    private readonly ClientAssertions assertions = new(ehr, journal, http);

    public RegisteredClient? Find(string? id)
    {
        var options = ehr.Options;
        if (id == options.AppClientId) return new RegisteredClient(id, options.AppClientSecret, false);
        if (id == options.BackendClientId) return new RegisteredClient(id, options.BackendClientSecret, true);
        return null;
    }

    public string RedirectUri => ehr.HealthTeamsUrl + "/launch/callback";

    public async Task<ClientProof> Authenticate(HttpContext context, IFormCollection form)
    {
        if (form["client_assertion"].Count > 0) return await Assertion(form, ehr.TokenUrl, Find, context.RequestAborted);
        var faults = ehr.Faults.Now;
        var basic = Basic(context, decode: !faults.RawSecrets);
        if (basic is not null && faults.SecretPostOnly) return new ClientProof(null, "client_secret_post only (fault switch secretPostOnly)");
        var (id, secret) = basic ?? (form["client_id"].ToString(), form["client_secret"].ToString());
        RequestLog.Name(context, id);
        if (Find(id) is not { } client) return new ClientProof(null, "Unknown client");
        if (faults.PublicClient && !client.IsBackend && basic is null && secret.Length == 0) return new ClientProof(client, null);
        if (client.Secret is null) return new ClientProof(null, $"{id} must authenticate with private_key_jwt");
        return Secrets.Same(secret, client.Secret) ? new ClientProof(client, null) : new ClientProof(null, "Wrong client secret");
    }

    /// <summary>private_key_jwt at one of our token endpoints.</summary>
    public async Task<ClientProof> Assertion(IFormCollection form, string tokenUrl, Func<string?, RegisteredClient?> find, CancellationToken cancellation) =>
        form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            ? await assertions.Check(form["client_assertion"].ToString(), tokenUrl, find, cancellation)
            : new ClientProof(null, "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer");

    // RFC 6749 2.3.1: both halves are form-encoded before they are joined.
    private static (string Id, string Secret)? Basic(HttpContext context, bool decode)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return null;
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header["Basic ".Length..].Trim(), bytes, out var length)) return ("", "");
        var parts = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return parts.Length != 2 ? ("", "") : decode ? (Decode(parts[0]), Decode(parts[1])) : (parts[0], parts[1]);
    }

    private static string Decode(string half) => Uri.UnescapeDataString(half.Replace('+', ' '));
}
