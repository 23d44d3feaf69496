using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.Collaboration.Messages.Channels;

/// <summary>Text messages by a gateway of the hospital's choice (SMS_URL, a registered host): one POST of JSON, signed with SMS_SECRET as hooks are ("t=…,v1=…", an HMAC-SHA256 over time, dot and body).</summary>
internal sealed class SmsChannel(OutboundHttp http, ChannelSettings settings, TimeProvider clock) : IChannel
{
    public string Kind => "sms";
    public bool Open => settings.Sms is not null;

    public async Task<RingResult> Send(Ring ring, CancellationToken stop)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { key = ring.Key, to = ring.Address, text = $"{RingWords.Title(ring.Priority)} for you in HealthTeams: {new Uri(settings.Address(), $"/messages/{ring.Delivery}")}" });
        using var request = new HttpRequestMessage(HttpMethod.Post, settings.Sms) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("Idempotency-Key", ring.Key);
        var at = clock.GetUtcNow().ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(settings.SmsSecret ?? ""), (byte[])[.. Encoding.ASCII.GetBytes(at + "."), .. body]);
        request.Headers.Add("X-HealthTeams-Signature", $"t={at},v1={Convert.ToHexStringLower(mac)}");
        var answer = await http.Send(request, stop);
        if (!answer.Ok) return RingResult.Failed(answer.Problem.Detail);
        using var said = answer.Value;
        return said.IsSuccessStatusCode ? RingResult.Sent : RingResult.Failed($"The gateway answered {(int)said.StatusCode}.");
    }
}
