using Dapper;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Ehrs.Checks;
using static HealthTeams.Host.Commands.Operator;

namespace HealthTeams.Host.Commands;

/// <summary>Registrations of EHRs at the console: the same acts and the same test as on the administrator's page.</summary>
internal static class EhrCommands
{
    /// <summary>Registers, then tests and says what is wrong. The registration stays all the same, unless it is asked to be strict.</summary>
    public static Task<int> Add(Options o) => With(async (services, _) =>
    {
        if (await Hospital(services, o) is not { } tenant) return 1;
        var ehrs = services.GetRequiredService<EhrRegistry>();
        var began = TimeProvider.System.GetUtcNow();
        var before = IssMatch.Normalise(o.Must("iss")) is { Ok: true } iss && await ehrs.Find(iss.Value, exactly: true, default) is { Ok: true, Value: var known } ? known : null;
        var adapter = o.One("write-back") ?? before?.Adapter ?? "fhir";
        var added = await ehrs.Add(new EhrToAdd(tenant.Id, o.Must("iss"), o.Must("client-id"), o.Must("auth"))
        {
            Secret = o.One("secret"), Issuer = o.One("issuer"), FrameOrigins = o.All("frame-origin"), BackendClientId = o.One("backend-client-id"),
            // Without a backend client the launches' own tokens write a visit's status back, so launches ask for that.
            WriteBack = o.One("backend-client-id") is null, Test = o.Has("test"), PrivateNetwork = o.Has("private-network"),
            Environment = o.One("environment"), Adapter = adapter, JoinLink = o.One("join-link") ?? (adapter == "none" ? null : before?.JoinLink) ?? "none", By = Me,
        }, default);
        if (!added.Ok) return Fail(added.Problem.Detail);
        var ehr = added.Value;
        Console.WriteLine($"registered {ehr.Iss} for {tenant.Slug}, as {ehr.Environment}\nredirect URI to give to the EHR: {services.GetRequiredService<LauncherSettings>().LaunchCallback}");
        if (o.Has("no-check")) return 0;
        var failed = await Check(services, ehr);
        if (failed == 0) return 0;
        if (!o.Has("strict"))
        {
            Console.WriteLine($"It is registered all the same; mend the above, then: ./run ehr test {ehr.Iss}");
            return 0;
        }
        if (before is null)
        {
            await ehrs.Remove(ehr.Tenant, ehr.Id, Me, default);
            await ForgetHosts(services, ehr, began);
        }
        else await ehrs.Restore(before, Me, default);
        return Fail(before is null ? "Nothing was registered (--strict)." : "The registration is as it was before (--strict).");
    });

    public static Task<int> List(Options o) => With(async (services, _) =>
    {
        var only = o.One("tenant");
        var checks = services.GetRequiredService<EhrChecks>();
        Console.WriteLine("tenant\tenvironment\tiss\tclient\tauth\twrite-back\tjoin-link\tlast test");
        foreach (var tenant in (await services.GetRequiredService<TenantDirectory>().All(default)).Where(t => only is null || t.Slug == only))
        {
            var kept = await checks.All(tenant.Id, default);
            foreach (var e in await services.GetRequiredService<EhrRegistry>().All(tenant.Id, default))
            {
                var last = kept.GetValueOrDefault(e.Id) switch
                {
                    null => "never",
                    { Failed: 0 } c => $"ok {c.At:yyyy-MM-dd HH:mm}Z",
                    var c => $"failed {c.At:yyyy-MM-dd HH:mm}Z: {string.Join(' ', c.Steps.Where(s => s.State == CheckState.Failed).Select(s => s.Name))}",
                };
                Console.WriteLine($"{tenant.Slug}\t{e.Environment}\t{e.Iss}{(e.Test ? " and below" : "")}\t{e.ClientId}\t{e.Auth}\t{e.Adapter}\t{e.JoinLink}\t{last}");
            }
        }
        return 0;
    });

    /// <summary>Exit code 1 when a step failed: for scripts that wait for an EHR.</summary>
    public static Task<int> Test(string iss) => With(async (services, _) =>
        await Find(services, iss) is { } ehr && await Check(services, ehr) == 0 ? 0 : 1);

    public static Task<int> Remove(string iss) => With(async (services, _) =>
    {
        if (await Find(services, iss) is not { } ehr) return 1;
        var removed = await services.GetRequiredService<EhrRegistry>().Remove(ehr.Tenant, ehr.Id, Me, default);
        return Say(removed, _ => $"removed {ehr.Iss}; its host stays: ./run host remove {new Uri(ehr.Iss).GetLeftPart(UriPartial.Authority)}");
    });

    private static async Task<int> Check(IServiceProvider services, Ehr ehr)
    {
        var failed = 0;
        await foreach (var step in services.GetRequiredService<EhrChecks>().Run(ehr, Me, default))
        {
            Console.WriteLine(step.Line);
            if (step.State == CheckState.Failed) failed++;
        }
        return failed;
    }

    /// <summary>Hosts that this very command had added; those that were there before are others' too.</summary>
    private static async Task ForgetHosts(IServiceProvider services, Ehr ehr, DateTimeOffset began)
    {
        await using var connection = await services.GetRequiredService<Db>().App.OpenConnectionAsync();
        var origins = new[] { ehr.Iss, ehr.Issuer }.OfType<string>().Select(a => new Uri(a).GetLeftPart(UriPartial.Authority)).ToArray();
        await connection.ExecuteAsync("delete from platform.outbound_host where origin = any(@origins) and added_at >= @began", new { origins, began });
    }

    private static async Task<Ehr?> Find(IServiceProvider services, string text)
    {
        var iss = IssMatch.Normalise(text);
        var found = iss.Ok ? await services.GetRequiredService<EhrRegistry>().Find(iss.Value, exactly: true, default) : iss.Problem;
        if (found.Ok) return found.Value;
        Fail($"{text} is not registered; ./run ehr list shows what is.");
        return null;
    }

    private static async Task<Tenant?> Hospital(IServiceProvider services, Options o)
    {
        var slug = o.One("tenant") ?? "demo";
        var tenant = await services.GetRequiredService<TenantDirectory>().Find(slug, default);
        if (tenant is null) Fail($"There is no tenant {slug}.");
        return tenant;
    }
}
