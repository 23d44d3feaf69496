using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.Collaboration.Messages.Channels;

/// <summary>Web push (RFC 8030): the browser's own push service wakes the phone. It sees when and to which device; the text is for the device alone, and says nothing but that a message waits.</summary>
internal sealed class PushChannel(OutboundHttp http, ChannelSettings settings, TimeProvider clock) : IChannel
{
    /// <summary>Longer than the repeats is of no use: who comes back later sees it on the page.</summary>
    public static readonly TimeSpan Lives = TimeSpan.FromMinutes(20);

    /// <summary>No host is a push service by being near to us.</summary>
    private static readonly Uri Nobody = new("https://push.invalid/");

    public string Kind => "push";
    public bool Open => true;

    public async Task<RingResult> Send(Ring ring, CancellationToken stop)
    {
        var endpoint = new Uri(ring.Address);
        var payload = JsonSerializer.SerializeToUtf8Bytes(new { title = RingWords.Title(ring.Priority), delivery = ring.Delivery, step = ring.Step, key = ring.Key, url = $"/messages/{ring.Delivery}" });
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ByteArrayContent(WebPush.Encrypt(payload, ring.P256dh, ring.Auth)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Content.Headers.ContentEncoding.Add("aes128gcm");
        request.Headers.TryAddWithoutValidation("Authorization", WebPush.Vapid(settings.PushKey, endpoint, settings.Address(), clock.GetUtcNow()));
        request.Headers.Add("TTL", ((int)Lives.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture));
        request.Headers.Add("Urgency", "high");
        // A step replaces the one before it on a device that was off: one notification, not eleven.
        request.Headers.Add("Topic", ring.Delivery.ToString("N"));
        // The browser named its push service; it is spoken to on the public internet, or where an operator registered it.
        request.Options.Set(OutboundHttp.Named, new NamedHosts(Nobody, new HashSet<string> { endpoint.GetLeftPart(UriPartial.Authority) }));
        var answer = await http.Send(request, stop);
        if (!answer.Ok) return RingResult.Failed(answer.Problem.Detail);
        using var said = answer.Value;
        if (said.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone) return RingResult.Gone;
        return said.IsSuccessStatusCode ? RingResult.Sent : RingResult.Failed($"The push service answered {(int)said.StatusCode}.");
    }
}
