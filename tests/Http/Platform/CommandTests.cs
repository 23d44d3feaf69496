using System.Diagnostics;
using Xunit;

namespace HealthTeams.Tests.Platform;

/// <summary>The commands as an operator types them, on the database of a test.</summary>
public sealed class CommandTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    public async Task A_hospital_and_its_first_doctor_are_made_at_the_console()
    {
        // The tests give their hospitals numbers by hand.
        await product.Sql("select setval(pg_get_serial_sequence('platform.tenant', 'id'), 10)");
        Assert.Equal(0, (await Run("tenant", "add", "--slug", "general", "--name", "General Hospital", "--time-zone", "America/New_York")).Code);
        Assert.Contains("already", (await Run("tenant", "add", "--slug", "general", "--name", "Again")).Output, StringComparison.Ordinal);
        string[] osler = ["staff", "add", "--tenant", "general", "--username", "osler", "--family", "Osler", "--role", "physician", "--role", "teacher", "--identifier", "urn:staff|7"];
        var (code, output) = await Run(osler);
        Assert.True(code == 0, output);
        Assert.Equal(2L, await product.Ask<long>("select count(*) from collab.person_role r join platform.tenant t on t.id = r.tenant where t.slug = 'general'"));
        Assert.Equal(2L, await product.Ask<long>("select count(*) from platform.event where kind in ('tenant.added', 'staff.added') and actor like 'operator:%'"));
        Assert.Equal(1, (await Run(osler)).Code);

        var device = product.Device();
        var form = Form.Token(await device.GetStringAsync("/auth/sign-in"));
        var signedIn = await device.PostAsync("/auth/sign-in", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["username"] = "osler", ["password"] = output.Trim().Split('\n')[^1], ["__RequestVerificationToken"] = form,
        }));
        Assert.Equal(System.Net.HttpStatusCode.SeeOther, signedIn.StatusCode);
    }

    [Theory]
    [InlineData("token --scop system/*.rs", "--scop")]
    [InlineData("tenant add --slug Bad! --name x", "--slug")]
    public async Task What_a_command_does_not_know_is_refused_by_name(string command, string named)
    {
        var (code, output) = await Run(command.Split(' '));
        Assert.Equal(1, code);
        Assert.Contains(named, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BIND", "myhost", "IP address")]
    [InlineData("Roles", "gateway,wroker", "gateway, launcher, collaboration and worker")]
    [InlineData("TRUSTED_PROXIES", "10.0.0.1/99", "TRUSTED_PROXIES")]
    public async Task A_setting_that_means_nothing_is_refused_in_a_sentence(string name, string value, string said)
    {
        var (code, output) = await Run(["--no-demo"], (name, value));
        Assert.Equal(1, code);
        Assert.Contains(said, output, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output)> Run(params string[] arguments) => Run(arguments, ("BIND", "127.0.0.1"));

    private async Task<(int Code, string Output)> Run(string[] arguments, (string Name, string Value) setting)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "HealthTeams.Host.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DATA_DIR"] = TestDatabase.Folder;
        start.Environment["HEALTHTEAMS_DB"] = product.Database.Owner;
        start.Environment[setting.Name] = setting.Value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
