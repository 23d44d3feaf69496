using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HealthTeams.Host;
using Xunit;

namespace HealthTeams.Tests.Platform;

/// <summary>The product with a certificate of its own and a public name.</summary>
public sealed class ProductWithTls : TestProduct
{
    private readonly string folder = Directory.CreateTempSubdirectory("tls").FullName;
    public string First { get; private set; } = "";

    public override Task InitializeAsync()
    {
        First = Renew();
        return base.InitializeAsync();
    }

    protected override HostSettings Settings(HostSettings usual) => usual with
    {
        Tls = new TlsFiles(Path.Combine(folder, "certificate.pem"), Path.Combine(folder, "key.pem")), PublicUrl = new Uri("https://visits.example"),
    };

    /// <returns>The new certificate's thumbprint.</returns>
    public string Renew()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=visits.example", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        Write("key.pem", key.ExportPkcs8PrivateKeyPem());
        Write("certificate.pem", certificate.ExportCertificatePem());
        return certificate.Thumbprint;
    }

    public void Spoil() => Write("certificate.pem", "half a certific");

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

[Trait("Row", "SMART-S20")]
public sealed class TlsTests(ProductWithTls product) : IClassFixture<ProductWithTls>
{
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Authorize_and_token_answer_over_TLS_1_2_and_1_3(SslProtocols version)
    {
        using var client = Client(version);
        using var token = await client.PostAsync("/auth/token", new FormUrlEncodedContent([KeyValuePair.Create("grant_type", "not_a_grant_type")]));
        Assert.Equal(HttpStatusCode.BadRequest, token.StatusCode);
        using var authorize = await client.GetAsync("/auth/authorize?client_id=nobody");
        Assert.Equal(HttpStatusCode.BadRequest, authorize.StatusCode);
        Assert.Equal("max-age=31536000", token.Headers.GetValues("Strict-Transport-Security").Single());
    }

    /// <summary>By hand: no client library of today offers these versions.</summary>
    [Theory]
    [InlineData(0x01)]
    [InlineData(0x02)]
    public async Task TLS_1_0_and_1_1_are_refused_as_a_version(byte minor)
    {
        byte[] suites = [0xC0, 0x09, 0xC0, 0x0A, 0xC0, 0x13, 0xC0, 0x14, 0x00, 0x2F, 0x00, 0x35];
        byte[] extensions = [0x00, 0x0A, 0x00, 0x04, 0x00, 0x02, 0x00, 0x17, 0x00, 0x0B, 0x00, 0x02, 0x01, 0x00];
        byte[] body = [0x03, minor, .. new byte[32], 0x00, 0x00, (byte)suites.Length, .. suites, 0x01, 0x00, 0x00, (byte)extensions.Length, .. extensions];
        byte[] hello = [0x16, 0x03, 0x01, 0x00, (byte)(body.Length + 4), 0x01, 0x00, 0x00, (byte)body.Length, .. body];
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, product.Url.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(hello);
        var alert = new byte[7];
        await stream.ReadExactlyAsync(alert);
        // Record of type alert (21), fatal (2), protocol_version (70): RFC 5246 7.2.
        Assert.Equal((21, 2, 70), (alert[0], alert[5], alert[6]));
    }

    [Fact]
    public async Task A_renewed_certificate_is_served_without_a_restart_and_a_broken_file_changes_nothing()
    {
        Assert.Equal(product.First, await Served());
        await Task.Delay(20); // another time of writing
        var second = product.Renew();
        product.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(second, await Served());
        await Task.Delay(20);
        product.Spoil();
        product.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(second, await Served());
    }

    [Fact]
    public async Task Discovery_names_https_addresses()
    {
        using var client = Client(SslProtocols.Tls13);
        var said = await client.GetStringAsync("/fhir/.well-known/smart-configuration");
        Assert.Contains("\"token_endpoint\":\"https://visits.example/auth/token\"", said, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", said, StringComparison.Ordinal);
    }

    private async Task<string> Served()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, product.Url.Port);
        await using var stream = new SslStream(socket.GetStream(), false, (_, certificate, _, _) => IsOurs(certificate));
        await stream.AuthenticateAsClientAsync("visits.example");
        return ((X509Certificate2)stream.RemoteCertificate!).Thumbprint;
    }

    /// <summary>Signed by nobody a machine knows; the name has to do.</summary>
    private static bool IsOurs(X509Certificate? certificate) => certificate?.Subject == "CN=visits.example";

    private HttpClient Client(SslProtocols version) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        SslOptions = new() { EnabledSslProtocols = version, RemoteCertificateValidationCallback = (_, certificate, _, _) => IsOurs(certificate) },
    })
    { BaseAddress = new Uri($"https://127.0.0.1:{product.Url.Port}") };
}
