namespace EhrSim;

/// <summary>One hospital's EHR: all its state hangs here, so that many can run in one process.</summary>
internal sealed class Ehr : IDisposable
{
    private readonly Func<string> address;
    private readonly Journal journal;
    private readonly HttpClient http;

    public Ehr(EhrSimOptions options, TimeProvider clock, Func<string> address)
    {
        (Options, Clock, this.address) = (options, clock, address);
        journal = new Journal(options.StateFolder);
        // The product's answers are taken as they come: a redirect off to another host is not an answer.
        var handler = options.HealthTeamsHandler ?? new SocketsHttpHandler { AllowAutoRedirect = false };
        http = new HttpClient(handler, disposeHandler: options.HealthTeamsHandler is null) { Timeout = TimeSpan.FromSeconds(15) };
        Records = new Records(journal, clock);
        Faults = new Faults(journal);
        Style = new FhirStyle(journal);
        Requests = new RequestLog();
        Grants = new Grants(journal, clock);
        SigningKey = new SigningKey(journal);
        Clients = new Clients(this, journal, http);
        Push = new ProductPush(this, journal, http);
        DemoHospital.Load(this, journal);
    }

    public EhrSimOptions Options { get; }
    public TimeProvider Clock { get; }
    public DateTimeOffset Now => Clock.GetUtcNow();
    public Records Records { get; }
    public Faults Faults { get; }
    public FhirStyle Style { get; }
    public RequestLog Requests { get; }
    public Grants Grants { get; }
    public SigningKey SigningKey { get; }
    public Clients Clients { get; }
    public ProductPush Push { get; }

    public string BaseUrl => address();
    public string FhirBase => BaseUrl + "/fhir";
    /// <summary>On a host of its own where the switch says so, as some vendors have it.</summary>
    public string Issuer => (Faults.Now.SeparateHosts ? BaseUrl.Replace("//localhost", "//127.0.0.1", StringComparison.Ordinal) : BaseUrl) + "/oauth";
    public string TokenUrl => Issuer + "/token";
    public string HealthTeamsUrl => Options.HealthTeamsUrl.TrimEnd('/');
    public string HealthTeamsOrigin => new Uri(Options.HealthTeamsUrl).GetLeftPart(UriPartial.Authority);

    public void Dispose()
    {
        http.Dispose();
        SigningKey.Dispose();
        journal.Dispose();
    }
}
