using System.Globalization;

namespace EhrSim;

/// <summary>What an EHR simulator is told at its start. Each instance has its own; nothing is shared.</summary>
public sealed record EhrSimOptions
{
    /// <summary>0 takes any free port; ask <see cref="EhrSimApp.BaseUrl"/> after the start.</summary>
    public int Port { get; init; } = 8090;

    /// <summary>Where the journal lives; null keeps everything in memory only.</summary>
    public string? StateFolder { get; init; }

    /// <summary>The instant the demo visits are relative to.</summary>
    public DateTimeOffset? SeedAt { get; init; }

    /// <summary>False starts with an empty hospital.</summary>
    public bool LoadDemo { get; init; } = true;

    /// <summary>May be set after the start: a test often knows the product's address only then.</summary>
    public string HealthTeamsUrl { get; set; } = "http://127.0.0.1:8080";

    public string AppClientId { get; init; } = "healthteams";
    public string? AppClientSecret { get; init; }
    public string BackendClientId { get; init; } = "healthteams-backend";
    public string? BackendClientSecret { get; init; }
    public string PushClientId { get; init; } = "ehr-sim";
    public string? PushClientSecret { get; init; }

    /// <summary>Replaces the network towards the product, for a product that runs inside a test server.</summary>
    public HttpMessageHandler? HealthTeamsHandler { get; init; }

    public static EhrSimOptions FromEnvironment(Func<string, string?> read)
    {
        string? Setting(string name) => read(name) is { Length: > 0 } value ? value : null;
        return new EhrSimOptions
        {
            Port = Setting("EHR_SIM_PORT") is { } port ? int.Parse(port, CultureInfo.InvariantCulture) : 8090,
            StateFolder = Setting("EHR_SIM_STATE") ?? Path.Combine(".data", "ehr-sim"),
            SeedAt = Setting("EHR_SIM_SEED_AT") is { } seed
                ? DateTimeOffset.Parse(seed, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
                : null,
            HealthTeamsUrl = (Setting("HEALTHTEAMS_URL") ?? "http://127.0.0.1:8080").TrimEnd('/'),
            AppClientId = Setting("EHR_SIM_APP_CLIENT_ID") ?? "healthteams",
            AppClientSecret = Setting("EHR_SIM_APP_CLIENT_SECRET"),
            BackendClientId = Setting("EHR_SIM_BACKEND_CLIENT_ID") ?? "healthteams-backend",
            BackendClientSecret = Setting("EHR_SIM_BACKEND_CLIENT_SECRET"),
            PushClientId = Setting("EHR_SIM_PUSH_CLIENT_ID") ?? "ehr-sim",
            PushClientSecret = Setting("EHR_SIM_PUSH_CLIENT_SECRET"),
        };
    }
}
