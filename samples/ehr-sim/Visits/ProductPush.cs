using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>Status 0 means that no answer came.</summary>
internal sealed record PushResult(int Status, string Outcome, string? Detail, DateTimeOffset At);

/// <summary>Sends visits to the product's FHIR API, as a backend client of the product's authorization server.</summary>
internal sealed class ProductPush(Ehr ehr, Journal journal, HttpClient http)
{
    private readonly KeptTable<PushResult> results = new(journal, "push");
    private (string Token, DateTimeOffset Until)? access;

    public PushResult? Last(string appointmentId) => results.Find(appointmentId);

    public async Task<PushResult> Send(BookedVisit visit, CancellationToken cancellation)
    {
        var result = await Try(visit, cancellation);
        results.Put(visit.Id, result);
        return result;
    }

    private async Task<PushResult> Try(BookedVisit visit, CancellationToken cancellation)
    {
        if (ehr.Options.PushClientSecret is null) return Result(0, "not set up", "EHR_SIM_PUSH_CLIENT_SECRET is not set");
        if (!PushBundle.IsNamed(visit.Appointment)) return Result(0, "not sent", "The appointment has no identifier");
        var bundle = PushBundle.Of(visit, ehr).ToJsonString(Json.Compact);
        try
        {
            var answer = await Post(bundle, cancellation);
            if ((int)answer.StatusCode == 401)
            {
                // The token was revoked over there or died early; one fresh one is worth a try.
                answer.Dispose();
                access = null;
                answer = await Post(bundle, cancellation);
            }
            using (answer)
            {
                var body = await answer.Content.ReadAsStringAsync(cancellation);
                return answer.IsSuccessStatusCode
                    ? Result((int)answer.StatusCode, "sent", null)
                    : Result((int)answer.StatusCode, "refused", body.Length > 400 ? body[..400] : body);
            }
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException || e is TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return Result(0, "unreachable", e.Message);
        }
    }

    private async Task<HttpResponseMessage> Post(string bundle, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, ehr.HealthTeamsUrl + "/fhir");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await AccessToken(cancellation));
        request.Headers.Accept.ParseAdd("application/fhir+json");
        request.Content = new StringContent(bundle, Encoding.UTF8, "application/fhir+json");
        return await http.SendAsync(request, cancellation);
    }

    private async Task<string> AccessToken(CancellationToken cancellation)
    {
        if (access is { } held && held.Until > ehr.Now) return held.Token;
        var discovered = await http.GetStringAsync(ehr.HealthTeamsUrl + "/fhir/.well-known/smart-configuration", cancellation);
        if (!Json.TryParse(discovered, out var configuration) || configuration.Text("token_endpoint") is not { } tokenUrl)
            throw new InvalidOperationException("The product's smart-configuration names no token_endpoint");
        using var request = new HttpRequestMessage(HttpMethod.Post, tokenUrl);
        var pair = $"{Uri.EscapeDataString(ehr.Options.PushClientId)}:{Uri.EscapeDataString(ehr.Options.PushClientSecret!)}";
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        request.Content = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("scope", "system/*.cruds")]);
        using var answer = await http.SendAsync(request, cancellation);
        var body = await answer.Content.ReadAsStringAsync(cancellation);
        if (!answer.IsSuccessStatusCode || !Json.TryParse(body, out var token) || token.Text("access_token") is not { } accessToken)
            throw new InvalidOperationException($"The product's token endpoint answered {(int)answer.StatusCode}");
        var life = token["expires_in"] is JsonValue v && v.TryGetValue<int>(out var seconds) ? seconds : 60;
        access = (accessToken, ehr.Now.AddSeconds(Math.Max(0, life - 30)));
        return accessToken;
    }

    private PushResult Result(int status, string outcome, string? detail) => new(status, outcome, detail, ehr.Now);
}
