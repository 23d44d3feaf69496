using HealthTeams.FhirGateway.Federation;
using HealthTeams.Web.Activity;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Federation;

internal static class FederationPages
{
    public static void AddFederationPages(this IServiceCollection services)
    {
        services.AddSingleton(new NoticeSentence("federation.late", "warning", (w, n) => w["{0} has not taken your urgent message yet: it goes on being tried, and colleagues here are asked", n.Of("hospital")]));
        services.AddSingleton(new NoticeSentence("federation.refused", "warning", (w, n) => w["{0} refuses your message: it was not delivered", n.Of("hospital")]));
    }
}

internal static class FederationWords
{
    /// <summary>Sixty-four digits as two people read them to each other.</summary>
    public static string Read(string fingerprint) => string.Join(' ', fingerprint.Chunk(4).Select(c => new string(c)));

    public static (string Tone, string Icon, string Text) State(Words w, Partner partner) => partner switch
    {
        { PausedAt: not null } => ("grey", "pause", w["Paused by us"]),
        { MutualAt: null } => ("amber", "clock", w["Waits for their registration"]),
        { Failure: not null, FailedAt: var failed } when failed > (partner.OkAt ?? DateTimeOffset.MinValue) => ("red", "warning", w["Cannot be reached"]),
        _ => ("green", "done", w["Both have registered"]),
    };
}
