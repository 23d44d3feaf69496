using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.Platform.Outbound;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.FhirGateway.Federation;

/// <summary>What we say to partners: every body signed for that one partner, at that moment, once.</summary>
public sealed class FederationCall(OutboundHttp http, FhirSettings settings, FederationKey key, TimeProvider clock)
{
    /// <summary>Who this hospital is to its partners.</summary>
    public string AddressOf(Tenant tenant) => $"{settings.PublicUrl().AbsoluteUri.TrimEnd('/')}/federation/{tenant.Slug}";

    internal static bool IsAddress(string address, out Uri uri) =>
        Uri.TryCreate(address, UriKind.Absolute, out uri!) && uri.Scheme is "https" or "http" && uri is { UserInfo: "", Query: "", Fragment: "" } && uri.AbsolutePath.Split('/') is ["", .., "federation", { Length: > 0 }] && address.Length <= 500;

    /// <summary>A hospital's name and key, as its address shows them to anybody.</summary>
    internal async Task<Outcome<(string Name, JsonObject Jwk)>> Card(string address, CancellationToken stop)
    {
        var sent = await http.Send(new HttpRequestMessage(HttpMethod.Get, address), stop);
        if (!sent.Ok) return sent.Problem;
        using var answer = sent.Value;
        if (!answer.IsSuccessStatusCode) return new Problem(502, "partner-silent", $"The address answers {(int)answer.StatusCode}: there is no hospital there that federates.");
        try
        {
            var card = JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync(stop)) as JsonObject;
            if ((string?)card?["name"] is { Length: > 0 and <= 200 } name && card["key"] is JsonObject jwk && FederationKey.Read(jwk) is not null) return (name, (JsonObject)jwk.DeepClone());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Said below, as any other answer that is none.
        }
        return new Problem(502, "partner-odd", "The address does not answer as a hospital that federates.");
    }

    /// <returns>The partner's answer; whatever is not accepted is a problem, retried when trying again can help.</returns>
    internal async Task<Outcome<JsonObject>> Send(Tenant tenant, Partner partner, string what, byte[] body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{partner.Address}/{what}") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(what == "$process-message" ? "application/fhir+json" : "application/json");
        request.Headers.Add(FederationSignature.Name, FederationSignature.Make(key, body, AddressOf(tenant), partner.Address, clock.GetUtcNow(), Guid.CreateVersion7(clock.GetUtcNow()).ToString("N")));
        var sent = await http.Send(request, stop);
        if (!sent.Ok) return sent.Problem;
        using var answer = sent.Value;
        var said = Read(await answer.Content.ReadAsByteArrayAsync(stop));
        return answer.StatusCode switch
        {
            HttpStatusCode.OK => said,
            HttpStatusCode.Forbidden => new Problem(409, "partner-not-mutual", $"{partner.Name} has not registered this hospital, or has paused it."),
            HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge => Problem.Unprocessable($"{partner.Name} refuses it: {(string?)said["code"] ?? "no reason"}.", null, "partner-refused"),
            var status => new Problem(502, "partner-failed", $"{partner.Name} answered {(int)status} ({(string?)said["code"] ?? "no reason"})."),
        };
    }

    private static JsonObject Read(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
