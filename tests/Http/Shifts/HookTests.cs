using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HealthTeams.Tests.Shifts;

/// <summary>SH-14: a workforce system that runs beside the product, says no, says nothing, or chooses.</summary>
public sealed class HookTests(TestProduct product) : IClassFixture<TestProduct>
{
    private const string Secret = "a secret of thirty-two characters";

    [Fact]
    [Trait("Row", "SH-14")]
    public async Task The_workforce_systems_no_reaches_the_person_in_its_own_words_and_nothing_is_kept()
    {
        await using var wfm = await Wfm.Start();
        await Register();
        var scene = await ShiftScene.Open(product, "mary", "clara");
        await Connect(scene, wfm.Url, "hmac", "refuse", "shift", "offerShiftRequest");
        wfm.Answer = (200, """{"responses":[{"id":"1","status":403,"body":{"error":{"code":"union","message":"Article 7: no shift on a Tuesday."}}}]}""");
        var said = await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/{scene.Team}/item", scene.Fields("mary", ShiftScene.Tuesday, "07:00", "15:00"));
        Assert.Contains("Article 7: no shift on a Tuesday.", said, StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}'"));

        var (path, signature, body) = wfm.Heard.Single();
        Assert.Equal("/v1/update", path);
        var at = signature.Split(',')[0][2..];
        Assert.Equal(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), (byte[])[.. Encoding.ASCII.GetBytes(at + "."), .. body])), signature.Split("v1=")[1]);
        var request = JsonDocument.Parse(body).RootElement.GetProperty("requests")[0];
        Assert.Equal(("POST", scene.People["mary"].ToString()), (request.GetProperty("method").GetString(), request.GetProperty("body").GetProperty("userId").GetString()));

        // What our own rules refuse never reaches it.
        wfm.Heard.Clear();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await scene.Post("boss", $"/shifts/{scene.Team}/item", [.. scene.Fields("mary", ShiftScene.Tuesday, "07:00", "15:00"), ("Skills", "ECMO")])).StatusCode);
        Assert.Empty(wfm.Heard);
        wfm.Answer = (200, """{"responses":[{"id":"1","status":200}]}""");
        var shift = await scene.Shift("mary", ShiftScene.Tuesday, "07:00", "15:00");
        wfm.Answer = (409, "no");
        Assert.Contains("409", await scene.Refused(HttpStatusCode.UnprocessableEntity, "mary", $"/shifts/{scene.Team}/ask?kind=offer&shift={shift}", ("recipient", scene.People["clara"].ToString())), StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift_request where team = '{scene.Team}'"));
        // Not asked about: decided without it.
        await scene.OpenShift(ShiftScene.Tuesday, "07:00", "15:00", 1);
    }

    [Fact]
    [Trait("Row", "SH-14")]
    public async Task Copies_rotations_and_sharing_are_one_question_each_and_every_no_is_of_a_shift_by_name()
    {
        await using var wfm = await Wfm.Start();
        await Register();
        var scene = await ShiftScene.Open(product, "mary", "clara");
        await scene.Shift("mary", ShiftScene.Tuesday, "07:00", "15:00", share: false, label: "Early");
        await scene.Shift("clara", ShiftScene.Tuesday, "15:00", "23:00", share: false, label: "Late");
        await scene.OpenShift(ShiftScene.Tuesday, "07:00", "15:00", 1, share: false);
        await Connect(scene, wfm.Url, "hmac", "refuse", "shift");
        wfm.Answer = (403, "{}");
        await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/{scene.Team}/share", ("from", "2026-11-24"), ("to", "2026-11-24"));
        // Open shifts are not its business.
        var asked = JsonDocument.Parse(wfm.Heard.Single().Body).RootElement;
        Assert.Equal(("shift", 2), (asked.GetProperty("entity").GetString(), asked.GetProperty("requests").GetArrayLength()));
        var late = asked.GetProperty("requests").EnumerateArray().Single(r => r.GetProperty("body").GetProperty("displayName").GetString() == "Late").GetProperty("id").GetString();
        wfm.Answer = (200, $$$$"""{"responses":[{"id":"{{{{late}}}}","status":403,"body":{"error":{"message":"No lates this week."}}}]}""");
        var said = await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/{scene.Team}/share", ("from", "2026-11-24"), ("to", "2026-11-24"));
        Assert.Contains("Late", said, StringComparison.Ordinal);
        Assert.Contains("15:00: No lates this week.", said, StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and not draft"));

        var drafts = await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}'");
        wfm.Heard.Clear();
        wfm.Answer = (403, "{}");
        await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/{scene.Team}/plan?handler=copy", ("first", "2026-11-24"), ("copied", "1"), ("to", "2026-12-01"));
        Assert.Equal((1, drafts), (wfm.Heard.Count, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}'")));
        wfm.Answer = (200, """{"responses":[]}""");
        await scene.Done("boss", $"/shifts/{scene.Team}/share", ("from", "2026-11-24"), ("to", "2026-11-24"));
        Assert.Equal(3L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and not draft"));
    }

    [Theory]
    [InlineData("refuse", HttpStatusCode.ServiceUnavailable)]
    [InlineData("allow", HttpStatusCode.SeeOther)]
    [Trait("Row", "SH-14")]
    public async Task Silence_means_what_the_setting_says(string onSilence, HttpStatusCode expected)
    {
        var scene = await ShiftScene.Open(product, "mary");
        await Register();
        await Connect(scene, "http://127.0.0.1:1", "hmac", onSilence, "shift");
        Assert.Equal(expected, (await scene.Post("boss", $"/shifts/{scene.Team}/item", scene.Fields("mary", ShiftScene.Tuesday, "07:00", "15:00"))).StatusCode);
    }

    [Fact]
    [Trait("Row", "SH-14")]
    public async Task It_chooses_what_is_offered_reads_only_with_its_secret_and_only_owners_connect_it()
    {
        await using var wfm = await Wfm.Start();
        await Register();
        var scene = await ShiftScene.Open(product, "mary", "clara");
        var (hers, one, two) = (await scene.Shift("mary", ShiftScene.Tuesday, "07:00", "15:00"), await scene.Shift("clara", ShiftScene.Tuesday.AddDays(1), "07:00", "15:00", label: "Allowed"), await scene.Shift("clara", ShiftScene.Tuesday.AddDays(2), "07:00", "15:00", label: "Barred"));
        await scene.Done("boss", $"/shifts/{scene.Team}/settings?handler=hook", ("url", wfm.Url), ("secret", Secret), ("protocol", "aes"), ("onSilence", "refuse"), ("eligibility", "swapRequest"));
        wfm.Answer = (200, $$"""{"shiftIds":["{{one}}","{{Guid.NewGuid()}}"]}""");
        var page = await scene["mary"].GetStringAsync($"/shifts/{scene.Team}/ask?kind=swap&shift={hers}");
        Assert.Contains("Allowed", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Barred", page, StringComparison.Ordinal);
        var body = wfm.Heard.Single().Body;
        Assert.DoesNotContain(two.ToString(), Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        using var aes = new AesGcm(SHA256.HashData(Encoding.UTF8.GetBytes(Secret)), 16);
        var plain = new byte[body.Length - 28];
        aes.Decrypt(body.AsSpan(0, 12), body.AsSpan(12, plain.Length), body.AsSpan(12 + plain.Length), plain);
        Assert.Contains(two.ToString(), Encoding.UTF8.GetString(plain), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, await scene["boss"].GetStringAsync($"/shifts/{scene.Team}/settings"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.Post("mary", $"/shifts/{scene.Team}/settings?handler=hook", ("url", wfm.Url), ("secret", Secret))).StatusCode);
        var other = await ShiftScene.Open(product);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await other.Post("boss", $"/shifts/{other.Team}/settings?handler=hook", ("url", wfm.Url), ("secret", "short"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await other.Post("boss", $"/shifts/{other.Team}/settings?handler=hook", ("url", "file:///etc/passwd"), ("secret", Secret))).StatusCode);
        Assert.Contains("not a registered host", await other.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/{other.Team}/settings?handler=hook", ("url", "https://unknown.example"), ("secret", Secret)), StringComparison.Ordinal);
    }

    private Task Register() => product.Sql("insert into platform.outbound_host (origin, private_ranges, added_at) values ('http://127.0.0.1:*', true, now()) on conflict do nothing");

    private static Task Connect(ShiftScene scene, string url, string protocol, string onSilence, params string[] supports) => scene.Done("boss", $"/shifts/{scene.Team}/settings?handler=hook",
        [("url", url), ("secret", Secret), ("protocol", protocol), ("onSilence", onSilence), .. supports.Select(s => ("supports", s))]);

    private sealed class Wfm(WebApplication app) : IAsyncDisposable
    {
        public string Url { get; private set; } = "";
        public (int Status, string Body) Answer { get; set; } = (200, "{}");
        public List<(string Path, string Signature, byte[] Body)> Heard { get; } = [];

        public static async Task<Wfm> Start()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.Logging.ClearProviders();
            builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
            var app = builder.Build();
            var wfm = new Wfm(app);
            app.Run(async http =>
            {
                using var body = new MemoryStream();
                await http.Request.Body.CopyToAsync(body);
                wfm.Heard.Add((http.Request.Path.Value!, http.Request.Headers["X-HealthTeams-Signature"].ToString(), body.ToArray()));
                http.Response.StatusCode = wfm.Answer.Status;
                await http.Response.WriteAsync(wfm.Answer.Body);
            });
            await app.StartAsync();
            wfm.Url = app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<Microsoft.AspNetCore.Hosting.Server.Features.IServerAddressesFeature>()!.Addresses.First();
            return wfm;
        }

        public async ValueTask DisposeAsync()
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}
