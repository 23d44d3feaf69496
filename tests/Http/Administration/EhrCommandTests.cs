using System.Diagnostics;
using Xunit;

namespace HealthTeams.Tests.Administration;

/// <summary>./run ehr … and ./run host … as an operator types them.</summary>
[Trait("Row", "EHR-12")]
public sealed class EhrCommandTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    [Fact]
    public async Task An_EHR_that_does_not_answer_is_registered_all_the_same_and_said_so()
    {
        var (code, output) = await Run("ehr", "add", "--iss", "http://127.0.0.1:9/r4", "--client-id", "x", "--auth", "public");
        Assert.True(code == 0, output);
        Assert.StartsWith("registered http://127.0.0.1:9/r4 for demo", output, StringComparison.Ordinal);
        Assert.Contains("redirect URI to give to the EHR: ", output, StringComparison.Ordinal);
        Assert.Contains("failed   Reaching the EHR", output, StringComparison.Ordinal);
        Assert.Equal(1, (await Run("ehr", "test", "http://127.0.0.1:9/r4")).Code);
        var (_, list) = await Run("ehr", "list", "--tenant", "demo");
        Assert.Contains("http://127.0.0.1:9/r4", list, StringComparison.Ordinal);
        Assert.Contains("reach", list, StringComparison.Ordinal);
        Assert.Equal(0, (await Run("ehr", "remove", "http://127.0.0.1:9/r4")).Code);
        Assert.Equal(1, (await Run("ehr", "test", "http://127.0.0.1:9/r4")).Code);
        Assert.Equal(2, await product.Ask<long>("select count(distinct kind) from platform.event where kind in ('ehr.registered', 'ehr.removed') and actor like 'operator:%' and actor_kind = 'System'"));
    }

    [Fact]
    public async Task Strict_keeps_nothing_that_fails_and_restores_what_was_there()
    {
        var (code, output) = await Run("ehr", "add", "--iss", "http://127.0.0.1:10/r4", "--client-id", "x", "--auth", "public", "--strict");
        Assert.True(code == 1, output);
        Assert.Equal(0, await product.Ask<long>("select count(*) from auth.ehr where iss = 'http://127.0.0.1:10/r4'"));
        Assert.Equal(0, await product.Ask<long>("select count(*) from platform.outbound_host where origin = 'http://127.0.0.1:10'"));
        // Of a registration that works, a change that does not is taken back.
        (code, _) = await Run("ehr", "add", "--iss", $"{product.Ehr}fhir", "--client-id", "nobody", "--auth", "private_key_jwt", "--strict");
        Assert.Equal(1, code);
        Assert.Equal("healthteams healthteams-backend", await product.Ask<string>($"select client_id || ' ' || backend_client_id from auth.ehr where iss = '{product.Ehr}fhir'"));
    }

    [Fact]
    [Trait("Row", "EHR-10")]
    public async Task Mixed_environments_and_settings_that_do_not_go_together_are_refused_in_words()
    {
        var (code, output) = await Run("ehr", "add", "--iss", $"{product.Ehr}fhir", "--client-id", "x", "--auth", "public", "--environment", "test");
        Assert.Equal(1, code);
        Assert.Contains("is registered as production", output, StringComparison.Ordinal);
        Assert.Contains("write-back oracle", (await Run("ehr", "add", "--iss", "https://o.example/r4", "--client-id", "x", "--auth", "public", "--join-link", "oracle")).Output, StringComparison.Ordinal);
        Assert.Contains("--strictly", (await Run("ehr", "add", "--strictly")).Output, StringComparison.Ordinal);
        Assert.Equal(0, await product.Ask<long>("select count(*) from auth.ehr where iss = 'https://o.example/r4'"));
    }

    [Fact]
    public async Task A_registration_for_many_addresses_below_is_not_asked_anything()
    {
        var (code, output) = await Run("ehr", "add", "--iss", "http://127.0.0.1:11/sims", "--client-id", "x", "--auth", "public", "--test");
        Assert.Equal(0, code);
        Assert.Contains("covers every address below", output, StringComparison.Ordinal);
        Assert.DoesNotContain("failed", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_are_added_listed_and_removed()
    {
        Assert.Equal(0, (await Run("host", "add", "https://hooks.example/path")).Code);
        Assert.Contains("https://hooks.example", (await Run("host", "list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Run("host", "remove", "https://hooks.example")).Code);
        Assert.Equal(1, (await Run("host", "remove", "https://hooks.example")).Code);
        Assert.Equal(1, (await Run("host", "add", "hooks.example")).Code);
    }

    private async Task<(int Code, string Output)> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "HealthTeams.Host.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DATA_DIR"] = TestDatabase.Folder;
        start.Environment["HEALTHTEAMS_DB"] = product.Database.Owner;
        start.Environment["PUBLIC_URL"] = product.Url.AbsoluteUri.TrimEnd('/');
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
