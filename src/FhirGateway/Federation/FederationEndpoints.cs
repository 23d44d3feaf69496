using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.Platform.Problems;
using HealthTeams.Platform.Tenants;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Federation;

/// <summary>A hospital's address towards others: its card for anybody, everything else for who signs with a registered key.</summary>
internal static class FederationEndpoints
{
    /// <summary>Bytes of a body: 413 beyond.</summary>
    public const int Limit = 1024 * 1024;

    public static void MapFederation(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/federation/{slug}").AllowAnonymous().ExcludeFromDescription();
        group.MapGet("", Card);
        group.MapPost("hello", (string slug, HttpContext http) => Signed(slug, http, (_, _, _) => Task.FromResult(Results.Json(new JsonObject { ["registered"] = true }))));
        group.MapPost("directory", (string slug, HttpContext http) => Signed(slug, http, async (tenant, _, body) => Results.Json(await Directory(http, tenant, body))));
        group.MapPost("$process-message", (string slug, HttpContext http) => Signed(slug, http, async (tenant, partner, body) =>
            await http.RequestServices.GetRequiredService<Inbox>().Take(tenant, partner, body, http.RequestAborted) is { } problem ? Refused(problem) : Results.Json(new JsonObject { ["accepted"] = true })));
    }

    /// <summary>Who the hospital is and the key it signs with; nothing where nobody opened it.</summary>
    private static async Task<IResult> Card(string slug, TenantDirectory tenants, Db db, FederationKey key, FederationCall call, HttpContext http)
    {
        if (await tenants.Find(slug, http.RequestAborted) is not { } tenant || !await db.In(tenant.Id, Actor.Product, tx => tx.Scalar<bool>("select exists (select from collab.federation where tenant = @Tenant)", new { tx.Tenant }), http.RequestAborted)) return Refused(Inbox.NotOpen);
        http.Response.Headers.CacheControl = "no-cache";
        return Results.Json(new JsonObject { ["name"] = tenant.Name, ["address"] = call.AddressOf(tenant), ["fingerprint"] = key.Fingerprint, ["key"] = key.Public.DeepClone() });
    }

    private static async Task<IResult> Signed(string slug, HttpContext http, Func<Tenant, Partner, byte[], Task<IResult>> act)
    {
        if (await Body(http) is not { } body) return Refused(new Problem(413, "too-long", $"A message between hospitals has at most {Limit / 1024} kB."));
        var who = await http.RequestServices.GetRequiredService<Inbox>().Who(slug, http.Request.Headers[FederationSignature.Name].ToString() is { Length: > 0 } jws ? jws : null, body, http.RequestAborted);
        return who.Ok ? await act(who.Value.Tenant, who.Value.Partner, body) : Refused(who.Problem);
    }

    private static async Task<byte[]?> Body(HttpContext http)
    {
        if (http.Request.ContentLength > Limit) return null;
        using var kept = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0;)
        {
            if (kept.Length + read > Limit) return null;
            kept.Write(buffer, 0, read);
        }
        return kept.ToArray();
    }

    private static async Task<JsonObject> Directory(HttpContext http, Tenant tenant, byte[] body)
    {
        string? name = null;
        var keys = new List<Guid>();
        try
        {
            using var asked = JsonDocument.Parse(body);
            name = Json.FhirJson.Text(asked.RootElement, "name");
            keys.AddRange(Json.FhirJson.Items(asked.RootElement, "keys").Take(PartnerPeople.Found).Select(k => k.ValueKind == JsonValueKind.String && k.TryGetGuid(out var id) ? id : Guid.Empty).Where(k => k != Guid.Empty));
        }
        catch (JsonException)
        {
            // Nobody is found by it.
        }
        var found = await http.RequestServices.GetRequiredService<PartnerPeople>().Ours(tenant.Id, name is { Length: > 100 } ? null : name, keys, http.RequestAborted);
        return new() { ["people"] = new JsonArray([.. found.Select(p => (JsonNode)new JsonObject { ["key"] = p.Id.ToString(), ["family"] = p.Family, ["given"] = p.Given, ["title"] = p.Title })]) };
    }

    private static IResult Refused(Problem problem) => problem.ToResult();
}
