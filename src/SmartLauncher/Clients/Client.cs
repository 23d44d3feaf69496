namespace HealthTeams.SmartLauncher.Clients;

/// <summary>A registered FHIR or SMART client.</summary>
/// <param name="Tenant">Slug of the hospital it belongs to.</param>
/// <param name="Scope">What it may ask for, space-separated.</param>
public sealed record Client(string Id, string Tenant, string Scope, string Auth)
{
    /// <summary>For people; the id where nobody gave a name.</summary>
    public string Name { get; init; } = Id;
    public bool Backend { get; init; }

    /// <summary>Registered by itself and not approved yet: it can do nothing.</summary>
    public bool Pending { get; init; }
    public IReadOnlyList<string> Redirects { get; init; } = [];
    public string? JwksUrl { get; init; }

    /// <summary>Where our pages start it (SMART-S6); null: it is not started by us.</summary>
    public string? LaunchUrl { get; init; }

    /// <summary>Started in a frame on our page instead of a window of its own.</summary>
    public bool Frame { get; init; }

    /// <summary>The hospital consented for its users: pressing for it on our page is enough.</summary>
    public bool Trusted { get; init; }
    public DateTimeOffset? RegisteredAt { get; init; }
}

/// <summary>A client as an operator registers it; registering the same id again replaces it.</summary>
/// <param name="Auth">"public", "secret" or "private_key_jwt".</param>
/// <param name="Backend">SMART backend services: client_credentials with system/ scopes instead of users.</param>
public sealed record ClientToAdd(string Id, string Auth, string Tenant, bool Backend)
{
    public string? Name { get; init; }
    public string? Secret { get; init; }

    /// <summary>The client's JWKS document.</summary>
    public string? Jwks { get; init; }
    public string? JwksUrl { get; init; }
    public IReadOnlyList<string> Redirects { get; init; } = [];
    public string? Scope { get; init; }
    public string? LaunchUrl { get; init; }
    public bool Frame { get; init; }
    public bool Trusted { get; init; }
    public bool PrivateNetwork { get; init; }

    /// <summary>Registered by itself (RFC 7591): nothing is fetched, nothing allowed, until an administrator approves.</summary>
    internal bool Pending { get; init; }
}
