using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HealthTeams.Platform.Callers;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Ehrs.Checks;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Administration;

/// <summary>Every step of a registration's test: what it finds wrong, in words, and what to do.</summary>
[Trait("Row", "EHR-11")]
public sealed class RegistrationCheckTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    private static readonly string[] All = ["reach", "fhir", "discovery", "issuer", "keys", "client", "backend", "write", "our-keys", "frame", "launch"];

    [Fact]
    public async Task A_right_registration_passes_every_step_and_asks_for_no_patient()
    {
        var steps = await Check(Simulator());
        Assert.Equal(All.Order(), steps.Keys.Order());
        Assert.All(steps.Values, s => Assert.NotEqual(CheckState.Failed, s.State));
        Assert.Equal(CheckState.Ok, steps["client"].State);
        Assert.Contains("system/Appointment.rus", string.Join(' ', steps["backend"].Args), StringComparison.Ordinal);
        var asked = await product.EhrApi.GetStringAsync("/status/panel");
        Assert.DoesNotContain("/fhir/Patient", asked, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Row", "SMART-A4")]
    [InlineData("https://no-such-host.invalid/r4", "is not known here (DNS)")]
    [InlineData("http://127.0.0.1:9/r4", "refuses the connection")]
    [InlineData("https://169.254.1.1/r4", "private network")]
    public async Task An_EHR_that_is_not_reached_says_at_which_step(string iss, string said)
    {
        var steps = await Check(new EhrToAdd(1, iss, "x", "public"));
        Assert.Equal(CheckState.Failed, steps["reach"].State);
        Assert.Contains(said, steps["reach"].Line, StringComparison.Ordinal);
        Assert.Equal(CheckState.Skipped, steps["client"].State);
    }

    [Fact]
    public async Task An_address_without_TLS_behind_https_is_told_apart_from_a_closed_port()
    {
        var steps = await Check(new EhrToAdd(1, $"https://localhost:{product.Ehr.Port}/fhir", "x", "public"));
        Assert.Contains("certificate", steps["reach"].Line, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SMART-A3")]
    public async Task A_base_that_is_nearly_right_is_corrected()
    {
        var steps = await Check(new EhrToAdd(1, product.Ehr.AbsoluteUri.TrimEnd('/'), "x", "public"));
        Assert.Contains($"there is one below {product.Ehr}fhir", steps["discovery"].Line, StringComparison.Ordinal);
        steps = await Check(new EhrToAdd(1, $"{product.Ehr}fhir/metadata", "x", "public"));
        Assert.Contains($"there is one below {product.Ehr}fhir", steps["discovery"].Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plainChallengeOnly", "discovery", "S256", CheckState.Failed)]
    [InlineData("notJson", "discovery", "not JSON", CheckState.Failed)]
    [InlineData("noSmartConfiguration", "discovery", "older way", CheckState.Note)]
    [InlineData("noChallengeMethods", "discovery", "does not say", CheckState.Note)]
    [InlineData("v1Only", "backend", "gets tokens", CheckState.Ok)]
    [InlineData("down", "reach", "answers", CheckState.Ok)]
    public async Task What_the_EHR_does_wrong_is_said_at_its_step(string fault, string step, string said, CheckState state)
    {
        await product.EhrApi.PostAsJsonAsync("/faults", new Dictionary<string, bool> { [fault] = true });
        try
        {
            var steps = await Check(Simulator());
            Assert.True(steps[step].State == state, steps[step].Line);
            Assert.Contains(said, steps[step].Line, StringComparison.Ordinal);
        }
        finally
        {
            await product.EhrApi.DeleteAsync("/faults");
        }
    }

    [Fact]
    public async Task A_slow_EHR_costs_seconds_and_no_more()
    {
        await product.EhrApi.PostAsJsonAsync("/faults", new { slowMs = 30_000 });
        try
        {
            var clock = Stopwatch.StartNew();
            var steps = await Check(Simulator());
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(25), $"{clock.Elapsed}");
            Assert.Contains("does not answer within", steps["reach"].Line, StringComparison.Ordinal);
        }
        finally
        {
            await product.EhrApi.DeleteAsync("/faults");
        }
    }

    [Theory]
    [Trait("Row", "SMART-A11")]
    [InlineData("somebody-else", "private_key_jwt", "does not accept the client somebody-else with our key")]
    [InlineData("healthteams", "secret", "does not accept the client healthteams with its secret")]
    [InlineData("healthteams", "public", "wants it to authenticate")]
    public async Task A_client_that_the_EHR_does_not_know_is_told_from_a_code_that_it_does_not(string client, string auth, string said)
    {
        var steps = await Check(Simulator() with { ClientId = client, Auth = auth, Secret = auth == "secret" ? "wrong" : null });
        Assert.Equal(CheckState.Failed, steps["client"].State);
        Assert.Contains(said, steps["client"].Line, StringComparison.Ordinal);
        Assert.NotNull(steps["client"].Todo);
    }

    [Fact]
    public async Task A_backend_client_that_is_unknown_and_an_EHR_that_cannot_be_written_to_are_said()
    {
        Assert.Contains("does not accept the backend client nobody", (await Check(Simulator() with { BackendClientId = "nobody" }))["backend"].Line, StringComparison.Ordinal);
        await product.EhrApi.PostAsJsonAsync("/fhir-style", new { style = "readonly" });
        Assert.Contains("neither update nor patch", (await Check(Simulator()))["write"].Line, StringComparison.Ordinal);
        Assert.Equal(CheckState.Skipped, (await Check(Simulator() with { Adapter = "none" }))["write"].State);
        await product.EhrApi.PostAsJsonAsync("/fhir-style", new { style = "plain" });
    }

    [Fact]
    public async Task An_issuer_that_speaks_for_another_is_said()
    {
        var steps = await Check(Simulator() with { Issuer = $"{product.Ehr}fhir" });
        Assert.NotEqual(CheckState.Ok, steps["issuer"].State);
    }

    [Fact]
    public async Task The_page_tells_each_step_as_it_ends_in_the_readers_language_and_keeps_the_last()
    {
        var admin = await product.Administrator("admin-steps");
        var id = await product.Ask<Guid>($"select id from auth.ehr where iss = '{product.Ehr}fhir'");
        var token = Form.Token(await admin.GetStringAsync($"/admin/ehrs/{id}"));
        var answer = await admin.PostAsync($"/admin/ehrs/{id}?handler=steps&lang=fr", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = token }));
        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType!.MediaType);
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(All.Length, lines.Count);
        Assert.Contains(lines, l => l.GetProperty("title").GetString() == "Atteindre le DPI");
        Assert.Contains("last tested", await admin.GetStringAsync($"/admin/ehrs/{id}?lang=en"), StringComparison.Ordinal);
        Assert.True(await product.Ask<long>($"select count(*) from platform.event where kind = 'ehr.tested' and subject = 'ehr/{id}'") > 0);
        // Without a script, the same by the form.
        Assert.Equal(HttpStatusCode.SeeOther, (await admin.Submit($"/admin/ehrs/{id}", $"/admin/ehrs/{id}?handler=check")).StatusCode);
    }

    private EhrToAdd Simulator() => new(1, $"{product.Ehr}fhir", "healthteams", "private_key_jwt") { BackendClientId = "healthteams-backend" };

    /// <summary>Registers, tests, and puts the simulator's registration back.</summary>
    private async Task<Dictionary<string, CheckStep>> Check(EhrToAdd said)
    {
        var ehrs = product.App.Services.GetRequiredService<EhrRegistry>();
        var added = await ehrs.Add(said, default);
        Assert.True(added.Ok, added.Problem?.Detail);
        var steps = new Dictionary<string, CheckStep>();
        await foreach (var step in product.App.Services.GetRequiredService<EhrChecks>().Run(added.Value, Actor.Product, default)) steps.Add(step.Name, step);
        await ehrs.Add(Simulator(), default);
        return steps;
    }
}
