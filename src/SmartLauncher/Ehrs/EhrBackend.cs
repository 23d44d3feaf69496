using HealthTeams.FhirGateway.Ehr;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Launch;

namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>Connections the gateway may write a visit's status through: the launch's own where they may write, else the backend client's.</summary>
public sealed class EhrBackend(EhrRegistry ehrs, EhrDiscovery discovery, EhrTokenCall call, LaunchTokens launches, TimeProvider clock)
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);
    private readonly BriefMemory<Guid, string> tokens = new(clock, TimeSpan.FromHours(1), 10_000);

    /// <summary>Bound to <see cref="EhrConnections"/>.</summary>
    public async Task<IReadOnlyList<EhrConnection>> Connections(int tenant, Guid? visit, CancellationToken stop)
    {
        var registered = await ehrs.All(tenant, stop);
        var left = visit is { } id ? await launches.Of(tenant, id, registered, stop) : [];
        return [.. from ehr in registered
            let ofLaunches = left.Where(l => l.Ehr.Id == ehr.Id && LaunchScopes.MayWrite(l.Scope)).Select(l => l.Connection)
            let ways = ehr.BackendClientId is null ? ofLaunches.ToList() : [.. ofLaunches, Backend(ehr)]
            where ways.Count > 0
            select OneOf(ways)];
    }

    /// <summary>The first way whose session is not over; a launch below a test registration goes to its own address only.</summary>
    private static EhrConnection OneOf(List<EhrConnection> ways) => ways[0] with
    {
        Token = async (fresh, stop) =>
        {
            foreach (var way in ways.Where(w => w.Base == ways[0].Base))
            {
                var token = await way.Token(fresh, stop);
                if (token.Ok || token.Problem.Code != LaunchTokens.StartAgain.Code) return token;
            }
            return LaunchTokens.StartAgain;
        },
    };

    private EhrConnection Backend(Ehr ehr) => new(ehr.Id, LaunchTokens.Base(ehr.Iss), (fresh, stop) => Token(ehr, fresh, stop));

    private async Task<Outcome<string>> Token(Ehr ehr, bool fresh, CancellationToken stop)
    {
        if (!fresh && tokens.TryGet(ehr.Id, out var token)) return token;
        var at = await discovery.Find(ehr.Iss, stop);
        if (!at.Ok) return at.Problem;
        var scope = LaunchScopes.Backend(at.Value.V2);
        var answer = await call.AsBackend(ehr.BackendClientId!, at.Value, new() { ["grant_type"] = "client_credentials", ["scope"] = scope }, stop);
        if (!answer.Ok) return answer.Problem;
        var now = clock.GetUtcNow();
        var read = TokenAnswer.ReadTokens(answer.Value, scope, now);
        if (!read.Ok) return read.Problem;
        tokens.Keep(ehr.Id, read.Value.Access, read.Value.ExpiresAt - Margin);
        return read.Value.Access;
    }
}
