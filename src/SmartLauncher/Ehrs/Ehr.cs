namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>A registered EHR: who it is, how we authenticate there, who may frame us (SMART-A29).</summary>
public sealed record Ehr
{
    public int Tenant { get; init; }
    public Guid Id { get; init; }

    /// <summary>Normalised FHIR base address, without trailing slash.</summary>
    public string Iss { get; init; } = "";
    public string ClientId { get; init; } = "";

    /// <summary>"public", "secret" or "private_key_jwt".</summary>
    public string Auth { get; init; } = "";
    public byte[]? SecretProtected { get; init; }

    /// <summary>Issuer of its id_tokens, when it is not the one its discovery names.</summary>
    public string? Issuer { get; init; }
    public string[] FrameOrigins { get; init; } = [];
    public string? BackendClientId { get; init; }

    /// <summary>Ask launches for the right to write status back (only needed where no backend client is registered).</summary>
    public bool WriteBack { get; init; }
    public bool Test { get; init; }
}

/// <summary>An EHR as an operator registers it; registering the same iss again replaces it.</summary>
public sealed record EhrToAdd(int Tenant, string Iss, string ClientId, string Auth)
{
    public string? Secret { get; init; }
    public string? Issuer { get; init; }
    public IReadOnlyList<string> FrameOrigins { get; init; } = [];
    public string? BackendClientId { get; init; }
    public bool WriteBack { get; init; }
    public bool Test { get; init; }

    /// <summary>The EHR stands in a private network (loopback does with demo data without being told).</summary>
    public bool PrivateNetwork { get; init; }
}
