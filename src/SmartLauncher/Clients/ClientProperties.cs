using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthTeams.SmartLauncher.Clients;

/// <summary>What we know of a client beyond OpenIddict's columns, as properties of its application.</summary>
internal static class ClientProperties
{
    private const string Tenant = "tenant", Scope = "scope", Auth = "auth", Name = "name", Backend = "backend", Pending = "pending";
    private const string LaunchUrl = "launch_url", Frame = "frame", Trusted = "trusted", RegisteredAt = "registered_at";

    public const string JwksUrl = "jwks_url";

    public static Client Read(string id, ImmutableDictionary<string, JsonElement> p) => new(id, Text(p, Tenant) ?? "", Text(p, Scope) ?? "", Text(p, Auth) ?? "")
    {
        Name = Text(p, Name) ?? id, Backend = Text(p, Backend) == "true", Pending = Text(p, Pending) == "true", JwksUrl = Text(p, JwksUrl), LaunchUrl = Text(p, LaunchUrl),
        Frame = Text(p, Frame) == "true", Trusted = Text(p, Trusted) == "true",
        RegisteredAt = DateTimeOffset.TryParse(Text(p, RegisteredAt), CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) ? at : null,
    };

    public static void Write(OpenIddictApplicationDescriptor application, Client client)
    {
        void Set(string name, string? value)
        {
            if (value is null) application.Properties.Remove(name);
            else application.Properties[name] = JsonSerializer.SerializeToElement(value);
        }
        Set(Tenant, client.Tenant);
        Set(Scope, client.Scope);
        Set(Auth, client.Auth);
        Set(Name, client.Name);
        Set(Backend, client.Backend ? "true" : null);
        Set(Pending, client.Pending ? "true" : null);
        Set(JwksUrl, client.JwksUrl);
        Set(LaunchUrl, client.LaunchUrl);
        Set(Frame, client.Frame ? "true" : null);
        Set(Trusted, client.Trusted ? "true" : null);
        Set(RegisteredAt, client.RegisteredAt?.ToString("O", CultureInfo.InvariantCulture));
    }

    /// <summary>A client without permissions exists and can do nothing.</summary>
    public static string[] Permitted(bool backend) => backend
        ? [Permissions.Endpoints.Token, Permissions.Endpoints.Introspection, Permissions.Endpoints.Revocation, Permissions.GrantTypes.ClientCredentials]
        : [Permissions.Endpoints.Authorization, Permissions.Endpoints.Token, Permissions.Endpoints.Introspection, Permissions.Endpoints.Revocation,
            Permissions.GrantTypes.AuthorizationCode, Permissions.GrantTypes.RefreshToken, Permissions.ResponseTypes.Code];

    public static string? Text(ImmutableDictionary<string, JsonElement> properties, string name) =>
        properties.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
