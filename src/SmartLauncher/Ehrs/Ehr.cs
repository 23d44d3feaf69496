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

    /// <summary>Also takes every iss below this one (demo data only).</summary>
    public bool Test { get; init; }

    /// <summary>"test" or "production": what comes from a test EHR never meets production's visits and people (EHR-10).</summary>
    public string Environment { get; init; } = Production;

    /// <summary>How a visit's course is written back: "fhir", "oracle", "epic" or "none".</summary>
    public string Adapter { get; init; } = "fhir";

    /// <summary>Whether and how the patient's join link is written to the Appointment: "none", "extension" or "oracle".</summary>
    public string JoinLink { get; init; } = "none";

    public bool ForTests => Environment == Testing;

    public const string Production = "production";
    public const string Testing = "test";
}

/// <summary>An EHR as an operator or an administrator registers it; registering the same iss again replaces it.</summary>
public sealed record EhrToAdd(int Tenant, string Iss, string ClientId, string Auth)
{
    public string? Secret { get; init; }
    public string? Issuer { get; init; }
    public IReadOnlyList<string> FrameOrigins { get; init; } = [];
    public string? BackendClientId { get; init; }
    public bool WriteBack { get; init; }
    public bool Test { get; init; }

    /// <summary>Null: as it is registered already, else production.</summary>
    public string? Environment { get; init; }
    public string Adapter { get; init; } = "fhir";
    public string JoinLink { get; init; } = "none";

    /// <summary>The EHR stands in a private network (loopback does with demo data without being told).</summary>
    public bool PrivateNetwork { get; init; }

    /// <summary>The secret that is registered stays when none is given: a page never shows it and need not ask again.</summary>
    public bool KeepSecret { get; init; }

    /// <summary>Refuse what is registered already, instead of replacing it: a page that says "register" changes nothing by surprise.</summary>
    public bool New { get; init; }

    /// <summary>Who registers; kept in the event.</summary>
    public Actor By { get; init; } = Actor.Product;
}
