using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using HealthTeams.Collaboration.Files;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Files;

/// <summary>A team's files over HTTP: parts, versions, check-out, who sees them, what runs.</summary>
public sealed class FileTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static readonly byte[] Png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3];
    private static int count;

    private sealed record Scene(Guid Team, HttpClient Owner, HttpClient Member, HttpClient Guest, HttpClient Outsider, HttpClient North, Guid OwnerId);

    private async Task<Scene> Start()
    {
        var n = Interlocked.Increment(ref count);
        var (o, m, g) = (await product.Staff($"fo{n}", "Nightingale"), await product.Staff($"fm{n}", "Seacole"), await product.Staff($"fg{n}", "Codman"));
        await product.Staff($"fx{n}", "Barton");
        await product.Staff($"fn{n}", "Cavell", "north");
        return new Scene(await product.Team($"Files {n}", (o, "Owner"), (m, "Member"), (g, "Guest")), await product.SignedIn($"fo{n}"), await product.SignedIn($"fm{n}"), await product.SignedIn($"fg{n}"), await product.SignedIn($"fx{n}"), await product.SignedIn($"fn{n}"), o);
    }

    private static Task<HttpResponseMessage> Begin(HttpClient client, Guid team, string name, long bytes, Guid? file = null)
    {
        static string B(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        return Tus(client, HttpMethod.Post, "/files/uploads", ("Upload-Length", $"{bytes}"), ("Upload-Metadata", $"filename {B(name)},team {B($"{team}")}" + (file is { } f ? $",file {B($"{f}")}" : "")));
    }

    private static Task<HttpResponseMessage> Part(HttpClient client, string place, long offset, byte[] part) => Tus(client, HttpMethod.Patch, place, new ByteArrayContent(part), ("Upload-Offset", $"{offset}"));

    private static Task<HttpResponseMessage> Tus(HttpClient client, HttpMethod method, string path, params (string, string)[] headers) => Tus(client, method, path, null, headers);

    private static Task<HttpResponseMessage> Tus(HttpClient client, HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = content };
        if (content is not null) content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return client.SendAsync(request);
    }

    private static async Task<Guid> Upload(HttpClient client, Guid team, string name, byte[] content, Guid? file = null)
    {
        var begun = await Begin(client, team, name, content.Length, file);
        Assert.True(begun.StatusCode == HttpStatusCode.Created, await begun.Content.ReadAsStringAsync());
        var done = await Part(client, begun.Headers.Location!.ToString(), 0, content);
        Assert.True(done.StatusCode == HttpStatusCode.NoContent, await done.Content.ReadAsStringAsync());
        return Guid.Parse(done.Headers.GetValues("Upload-File").Single());
    }

    private Task<int> Rev(Guid file) => product.Ask<int>($"select rev from collab.file where id = '{file}'");

    [Fact, Trait("Row", "TC-06")]
    public async Task A_private_channel_and_its_files_are_nowhere_for_who_is_not_in_it()
    {
        var s = await Start();
        var channel = Guid.CreateVersion7();
        await product.Sql($"insert into collab.channel (tenant, id, team, name, position, created_at, membership) select tenant, '{channel}', id, 'Whispers', 9, now(), 'private' from collab.team where id = '{s.Team}'");
        await product.Sql($"insert into collab.channel_member (tenant, channel, person, role, since) select tenant, '{channel}', '{s.OwnerId}', 'Owner', now() from collab.team where id = '{s.Team}'");
        var added = await Upload(s.Owner, s.Team, "budget.txt", Encoding.UTF8.GetBytes("words"));
        await product.Sql($"update collab.file set channel = '{channel}' where id = '{added}'");
        Assert.Equal(HttpStatusCode.OK, (await s.Owner.GetAsync($"/files/one/{added}")).StatusCode);
        // What comes into it from now on is no document that apps read.
        await Upload(s.Owner, s.Team, "budget.txt", Encoding.UTF8.GetBytes("secret words"), added);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from fhir.resource where id = '{added}-v2'"));
        Assert.Contains("Whispers", await s.Owner.GetStringAsync($"/teams/{s.Team}"), StringComparison.Ordinal);
        foreach (var place in (string[])[$"/files/one/{added}", $"/files/one/{added}/content", $"/files/{s.Team}?channel={channel}"]) Assert.True((await s.Member.GetAsync(place)).StatusCode == HttpStatusCode.NotFound, place);
        foreach (var place in (string[])[$"/teams/{s.Team}", $"/files/{s.Team}", $"/files/{s.Team}?search=budget", "/files?search=budget"])
        {
            var page = await s.Member.GetStringAsync(place);
            Assert.False(page.Contains("Whispers", StringComparison.Ordinal) || page.Contains("budget.txt", StringComparison.Ordinal), place);
        }
    }

    [Fact, Trait("Row", "FI-02")]
    public async Task An_upload_goes_on_from_where_the_network_was_cut_even_after_a_restart_and_becomes_one_file()
    {
        var s = await Start();
        var content = new byte[3_000_000];
        Random.Shared.NextBytes(content);
        var begun = await Begin(s.Member, s.Team, "scan.bin", content.Length);
        var place = begun.Headers.Location!.ToString();
        await Part(s.Member, place, 0, content[..1_000_000]);
        // Cut in the middle of a part: what came is kept.
        using (var line = new TcpClient())
        {
            await line.ConnectAsync(product.Url.Host, product.Url.Port);
            var cookie = ((SecureCookies?)typeof(HttpMessageInvoker).GetField("_handler", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(s.Member))!.Header;
            await line.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"PATCH {place} HTTP/1.1\r\nHost: {product.Url.Authority}\r\nCookie: {cookie}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 1000000\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 2000000\r\n\r\n"));
            await line.GetStream().WriteAsync(content.AsMemory(1_000_000, 500_000));
            await line.GetStream().FlushAsync();
            await Task.Delay(200);
        }
        long at = 0;
        await TestProduct.Until(async () => (at = long.Parse((await Tus(s.Member, HttpMethod.Head, place)).Headers.GetValues("Upload-Offset").Single(), System.Globalization.CultureInfo.InvariantCulture)) > 1_000_000, "the cut part is kept");
        // Another's upload is nobody's; a wrong offset is refused and changes nothing.
        Assert.Equal(HttpStatusCode.NotFound, (await Tus(s.Owner, HttpMethod.Head, place)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await Part(s.Member, place, at + 5, content[..10])).StatusCode);
        await product.Stop();
        await product.Start();
        HttpResponseMessage? last = null;
        await TestProduct.Until(async () => (last = await Part(s.Member, place, at, content[(int)at..])).StatusCode != HttpStatusCode.Locked, "the part is free");
        Assert.Equal(HttpStatusCode.NoContent, last!.StatusCode);
        var file = Guid.Parse(last.Headers.GetValues("Upload-File").Single());
        // Whoever did not hear the answer asks again and gets the same file.
        Assert.Equal($"{file}", (await Tus(s.Member, HttpMethod.Head, place)).Headers.GetValues("Upload-File").Single());
        Assert.Equal(content, await s.Guest.GetByteArrayAsync($"/files/one/{file}/content"));
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.file where team = '{s.Team}'"));
    }

    [Fact, Trait("Row", "FI-01"), Trait("Row", "FI-03")]
    public async Task Files_are_for_the_team_alone_with_versions_that_come_back_and_never_run_in_our_page()
    {
        var s = await Start();
        var channel = Guid.CreateVersion7();
        await product.Sql($"insert into collab.channel (tenant, id, team, name, position, created_at) values (1, '{channel}', '{s.Team}', 'Rounds', 1, now())");
        var file = await Upload(s.Member, s.Team, "plan.txt", "first"u8.ToArray());
        await Upload(s.Member, s.Team, "plan.txt", "second"u8.ToArray(), file);
        Assert.Equal("second", await s.Guest.GetStringAsync($"/files/one/{file}/content"));
        Assert.Equal("first", await s.Guest.GetStringAsync($"/files/one/{file}/content?version=1"));
        // The same name again is another file: nothing is overwritten unseen.
        await Upload(s.Member, s.Team, "plan.txt", "other"u8.ToArray());
        Assert.Contains("plan (2).txt", await s.Guest.GetStringAsync($"/files/{s.Team}"), StringComparison.Ordinal);
        Assert.Contains("plan (2).txt", await s.Member.GetStringAsync("/files?q=PLAN"), StringComparison.Ordinal);
        Assert.DoesNotContain("plan", await s.Outsider.GetStringAsync("/files?q=zzz"), StringComparison.Ordinal);
        Assert.DoesNotContain("plan (2).txt", await s.Outsider.GetStringAsync("/files?q=plan"), StringComparison.Ordinal);
        foreach (var stranger in new[] { s.Outsider, s.North })
        {
            foreach (var path in new[] { $"/files/{s.Team}", $"/files/one/{file}", $"/files/one/{file}/content" }) Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync(path)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await Begin(stranger, s.Team, "x.txt", 3)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(stranger, $"/files/one/{file}?handler=delete", ("rev", "1"))).StatusCode);
        }
        Assert.Equal(HttpStatusCode.Forbidden, (await Begin(s.Guest, s.Team, "x.txt", 3)).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await s.Member.PostAsync("/files/uploads", null)).StatusCode);

        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(s.Owner, $"/files/one/{file}?handler=takeback", ("rev", "1"), ("version", "1"))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(s.Owner, $"/files/one/{file}?handler=takeback", ("rev", $"{await Rev(file)}"), ("version", "1"))).StatusCode);
        Assert.Equal("first", await s.Guest.GetStringAsync($"/files/one/{file}/content"));
        Assert.Equal(3L, await product.Ask<long>($"select count(*) from collab.file_version where file = '{file}'"));
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(s.Owner, $"/files/one/{file}?handler=move", ("rev", $"{await Rev(file)}"), ("name", "Plan B.txt"), ("channel", $"{channel}"))).StatusCode);
        Assert.Contains("Plan B.txt", await s.Guest.GetStringAsync($"/files/{s.Team}?channel={channel}"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TestProduct.Post(s.Owner, $"/files/one/{file}?handler=move", ("rev", $"{await Rev(file)}"), ("name", "../x"))).StatusCode);

        // An image is shown in a sandbox; HTML and SVG are saved, whatever they are called.
        var image = await s.Guest.GetAsync($"/files/one/{await Upload(s.Member, s.Team, "a.png", Png)}/content?show=true");
        Assert.Equal("image/png", image.Content.Headers.ContentType!.MediaType);
        Assert.Contains("sandbox", image.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        foreach (var (name, text) in new[] { ("a.html", "<script>alert(1)</script>"), ("b.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), ("c.png", "<html>") })
        {
            var saved = await s.Guest.GetAsync($"/files/one/{await Upload(s.Member, s.Team, name, Encoding.UTF8.GetBytes(text))}/content?show=true");
            Assert.Equal("application/octet-stream", saved.Content.Headers.ContentType!.MediaType);
            Assert.Equal("attachment", saved.Content.Headers.ContentDisposition!.DispositionType);
            Assert.Equal("nosniff", saved.Headers.GetValues("X-Content-Type-Options").Single());
        }
        var again = new HttpRequestMessage(HttpMethod.Get, $"/files/one/{file}/content");
        again.Headers.IfNoneMatch.Add((await s.Guest.GetAsync($"/files/one/{file}/content")).Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await s.Guest.SendAsync(again)).StatusCode);
    }

    [Fact, Trait("Row", "FI-04")]
    public async Task A_checked_out_file_is_read_by_all_and_written_by_one_until_an_owner_breaks_it()
    {
        var s = await Start();
        var file = await Upload(s.Owner, s.Team, "sheet.xlsx", "x"u8.ToArray());
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(s.Owner, $"/files/one/{file}?handler=checkout", ("rev", "1"))).StatusCode);
        var held = await Begin(s.Member, s.Team, "sheet.xlsx", 3, file);
        Assert.Equal(HttpStatusCode.Conflict, held.StatusCode);
        Assert.Contains("Nightingale has checked this file out", await held.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        foreach (var act in new[] { "delete", "move", "checkout" }) Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(s.Member, $"/files/one/{file}?handler={act}", ("rev", $"{await Rev(file)}"), ("name", "y.xlsx"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(s.Member, $"/files/one/{file}?handler=checkin")).StatusCode);
        Assert.Equal("x", await s.Member.GetStringAsync($"/files/one/{file}/content"));
        await Upload(s.Owner, s.Team, "sheet.xlsx", "y"u8.ToArray(), file);
        await TestProduct.Post(s.Owner, $"/files/one/{file}?handler=checkin");
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(s.Member, $"/files/one/{file}?handler=checkout", ("rev", $"{await Rev(file)}"))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(s.Owner, $"/files/one/{file}?handler=checkin")).StatusCode);
        Assert.Contains("checked sheet.xlsx in for you", await s.Member.GetStringAsync("/activity"), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "FI-01")]
    public async Task A_deleted_file_comes_back_within_its_time_and_then_is_gone_with_its_content_unless_held()
    {
        var s = await Start();
        var (file, held) = (await Upload(s.Member, s.Team, "old.txt", "to be gone"u8.ToArray()), await Upload(s.Member, s.Team, "kept.txt", "to be kept"u8.ToArray()));
        await TestProduct.Post(s.Member, $"/files/one/{file}?handler=delete", ("rev", "1"));
        Assert.Equal(HttpStatusCode.NotFound, (await s.Member.GetAsync($"/files/one/{file}/content")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(s.Member, $"/files/one/{file}?handler=restore")).StatusCode);
        Assert.Equal("to be gone", await s.Member.GetStringAsync($"/files/one/{file}/content"));
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(s.Member, $"/files/{s.Team}?handler=retain", ("days", "1"))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(s.Owner, $"/files/{s.Team}?handler=retain", ("days", "1"))).StatusCode);
        foreach (var f in new[] { file, held }) await TestProduct.Post(s.Member, $"/files/one/{f}?handler=delete", ("rev", $"{await Rev(f)}"));
        var hash = await product.Ask<string>($"select hash from collab.file_version where file = '{file}'");
        var store = product.App.Services.GetRequiredService<FileStore>();
        var purge = product.App.Services.GetServices<IDueSweep>().OfType<PurgeDue>().Single();
        var later = product.Clock.GetUtcNow().AddDays(1).AddMinutes(1);
        await product.Sql($"insert into platform.legal_hold (tenant, id, kind, target, reason, set_at, set_by) values (1, gen_random_uuid(), 'team', '{s.Team}', 'case 7', now(), 'test')");
        await purge.Sweep(later, default);
        Assert.Equal(2L, await product.Ask<long>($"select count(*) from collab.file where team = '{s.Team}'"));
        await product.Sql($"update platform.legal_hold set ended_at = now() where target = '{s.Team}'");
        await purge.Sweep(later, default);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.file where team = '{s.Team}'"));
        Assert.Null(store.Open(1, hash!));
    }

    [Fact, Trait("Row", "FI-03")]
    public async Task A_file_is_a_DocumentReference_with_its_Binary_and_one_that_comes_by_FHIR_is_listed()
    {
        var s = await Start();
        var fhir = await product.Fhir();
        var file = await Upload(s.Member, s.Team, "plan.txt", "first"u8.ToArray());
        var one = await (await fhir.GetAsync($"/fhir/DocumentReference/{file}")).Body();
        var attachment = one.GetProperty("content")[0].GetProperty("attachment");
        Assert.Equal(5, attachment.GetProperty("size").GetInt32());
#pragma warning disable CA5350
        Assert.Equal(Convert.ToBase64String(System.Security.Cryptography.SHA1.HashData("first"u8)), attachment.GetProperty("hash").GetString());
#pragma warning restore CA5350
        Assert.Equal("current", one.GetProperty("status").GetString());
        await Upload(s.Member, s.Team, "plan.txt", "second"u8.ToArray(), file);
        Assert.Equal("superseded", (await (await fhir.GetAsync($"/fhir/DocumentReference/{file}")).Body()).GetProperty("status").GetString());
        var two = await (await fhir.GetAsync($"/fhir/DocumentReference/{file}-v2")).Body();
        Assert.Equal($"DocumentReference/{file}", two.GetProperty("relatesTo")[0].GetProperty("target").GetProperty("reference").GetString());
        var patient = await fhir.Create("Patient", """{"resourceType":"Patient","name":[{"family":"Filed","given":["Ada"]}]}""");
        string Sent(string text) => $$$"""{"resourceType":"DocumentReference","status":"current","subject":{"reference":"Patient/{{{patient.Id()}}}"},"content":[{"attachment":{"contentType":"text/plain","title":"letter.txt","data":"{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}}}"}}],"context":{"related":[{"reference":"CareTeam/{{{s.Team}}}"}]}}""";
        var letter = await fhir.Create("DocumentReference", Sent("Dear colleague"));
        var id = await product.Ask<Guid>($"select id from collab.file where fhir_id = '{letter.Id()}'");
        Assert.Equal("Dear colleague", await s.Guest.GetStringAsync($"/files/one/{id}/content"));
        Assert.Contains("letter.txt", await s.Guest.GetStringAsync($"/files/{s.Team}"), StringComparison.Ordinal);
        Assert.True(await product.Ask<bool>($"select patient is not null from collab.file where id = '{id}'"));
        var empty = await fhir.PostAsync("/fhir/DocumentReference", FhirHttp.Json($$$"""{"resourceType":"DocumentReference","status":"current","content":[{"attachment":{"title":"x"}}],"context":{"related":[{"reference":"CareTeam/{{{s.Team}}}"}]}}"""));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, empty.StatusCode);
        await fhir.DeleteAsync($"/fhir/DocumentReference/{letter.Id()}");
        Assert.Equal(HttpStatusCode.NotFound, (await s.Guest.GetAsync($"/files/one/{id}/content")).StatusCode);
    }

    [Fact, Trait("Row", "FI-02"), Trait("Row", "MSG-10")]
    public async Task What_is_too_large_empty_or_shut_by_policy_is_refused_before_a_byte_is_sent()
    {
        var s = await Start();
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await Begin(s.Member, s.Team, "x", 251L * 1024 * 1024)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Begin(s.Member, s.Team, "x", 0)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Begin(s.Member, s.Team, "../../etc/passwd", 3)).StatusCode);
        await product.Sql($$"""
            insert into collab.policy (tenant, id, area, name, settings, created_at, changed_at) values (1, '{{s.Team}}', 'messaging', 'No files {{s.Team}}', '{"AllowFiles":"false"}', now(), now());
            insert into collab.policy_assignment (tenant, policy, area, kind, target, team, assigned_at) values (1, '{{s.Team}}', 'messaging', 'team', '{{s.Team}}', '{{s.Team}}', now());
            """);
        var refused = await Begin(s.Member, s.Team, "x.txt", 3);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("No files", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}

/// <summary>A scanner that speaks clamd's protocol over a real socket, and a product that asks it.</summary>
public sealed class ScannedProduct : TestProduct
{
    private readonly TcpListener clamd = new(IPAddress.Loopback, 0);

    /// <summary>Answers nothing while it is off.</summary>
    public bool Off { get; set; }
    public int Asked { get; private set; }

    protected override HealthTeams.Host.HostSettings Settings(HealthTeams.Host.HostSettings usual)
    {
        clamd.Start();
        _ = Task.Run(Listen);
        return usual with { ClamAv = ("127.0.0.1", ((IPEndPoint)clamd.LocalEndpoint).Port) };
    }

    private async Task Listen()
    {
        while (true)
        {
            using var client = await clamd.AcceptTcpClientAsync();
            if (Off) continue;
            var line = client.GetStream();
            var command = new byte[10];
            await line.ReadExactlyAsync(command);
            if (!command.AsSpan().SequenceEqual("zINSTREAM\0"u8)) continue;
            using var content = new MemoryStream();
            var length = new byte[4];
            for (; ; )
            {
                await line.ReadExactlyAsync(length);
                var n = BinaryPrimitives.ReadInt32BigEndian(length);
                if (n == 0) break;
                var chunk = new byte[n];
                await line.ReadExactlyAsync(chunk);
                content.Write(chunk);
            }
            Asked++;
            await line.WriteAsync(Encoding.ASCII.GetString(content.ToArray()).Contains("EICAR", StringComparison.Ordinal) ? "stream: Eicar-Test-Signature FOUND\0"u8.ToArray() : "stream: OK\0"u8.ToArray());
        }
    }
}

public sealed class ScanTests(ScannedProduct product) : IClassFixture<ScannedProduct>
{
    [Fact, Trait("Row", "FI-03")]
    public async Task What_the_scanner_has_not_seen_stays_shut_and_what_it_finds_is_kept_apart_and_told()
    {
        var me = await product.Staff("scan-me", "Seacole");
        var team = await product.Team("Scanned", (me, "Owner"));
        var client = await product.SignedIn("scan-me");
        product.Off = true;
        async Task<Guid> Put(string name, string text)
        {
            using var form = new MultipartFormDataContent { { new ByteArrayContent(Encoding.UTF8.GetBytes(text)), "file", name }, { new StringContent(Form.Token(await client.GetStringAsync("/activity"))), "__RequestVerificationToken" } };
            Assert.Equal(HttpStatusCode.SeeOther, (await client.PostAsync($"/files/{team}", form)).StatusCode);
            return await product.Ask<Guid>($"select id from collab.file where name = '{name}'");
        }
        var (good, bad) = (await Put("good.txt", "fine"), await Put("bad.txt", "X5O!P%@AP EICAR test"));
        var fhir = await product.Fhir();
        foreach (var file in new[] { good, bad }) Assert.Equal(HttpStatusCode.Conflict, (await client.GetAsync($"/files/one/{file}/content")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await fhir.GetAsync($"/fhir/DocumentReference/{good}")).StatusCode);
        product.Off = false;
        await TestProduct.Until(async () =>
        {
            product.Clock.Advance(TimeSpan.FromSeconds(61));
            return await product.Ask<long>("select count(*) from collab.file_version where scan in ('clean', 'infected')") == 2;
        }, "both are scanned", 30);
        client = await product.SignedIn("scan-me");
        Assert.Equal("fine", await client.GetStringAsync($"/files/one/{good}/content"));
        Assert.Equal(HttpStatusCode.OK, (await fhir.GetAsync($"/fhir/DocumentReference/{good}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync($"/files/one/{bad}/content")).StatusCode);
        Assert.Contains("A virus was found in bad.txt", await client.GetStringAsync("/activity"), StringComparison.Ordinal);
    }
}
