using System.Net.Http.Headers;
using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.FhirGateway.Ehr;

/// <summary>FHIR at an EHR: with the connection's token, a fresh one after a 401 (SMART-A22), answers as values.</summary>
internal sealed class EhrClient(OutboundHttp http, EhrConnection ehr)
{
    public Task<Outcome<JsonElement>> Get(string relative, CancellationToken stop) => Send(HttpMethod.Get, relative, null, null, stop);

    /// <summary>
    /// As <see cref="Get"/>, with the EHR's own absolute references made relative: "{base}/Patient/7" and "Patient/7" are one
    /// patient there, and only another server's stays foreign. Not for what is written back, which keeps its tokens.
    /// </summary>
    public async Task<Outcome<JsonElement>> Read(string relative, CancellationToken stop)
    {
        var answer = await Get(relative, stop);
        return answer.Ok && answer.Value.ValueKind == JsonValueKind.Object ? Local(answer.Value, ehr.Base) : answer;
    }

    internal static JsonElement Local(JsonElement resource, Uri fhirBase) =>
        JsonDocument.Parse(FhirJson.Write(w => FhirJson.Copy(w, resource, new ReferenceMap(fhirBase.AbsoluteUri.TrimEnd('/'))))).RootElement;

    public Task<Outcome<JsonElement>> Put(string relative, byte[] body, string? etag, CancellationToken stop) => Send(HttpMethod.Put, relative, body, etag, stop);

    /// <summary>https://www.rfc-editor.org/rfc/rfc6902</summary>
    public Task<Outcome<JsonElement>> Patch(string relative, byte[] operations, string? etag, CancellationToken stop) =>
        Send(HttpMethod.Patch, relative, operations, etag, stop, "application/json-patch+json");

    /// <summary>http://hl7.org/fhir/R4/http.html#ccreate: said again it is found, not made twice.</summary>
    public Task<Outcome<JsonElement>> Create(string type, byte[] body, string unless, CancellationToken stop) => Send(HttpMethod.Post, type, body, null, stop, unless: unless);

    private async Task<Outcome<JsonElement>> Send(HttpMethod method, string relative, byte[]? body, string? etag, CancellationToken stop, string type = "application/fhir+json", string? unless = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            var token = await ehr.Token(attempt > 0, stop);
            if (!token.Ok) return token.Problem;
            using var request = new HttpRequestMessage(method, $"{ehr.Base.AbsoluteUri.TrimEnd('/')}/{relative}");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
            request.Headers.Accept.ParseAdd("application/fhir+json");
            if (etag is not null) request.Headers.TryAddWithoutValidation("If-Match", etag);
            if (unless is not null) request.Headers.TryAddWithoutValidation("If-None-Exist", unless);
            if (body is not null) request.Content = new ByteArrayContent(body) { Headers = { ContentType = new(type) } };
            var sent = await http.Send(request, stop);
            if (!sent.Ok) return sent.Problem;
            using var response = sent.Value;
            var status = (int)response.StatusCode;
            if (status == 401 && attempt == 0) continue;
            if (status is >= 300 and < 400) return new Problem(502, "ehr-answer", $"The EHR answered {status}; redirects are not followed.");
            if (status >= 400) return new Problem(status, "ehr-refused", $"The EHR answered {status} to {method} {relative.Split('?')[0].Split('/')[0]}.");
            var bytes = await response.Content.ReadAsByteArrayAsync(stop);
            try
            {
                if (!JsonText.Readable(bytes)) return new Problem(502, "ehr-answer", "The EHR's answer holds something that is no text.");
                return bytes.Length == 0 ? default(JsonElement) : JsonDocument.Parse(bytes).RootElement;
            }
            catch (JsonException)
            {
                return new Problem(502, "ehr-answer", "The EHR's answer is not JSON.");
            }
        }
    }
}
