using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace HealthTeams.Host;

/// <summary>TLS_CERTIFICATE and TLS_KEY: PEM files. The first holds the chain, own certificate first; the key may be in it, too.</summary>
public sealed record TlsFiles(string Certificate, string Key);

/// <summary>
/// HTTPS without a proxy (SMART-S20): TLS 1.2 and later only. A renewed certificate is used within ten seconds, without a
/// restart; files that cannot be read are reported and the certificate in use goes on.
/// </summary>
internal sealed class Tls
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);
    private readonly TlsFiles files;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly Lock gate = new();
    private SslStreamCertificateContext context;
    private DateTime written;
    private DateTimeOffset nextLook;

    /// <exception cref="StartupException">The files are no certificate with its key.</exception>
    public Tls(TlsFiles files, TimeProvider clock, ILogger log)
    {
        (this.files, this.clock, this.log) = (files, clock, log);
        try
        {
            (written, context) = (Written(), Load());
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"TLS_CERTIFICATE {files.Certificate} with TLS_KEY {files.Key} cannot be used: {e.Message}");
        }
        nextLook = clock.GetUtcNow() + LookEvery;
    }

    public void Serve(ListenOptions listen) => listen.UseHttps(new TlsHandshakeCallbackOptions
    {
        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = Current(), EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        }),
    });

    private SslStreamCertificateContext Current()
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            if (now < nextLook) return context;
            nextLook = now + LookEvery;
            try
            {
                var then = Written();
                if (then == written) return context;
                context = Load();
                written = then;
                log.LogInformation("The certificate was renewed; it ends {End:u}", context.TargetCertificate.NotAfter.ToUniversalTime());
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                // Half written, perhaps: the next look may find it whole.
                log.LogError("The renewed certificate cannot be used, the one before goes on: {Reason}", e.Message);
            }
            return context;
        }
    }

    private SslStreamCertificateContext Load()
    {
        var own = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        if (own.NotAfter < clock.GetUtcNow().LocalDateTime) log.LogError("The certificate ended {End:u}: browsers and EHRs will refuse it", own.NotAfter.ToUniversalTime());
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(files.Certificate);
        return SslStreamCertificateContext.Create(own, chain, offline: true);
    }

    /// <summary>Let's Encrypt and the like change what a link points to: the time is the target's.</summary>
    private DateTime Written() => new[] { files.Certificate, files.Key }
        .Max(f => (File.ResolveLinkTarget(f, returnFinalTarget: true) ?? new FileInfo(f)).LastWriteTimeUtc);
}
