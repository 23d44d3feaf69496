using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dapper;
using HealthTeams.SmartLauncher.Callers;

namespace HealthTeams.SmartLauncher.Discovery;

/// <summary>What patients know a hospital by.</summary>
/// <param name="Website">https; without "www." and path it is the brand's identifier, too.</param>
/// <param name="Country">ISO 3166-1, two letters.</param>
public sealed record Brand(string Name, string Website)
{
    public string? Logo { get; init; }
    public string? PortalName { get; init; }
    public string? PortalUrl { get; init; }
    public string? City { get; init; }
    public string? PostalCode { get; init; }
    public string? Country { get; init; }
}

/// <summary>The bundle as it is served, its ETag, and the identifier of the primary brand: that of the first hospital.</summary>
public sealed record BrandBundle(JsonObject Bundle, string ETag, string Primary);

/// <summary>User-access brands (SMART-S19): one Organization for each hospital that said what it is known by, one Endpoint. https://hl7.org/fhir/smart-app-launch/brands.html</summary>
public sealed class Brands(Db db, LauncherSettings settings)
{
    private const string Extensions = "http://hl7.org/fhir/StructureDefinition/", Profiles = "http://hl7.org/fhir/smart-app-launch/StructureDefinition/";
    private readonly BriefMemory<int, BrandBundle?> known = new(db.Clock, TimeSpan.FromSeconds(10), 1);

    public async Task<Problem?> Set(int tenant, Brand said, CancellationToken stop)
    {
        if (string.IsNullOrWhiteSpace(said.Name) || said.Name.Length > 200) return Problem.Invalid("name has 1 to 200 characters.", "name");
        if (!Https(said.Website)) return Problem.Invalid("website is an https address.", "website");
        if (said.PortalUrl is not null && !Https(said.PortalUrl)) return Problem.Invalid("portal is an https address.", "portal");
        if (said.Logo is not null && !Https(said.Logo) && !said.Logo.StartsWith("data:image/", StringComparison.Ordinal)) return Problem.Invalid("logo is an https address or a data: image.", "logo");
        if (said.Logo?.Length > 200_000) return Problem.Invalid("A logo in the bundle itself has at most 200 kB.", "logo");
        if (said.Country is not null && !(said.Country.Length == 2 && said.Country.All(char.IsAsciiLetterUpper))) return Problem.Invalid("country has two capital letters (ISO 3166-1).", "country");
        await db.In(tenant, Actor.Product, async tx =>
        {
            await tx.Execute("""
                insert into auth.brand (tenant, name, website, logo, portal_name, portal_url, city, postal_code, country, set_at)
                values (@Tenant, @Name, @Website, @Logo, @PortalName, @PortalUrl, @City, @PostalCode, @Country, @Now)
                on conflict (tenant) do update
                set name = excluded.name, website = excluded.website, logo = excluded.logo, portal_name = excluded.portal_name, portal_url = excluded.portal_url,
                  city = excluded.city, postal_code = excluded.postal_code, country = excluded.country, set_at = excluded.set_at
                where (brand.name, brand.website, brand.logo, brand.portal_name, brand.portal_url, brand.city, brand.postal_code, brand.country)
                  is distinct from (excluded.name, excluded.website, excluded.logo, excluded.portal_name, excluded.portal_url, excluded.city, excluded.postal_code, excluded.country)
                """, new { tx.Tenant, said.Name, said.Website, said.Logo, said.PortalName, said.PortalUrl, said.City, said.PostalCode, said.Country, tx.Now });
            tx.Publish("brand.set", "brand");
        }, stop);
        return null;
    }

    /// <returns>Null while no hospital has said what it is known by.</returns>
    public async ValueTask<BrandBundle?> Published(CancellationToken stop)
    {
        if (known.TryGet(0, out var bundle)) return bundle;
        await using var connection = await db.App.OpenConnectionAsync(stop);
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition("""
            select slug, name, website, logo, portal_name as PortalName, portal_url as PortalUrl, city, postal_code as PostalCode, country, set_at as SetAt from auth.brands()
            """, cancellationToken: stop))).AsList();
        bundle = rows.Count == 0 ? null : Build(rows);
        known.Keep(0, bundle);
        return bundle;
    }

    internal static JsonObject Identifier(string website)
    {
        var uri = new Uri(website);
        var host = uri.Host.StartsWith("www.", StringComparison.OrdinalIgnoreCase) ? uri.Host[4..] : uri.Host;
        return new() { ["system"] = "urn:ietf:rfc:3986", ["value"] = $"https://{host}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}" };
    }

    private BrandBundle Build(List<Row> rows)
    {
        var changed = rows.Max(r => r.SetAt).ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        JsonObject Entry(JsonObject resource) => new() { ["fullUrl"] = $"{settings.At("/brands")}/{resource["resourceType"]}/{resource["id"]}", ["resource"] = resource };
        var bundle = new JsonObject
        {
            ["resourceType"] = "Bundle",
            ["id"] = "user-access-brands",
            ["meta"] = Meta("user-access-brands-bundle", changed),
            ["type"] = "collection",
            ["timestamp"] = changed,
            ["entry"] = new JsonArray([.. rows.Select(r => Entry(Organization(r))), Entry(Endpoint(changed))]),
        };
        var hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(bundle.ToJsonString()));
        return new BrandBundle(bundle, $"W/\"{Convert.ToHexStringLower(hash.AsSpan(0, 8))}\"", rows[0].Website);
    }

    private static JsonObject Organization(Row row)
    {
        var organization = new JsonObject
        {
            ["resourceType"] = "Organization",
            ["id"] = row.Slug,
            ["meta"] = Meta("user-access-brand", row.SetAt.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
            ["extension"] = new JsonArray(
                row.Logo is null ? null : Extension("organization-brand", ("brandLogo", "valueUrl", row.Logo)),
                Extension("organization-portal", ("portalName", "valueString", row.PortalName ?? row.Name), ("portalUrl", "valueUrl", row.PortalUrl), ("portalEndpoint", "valueReference", "Endpoint/fhir-r4"))),
            ["identifier"] = new JsonArray(Identifier(row.Website)),
            ["active"] = true,
            ["type"] = new JsonArray(Concept("http://terminology.hl7.org/CodeSystem/organization-type", "prov", "Healthcare Provider")),
            ["name"] = row.Name,
            ["telecom"] = new JsonArray(new JsonObject { ["system"] = "url", ["value"] = row.Website }),
            ["endpoint"] = new JsonArray(new JsonObject { ["reference"] = "Endpoint/fhir-r4" }),
        };
        if (row.Logo is null) ((JsonArray)organization["extension"]!).RemoveAt(0);
        var address = new JsonObject();
        if (row.City is not null) address["city"] = row.City;
        if (row.PostalCode is not null) address["postalCode"] = row.PostalCode;
        if (row.Country is not null) address["country"] = row.Country;
        if (address.Count > 0) organization["address"] = new JsonArray(address);
        return organization;
    }

    private JsonObject Endpoint(string changed) => new()
    {
        ["resourceType"] = "Endpoint",
        ["id"] = "fhir-r4",
        ["meta"] = Meta("user-access-endpoint", changed),
        ["extension"] = new JsonArray(new JsonObject { ["url"] = Extensions + "endpoint-fhir-version", ["valueCode"] = "4.0.1" }),
        ["status"] = "active",
        ["connectionType"] = new JsonObject { ["system"] = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", ["code"] = "hl7-fhir-rest" },
        ["name"] = "HealthTeams FHIR R4",
        ["contact"] = new JsonArray(new JsonObject { ["system"] = "url", ["value"] = settings.At("/docs/api") }),
        ["payloadType"] = new JsonArray(Concept("http://terminology.hl7.org/CodeSystem/endpoint-payload-type", "none", "None")),
        ["address"] = settings.FhirBase,
    };

    private static JsonObject Meta(string profile, string changed) => new() { ["lastUpdated"] = changed, ["profile"] = new JsonArray(Profiles + profile) };

    private static JsonObject Concept(string system, string code, string display) =>
        new() { ["coding"] = new JsonArray(new JsonObject { ["system"] = system, ["code"] = code, ["display"] = display }) };

    private static JsonObject Extension(string name, params (string Url, string Type, string? Value)[] parts) => new()
    {
        ["extension"] = new JsonArray([.. parts.Where(p => p.Value is not null).Select(p => new JsonObject
        {
            ["url"] = p.Url, [p.Type] = p.Type == "valueReference" ? new JsonObject { ["reference"] = p.Value } : p.Value,
        })]),
        ["url"] = Extensions + name,
    };

    private static bool Https(string text) => text.Length <= 1000 && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "https", UserInfo: "" };

    private sealed record Row
    {
        public string Slug { get; init; } = "";
        public string Name { get; init; } = "";
        public string Website { get; init; } = "";
        public string? Logo { get; init; }
        public string? PortalName { get; init; }
        public string? PortalUrl { get; init; }
        public string? City { get; init; }
        public string? PostalCode { get; init; }
        public string? Country { get; init; }
        public DateTime SetAt { get; init; }
    }
}
