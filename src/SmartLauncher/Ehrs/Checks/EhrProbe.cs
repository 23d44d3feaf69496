using System.Text.Json;
using System.Threading.Channels;
using static HealthTeams.SmartLauncher.Ehrs.Checks.CheckStep;

namespace HealthTeams.SmartLauncher.Ehrs.Checks;

/// <summary>
/// The steps of a registration's test, in the order in which one needs the other; what does not, runs side by side. Each
/// waits some seconds at most. Nothing of a patient is asked for, and nothing is changed at the EHR.
/// </summary>
public sealed class EhrProbe(ProbeHttp http, ClientProbe clients, LauncherSettings settings)
{
    internal async Task Run(Ehr ehr, ChannelWriter<CheckStep> tell, CancellationToken stop)
    {
        await AtTheEhr(ehr, tell, stop);
        tell.TryWrite(OurKeys(ehr));
        tell.TryWrite(Frames(ehr));
        tell.TryWrite(Note("launch", Word("A launch needs a person: try one from the registration's page, {0}."), null, settings.At($"/admin/ehrs/{ehr.Id}")));
    }

    private async Task AtTheEhr(Ehr ehr, ChannelWriter<CheckStep> tell, CancellationToken stop)
    {
        if (ehr.Test)
        {
            tell.TryWrite(Skipped("reach", Word("This registration covers every address below {0}; there is no single one to test."), ehr.Iss));
            return;
        }
        var root = new Uri(ehr.Iss + "/");
        var smart = http.Json(new Uri(root, ".well-known/smart-configuration"), stop);
        var metadata = http.Json(new Uri(root, "metadata"), stop);
        var (found, capability) = (await smart, await metadata);

        tell.TryWrite(Reach(ehr, found, capability));
        if (Away(found) && Away(capability))
        {
            foreach (var name in (string[])["discovery", "fhir", "issuer", "keys", "client", "backend", "write"])
            {
                tell.TryWrite(Skipped(name, Word("Not tested: the EHR is not reached.")));
            }
            return;
        }
        tell.TryWrite(FhirVersion(ehr, capability));
        var (step, at) = await DiscoveryProbe.Run(ehr, root, found, capability, http, stop);
        tell.TryWrite(step);
        if (at is null)
        {
            foreach (var name in (string[])["issuer", "keys", "client", "backend", "write"])
            {
                tell.TryWrite(Skipped(name, Word("Not tested: discovery names no addresses.")));
            }
            return;
        }
        await Task.WhenAll(
            Tell(tell, IssuerProbe.Run(ehr, at, http, stop)),
            Tell(tell, clients.App(ehr, at, stop)),
            Tell(tell, clients.Backend(ehr, at, root, capability.Ok ? capability.Value : null, stop)));
    }

    private static async Task Tell(ChannelWriter<CheckStep> tell, Task<IReadOnlyList<CheckStep>> steps)
    {
        foreach (var step in await steps) tell.TryWrite(step);
    }

    private static bool Away(Outcome<JsonElement> answer) => !answer.Ok && answer.Problem.Code is "host-unreachable" or "host-slow" or "host-not-registered";

    private static CheckStep Reach(Ehr ehr, Outcome<JsonElement> smart, Outcome<JsonElement> metadata)
    {
        var host = new Uri(ehr.Iss).Authority;
        if (!Away(smart) || !Away(metadata)) return Ok("reach", Word("{0} answers."), host);
        return (smart.Problem!.Code, smart.Problem.Where) switch
        {
            ("host-slow", _) => Failed("reach", Word("{0} accepts the connection and does not answer within {1} seconds."), Word("Ask who runs the EHR whether it is up, and whether a firewall drops what comes from here."), host, ProbeHttp.Seconds),
            ("host-not-registered", _) => Failed("reach", Word("{0} may not be spoken to: it was taken off the hosts."), Word("Add it again to the hosts."), host),
            (_, "name") => Failed("reach", Word("The name {0} is not known here (DNS)."), Word("Compare the address letter by letter with the vendor's; inside a hospital's network ask which name server knows it."), host),
            (_, "private") => Failed("reach", Word("{0} is in a private network, which is refused unless it is meant."), Word("If the EHR stands in your own network, register it with private network (--private-network)."), host),
            (_, "tls") => Failed("reach", Word("{0} shows a certificate that is not trusted here, or no TLS at all."), Word("The EHR must show a valid certificate for this very name, with its intermediate certificates; a hospital's own authority must be trusted by this machine."), host),
            _ => Failed("reach", Word("{0} refuses the connection."), Word("Check port and firewall: this machine must be let out to that host, and the EHR must let this address in."), host),
        };
    }

    private static CheckStep FhirVersion(Ehr ehr, Outcome<JsonElement> capability)
    {
        if (!capability.Ok) return Note("fhir", Word("{0}/metadata cannot be read: {1}"), Word("Everything else may work all the same; ask the vendor why it is closed."), ehr.Iss, capability.Problem.Detail);
        var version = DiscoveryRules.Text(capability.Value, "fhirVersion") ?? "?";
        return version.StartsWith("4.0", StringComparison.Ordinal)
            ? Ok("fhir", Word("FHIR {0} (R4)."), version)
            : Failed("fhir", Word("This address serves FHIR {0}; we speak R4."), Word("Register the R4 address. It often differs in its last part only, such as /R4 for /DSTU2 or /STU3."), version);
    }

    /// <summary>Whether the EHR can fetch our keys cannot be seen from here.</summary>
    private CheckStep OurKeys(Ehr ehr)
    {
        if (ehr.Auth != "private_key_jwt" && ehr.BackendClientId is null) return Skipped("our-keys", Word("This client does not sign with our keys."));
        var keys = settings.At("/.well-known/jwks.json");
        return new Uri(keys).IsLoopback && !new Uri(ehr.Iss).IsLoopback
            ? Failed("our-keys", Word("Our keys are at {0}, which no other machine reaches."), Word("Start the product with PUBLIC_URL set to its address as others see it."), keys)
            : Note("our-keys", Word("The EHR fetches our keys from {0}. From here it cannot be seen whether it reaches them; the step 'Client at the EHR' shows it."), null, keys);
    }

    private static CheckStep Frames(Ehr ehr) => Note("frame", Word("These may show us in a frame: {0}."),
        Word("If the chart has another origin, add it. The frame needs allow='camera; microphone; display-capture'."),
        string.Join(", ", ehr.FrameOrigins.Append(new Uri(ehr.Iss).GetLeftPart(UriPartial.Authority)).Distinct()));
}
