using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>
/// One request to a subscriber's endpoint. R4: an empty POST without payload; with one, the resource as PUT endpoint/Type/id
/// (DELETE after a delete), as HAPI sends it. With a topic: POST of the notification bundle.
/// </summary>
internal sealed class RestHook(OutboundHttp http, FhirSettings settings, TimeProvider clock)
{
    /// <returns>Null when the endpoint took it.</returns>
    public async Task<Problem?> Send(Subscribed s, string type, IReadOnlyList<Notice> notices, CancellationToken stop)
    {
        using var request = s.Topic is null ? Plain(s, notices[0]) : Bundle(s, type, notices);
        Sign(s, request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(stop), request);
        foreach (var header in s.Headers)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (header[..colon], header[(colon + 1)..].Trim());
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content?.Headers.TryAddWithoutValidation(name, value);
        }
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(TimeSpan.FromSeconds(s.Timeout));
        try
        {
            var sent = await http.Send(request, patience.Token);
            if (!sent.Ok) return sent.Problem;
            using var answer = sent.Value;
            return answer.IsSuccessStatusCode ? null : new Problem((int)answer.StatusCode, "endpoint-refused", $"The endpoint answered {(int)answer.StatusCode} {answer.ReasonPhrase}.");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new Problem(504, "endpoint-slow", $"The endpoint did not answer within {s.Timeout} s.");
        }
    }

    private static HttpRequestMessage Plain(Subscribed s, Notice notice)
    {
        var at = new UriBuilder(s.Endpoint!);
        if (!s.ByPost && s.Payload is not null) at.Path = $"{at.Path.TrimEnd('/')}/{notice.Reference}";
        if (s.Payload is null || notice.Deleted)
        {
            return Headed(s, new HttpRequestMessage(s.Payload is null || s.ByPost ? HttpMethod.Post : HttpMethod.Delete, at.Uri)
            {
                Content = s.Payload is null || s.ByPost ? new ByteArrayContent([]) : null,
            }, notice.Number, notice);
        }
        var body = s.Payload == "application/fhir+xml" ? FhirXml.FromJson(notice.Body!) : notice.Body!;
        return Headed(s, new HttpRequestMessage(s.ByPost ? HttpMethod.Post : HttpMethod.Put, at.Uri) { Content = Typed(body, s.Payload) }, notice.Number, notice);
    }

    private HttpRequestMessage Bundle(Subscribed s, string type, IReadOnlyList<Notice> notices)
    {
        var bundle = Notification.Bundle(settings.Base, s, type, notices, s.Content, clock.GetUtcNow());
        var body = s.Payload == "application/fhir+xml" ? FhirXml.FromJson(bundle) : bundle;
        return Headed(s, new HttpRequestMessage(HttpMethod.Post, s.Endpoint) { Content = Typed(body, s.Payload!) }, notices.Count > 0 ? notices[^1].Number : null, null);
    }

    private static ByteArrayContent Typed(byte[] body, string type) =>
        new(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) { CharSet = "utf-8" } } };

    private static HttpRequestMessage Headed(Subscribed s, HttpRequestMessage request, long? number, Notice? notice)
    {
        request.Headers.Add("X-Subscription", $"Subscription/{s.Id}");
        if (number is not { } n) return request;
        request.Headers.Add("X-Event-Number", n.ToString(System.Globalization.CultureInfo.InvariantCulture));
        // A notification may come twice (a kill between the endpoint's answer and our note of it), never under another key.
        request.Headers.Add("Idempotency-Key", $"{s.Id}-{n}");
        if (notice is not null) request.Headers.Add("X-Interaction", notice.Kind["fhir.".Length..]);
        return request;
    }

    private static void Sign(Subscribed s, byte[] body, HttpRequestMessage request)
    {
        if (s.Secret is null) return;
        request.Headers.Add("X-Signature", $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(s.Secret), body))}");
    }
}
