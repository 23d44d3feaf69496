namespace EhrSim;

/// <summary>Who launched, and about whom: bound to the launch handle, never taken from the app.</summary>
internal sealed record LaunchContext(string User, string? Patient, string? Encounter, string? Appointment, bool Framed);

internal sealed record LaunchHandle(LaunchContext Context, DateTimeOffset Expires);

internal sealed record AuthorizationCode(
    string Grant, string ClientId, string RedirectUri, string Scope, string Challenge, string? Nonce,
    LaunchContext Context, DateTimeOffset Expires, bool Used);

internal sealed record AccessToken(string Grant, string ClientId, string Scope, LaunchContext? Context, DateTimeOffset Issued, DateTimeOffset Expires);

internal sealed record RefreshToken(string Grant, string ClientId, string Scope, LaunchContext Context, DateTimeOffset Expires, bool Used);

/// <summary>Everything the authorization server has handed out. A grant is one consent; revoking it ends all its tokens.</summary>
internal sealed class Grants
{
    private static readonly TimeSpan HandleLife = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(1);

    private readonly TimeProvider clock;
    private readonly KeptTable<LaunchHandle> handles;
    private readonly KeptTable<AuthorizationCode> codes;
    private readonly KeptTable<AccessToken> accesses;
    private readonly KeptTable<RefreshToken> refreshes;

    public Grants(Journal journal, TimeProvider clock)
    {
        this.clock = clock;
        handles = new KeptTable<LaunchHandle>(journal, "launch");
        codes = new KeptTable<AuthorizationCode>(journal, "code");
        accesses = new KeptTable<AccessToken>(journal, "access");
        refreshes = new KeptTable<RefreshToken>(journal, "refresh");
        ForgetExpired();
    }

    private DateTimeOffset Now => clock.GetUtcNow();

    public string Launch(LaunchContext context)
    {
        var handle = Secrets.New();
        handles.Put(Secrets.Hash(handle), new LaunchHandle(context, Now + HandleLife));
        return handle;
    }

    public LaunchContext? TakeLaunch(string handle) =>
        handles.TryRemove(Secrets.Hash(handle.Length > LaunchNow.Padding ? handle[..^LaunchNow.Padding] : handle), out var row) && row.Expires > Now ? row.Context : null;

    public string Code(string clientId, string redirectUri, string scope, string challenge, string? nonce, LaunchContext context)
    {
        var code = Secrets.New();
        codes.Put(Secrets.Hash(code), new AuthorizationCode(Secrets.New(), clientId, redirectUri, scope, challenge, nonce, context, Now + CodeLife, false));
        return code;
    }

    /// <summary>Once. A second use means the code leaked, so what the first use got ends too (RFC 6749 4.1.2).</summary>
    public AuthorizationCode? TakeCode(string code)
    {
        var key = Secrets.Hash(code);
        if (codes.Find(key) is not { } row) return null;
        if (row.Used || !codes.TryChange(key, row, row with { Used = true }))
        {
            Revoke(row.Grant);
            return null;
        }
        return row.Expires > Now ? row : null;
    }

    public string NewAccess(string grant, string clientId, string scope, LaunchContext? context, TimeSpan life)
    {
        var token = Secrets.New();
        accesses.Put(Secrets.Hash(token), new AccessToken(grant, clientId, scope, context, Now, Now + life));
        return token;
    }

    public AccessToken? Access(string token) => accesses.Find(Secrets.Hash(token)) is { } row && row.Expires > Now ? row : null;

    public string NewRefresh(string grant, string clientId, string scope, LaunchContext context)
    {
        var token = Secrets.New();
        var life = new SmartScopes(scope).Has("offline_access") ? TimeSpan.FromDays(30) : TimeSpan.FromHours(8);
        refreshes.Put(Secrets.Hash(token), new RefreshToken(grant, clientId, scope, context, Now + life, false));
        return token;
    }

    public RefreshToken? Refresh(string token) => refreshes.Find(Secrets.Hash(token)) is { Used: false } row && row.Expires > Now ? row : null;

    /// <summary>Rotation: each refresh token works once, and a second use ends the whole grant.</summary>
    public RefreshToken? TakeRefresh(string token, string clientId)
    {
        var key = Secrets.Hash(token);
        if (refreshes.Find(key) is not { } row || row.ClientId != clientId) return null;
        if (row.Used || !refreshes.TryChange(key, row, row with { Used = true }))
        {
            Revoke(row.Grant);
            return null;
        }
        return row.Expires > Now ? row : null;
    }

    public void Revoke(string grant)
    {
        accesses.RemoveWhere(a => a.Grant == grant);
        refreshes.RemoveWhere(r => r.Grant == grant);
    }

    public void RevokeAccess(string token) => accesses.TryRemove(Secrets.Hash(token), out _);

    private void ForgetExpired()
    {
        handles.RemoveWhere(h => h.Expires <= Now);
        codes.RemoveWhere(c => c.Expires <= Now - TimeSpan.FromHours(1));
        accesses.RemoveWhere(a => a.Expires <= Now);
        refreshes.RemoveWhere(r => r.Expires <= Now);
    }
}
