using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.SmartLauncher.Ehrs.Checks;

/// <summary>The outbound client with a shorter patience: somebody is watching.</summary>
public sealed class ProbeHttp(OutboundHttp http)
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    internal static string Seconds => Patience.TotalSeconds.ToString(CultureInfo.InvariantCulture);

    /// <summary>"answered" with the status in Where when the answer is no success, "no-json" when it is no JSON object.</summary>
    internal async Task<Outcome<JsonElement>> Json(Uri address, CancellationToken stop, string? bearer = null, NamedHosts? named = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.Accept.ParseAdd("application/fhir+json");
        if (bearer is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        if (named is not null) request.Options.Set(OutboundHttp.Named, named);
        var sent = await InTime(token => http.Send(request, token), stop);
        if (!sent.Ok) return sent.Problem;
        using var response = sent.Value;
        var status = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        if (!response.IsSuccessStatusCode) return new Problem(502, "answered", $"HTTP {status}.", status);
        try
        {
            var bytes = await response.Content.ReadAsByteArrayAsync(stop);
            if (!JsonText.Readable(bytes)) return NoJson;
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : NoJson;
        }
        catch (JsonException)
        {
            return NoJson;
        }
    }

    internal static async Task<Outcome<T>> InTime<T>(Func<CancellationToken, Task<Outcome<T>>> work, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        try
        {
            return await work(limit.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new Problem(504, "host-slow", $"> {Seconds} s.");
        }
    }

    private static readonly Problem NoJson = new(502, "no-json", "≠ JSON.");
}
