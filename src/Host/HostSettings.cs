using System.Globalization;
using System.Net;
using HealthTeams.Collaboration.RosterPlans;
using HealthTeams.FhirGateway.Interactions;

namespace HealthTeams.Host;

/// <summary>What the installation is told, all of it by environment (README, "Settings").</summary>
public sealed record HostSettings
{
    public required string DataDir { get; init; }

    /// <summary>HEALTHTEAMS_DB: connection string of the owner of the database; null starts the embedded server.</summary>
    public string? Database { get; init; }
    public int Port { get; init; } = 8080;
    public string Bind { get; init; } = "127.0.0.1";
    public Uri? PublicUrl { get; init; }
    public TlsFiles? Tls { get; init; }

    /// <summary>Where the product is found: PUBLIC_URL, else this machine's address.</summary>
    public Uri Address => PublicUrl ?? new Uri($"{(Tls is null ? "http" : "https")}://127.0.0.1:{Port}");

    /// <summary>TRUSTED_PROXIES: whose X-Forwarded-For is believed; empty: a proxy on this machine's.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>CORS_ORIGINS: origins of browser apps beside those of registered clients; "*" is any, which is how demo data starts.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];
    public bool AnyOrigin => CorsOrigins.Contains("*") || (Demo && CorsOrigins.Count == 0);
    public bool Demo { get; init; } = true;
    public bool Simulator { get; init; } = true;
    public int SimulatorPort { get; init; } = 8090;

    /// <summary>gateway, launcher, collaboration, worker.</summary>
    public IReadOnlySet<string> Roles { get; init; } = AllRoles;
    public IReadOnlyList<string> Stun { get; init; } = [];
    public IReadOnlyList<string> Turn { get; init; } = [];
    public string? TurnSecret { get; init; }

    /// <summary>SMTP_URL (smtp://user:password@host:587 or smtps://…) and MAIL_FROM: urgent messages by e-mail.</summary>
    public Uri? Smtp { get; init; }
    public string MailFrom { get; init; } = "healthteams@localhost";

    /// <summary>SMS_URL and SMS_SECRET: urgent messages as text messages, by a gateway of the hospital's.</summary>
    public Uri? Sms { get; init; }
    public string? SmsSecret { get; init; }

    /// <summary>PUSH_KEY: 64 hexadecimal digits, the same on all hosts; without it one of this installation's own, in DATA_DIR/secrets.</summary>
    public string? PushKey { get; init; }
    public FhirLimits FhirLimits { get; init; } = new();

    /// <summary>ROSTER_WORKERS, ROSTER_SECONDS, ROSTER_PLANS: what planning rosters may take of this server.</summary>
    public PlanLimits Rosters { get; init; } = new();

    /// <summary>FILE_LIMIT_MB: the largest file a team keeps.</summary>
    public long FileLimit { get; init; } = 250L * 1024 * 1024;

    /// <summary>CLAMAV: host:port of clamd; every file is scanned before it opens.</summary>
    public (string Host, int Port)? ClamAv { get; init; }

    /// <summary>SUBSCRIPTION_GIVE_UP_HOURS: how long an endpoint may fail before its subscription gets the status error.</summary>
    public TimeSpan SubscriptionGiveUp { get; init; } = TimeSpan.FromHours(72);

    public static readonly IReadOnlySet<string> AllRoles = new HashSet<string> { "gateway", "launcher", "collaboration", "worker" };

    public static HostSettings FromEnvironment(IReadOnlyList<string> flags)
    {
        static string? Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } v ? v : null;
        static string[] List(string name) => Read(name)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        var port = Number("PORT", 8080);
        var settings = new HostSettings
        {
            DataDir = Path.GetFullPath(Read("DATA_DIR") ?? ".data"),
            Database = Read("HEALTHTEAMS_DB"),
            Port = port,
            Bind = Binding.Check(Read("BIND") ?? "127.0.0.1"),
            PublicUrl = Read("PUBLIC_URL") is { } url ? new Uri(url) : null,
            Tls = Read("TLS_CERTIFICATE") is { } certificate ? new TlsFiles(certificate, Read("TLS_KEY") ?? certificate) : null,
            TrustedProxies = [.. List("TRUSTED_PROXIES").Select(Network)],
            CorsOrigins = [.. List("CORS_ORIGINS").Select(Origin)],
            SimulatorPort = Number("EHR_SIM_PORT", 8090),
            Simulator = !flags.Contains("--no-sim"),
            Demo = !flags.Contains("--no-demo"),
            Roles = List("Roles") is { Length: > 0 } roles ? Known(roles) : AllRoles,
            Stun = List("STUN_URLS"),
            Turn = List("TURN_URLS"),
            TurnSecret = Read("TURN_SECRET"),
            Smtp = Server("SMTP_URL", "smtp", "smtps"),
            MailFrom = Read("MAIL_FROM") ?? "healthteams@localhost",
            Sms = Server("SMS_URL", "https", "http"),
            SmsSecret = Read("SMS_SECRET"),
            PushKey = Read("PUSH_KEY") is { } key ? key.Length == 64 && key.All(char.IsAsciiHexDigit) ? key : throw new StartupException("PUSH_KEY is not 64 hexadecimal digits.") : null,
            FhirLimits = Limits(),
            Rosters = new PlanLimits(AtLeastOne("ROSTER_WORKERS", 8, 64), AtLeastOne("ROSTER_SECONDS", 60, 600), AtLeastOne("ROSTER_PLANS", 1, 16)),
            FileLimit = AtLeastOne("FILE_LIMIT_MB", 250, 100_000) * 1024L * 1024,
            ClamAv = Read("CLAMAV") is not { } clamd ? null : Uri.TryCreate($"tcp://{clamd}", UriKind.Absolute, out var at) && at.Port > 0 ? (at.Host, at.Port)
                : throw new StartupException($"CLAMAV is '{clamd}', not a host and a port like clamd:3310."),
            SubscriptionGiveUp = Hours("SUBSCRIPTION_GIVE_UP_HOURS", 72),
        };
        return settings with { Simulator = settings.Simulator && settings.Demo };

        static Uri? Server(string name, params string[] schemes) => Read(name) is not { } text ? null
            : Uri.TryCreate(text, UriKind.Absolute, out var uri) && schemes.Contains(uri.Scheme) && uri.Host.Length > 0 ? uri : throw new StartupException($"{name} is no address that begins with {string.Join(":// or ", schemes)}://.");

        static FhirLimits Limits()
        {
            try
            {
                return FhirLimits.From(Read);
            }
            catch (FormatException e)
            {
                throw new StartupException(e.Message);
            }
        }

        static IReadOnlySet<string> Known(string[] roles) => Array.Find(roles, r => !AllRoles.Contains(r)) is { } unknown
            ? throw new StartupException($"Roles names '{unknown}'; there are gateway, launcher, collaboration and worker.") : roles.ToHashSet();

        static IPNetwork Network(string text) => IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : IPNetwork.TryParse(text, out var network) ? network
            : throw new StartupException($"TRUSTED_PROXIES names '{text}', neither an address nor a network like 10.0.0.0/8.");

        static string Origin(string text) => text == "*" || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" && uri.GetLeftPart(UriPartial.Authority) == text)
            ? text : throw new StartupException($"CORS_ORIGINS names '{text}': an origin is a scheme, a host and a port, like https://app.example.");

        static TimeSpan Hours(string name, double otherwise) => Read(name) is not { } text ? TimeSpan.FromHours(otherwise)
            : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var n) && n is > 0 and <= 1000 ? TimeSpan.FromHours(n)
            : throw new StartupException($"{name} is '{text}', not a number of hours up to 1000.");

        static int AtLeastOne(string name, int otherwise, int most) => Read(name) is not { } text ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= 1 && n <= most ? n
            : throw new StartupException($"{name} is '{text}', not a number between 1 and {most}.");

        static int Number(string name, int otherwise) => Read(name) is not { } text ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 0 and <= 65535 ? n
            : throw new StartupException($"{name} is '{text}', not a port number between 0 and 65535.");
    }
}

/// <summary>Something a person must mend before it can start; printed as one sentence, without a stack trace.</summary>
public sealed class StartupException(string message) : Exception(message);
