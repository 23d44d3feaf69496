using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Xunit;
using Xunit.Abstractions;

namespace HealthTeams.Tests.Fhir;

/// <summary>
/// Requests gone wrong in every way: no 5xx, no hang, and every refusal an OperationOutcome. A longer run:
/// FUZZ_REQUESTS=100000 ./test FuzzTests; FUZZ_SEED repeats one, FUZZ_NUMBER a single request of it.
/// </summary>
public sealed class FuzzTests(TestProduct product, ITestOutputHelper output) : IClassFixture<TestProduct>
{
    private const int Workers = 8;
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task No_request_however_wrong_breaks_or_hangs_the_product()
    {
        var count = Setting("FUZZ_REQUESTS", 2000);
        var seed = Setting("FUZZ_SEED", 20261123);
        var only = Setting("FUZZ_NUMBER", -1);
        using var fhir = await product.Fhir();
        fhir.Timeout = Hang;
        foreach (var (path, body) in FuzzRequest.Stored) Assert.True((await fhir.PutAsync($"/fhir/{path}", FhirHttp.Json(body))).IsSuccessStatusCode, path);
        var failures = new List<string>();
        var statuses = new int[600];
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(async () =>
        {
            for (int number; (number = Interlocked.Increment(ref next)) < count;)
            {
                if (only >= 0 && number != only) continue;
                var request = FuzzRequest.Make(seed, number);
                var (status, wrong) = await Send(fhir, request);
                Interlocked.Increment(ref statuses[status]);
                if (wrong is null) continue;
                lock (failures) failures.Add($"FUZZ_SEED={seed} FUZZ_NUMBER={number}: {wrong}\n{request}\n");
            }
        })));
        output.WriteLine($"seed {seed}, {count} requests: {string.Join(", ", Enumerable.Range(0, 600).Where(s => statuses[s] > 0).Select(s => $"{s}: {statuses[s]}"))}");
        Assert.True(failures.Count == 0, $"{failures.Count} of {count} requests went wrong:\n{string.Join('\n', failures.Take(Setting("FUZZ_SHOW", 10)))}");
        // Fuzz that is all refused, or never is, tests nothing.
        if (only < 0) Assert.True(statuses[200] > count / 50 && statuses[400] > count / 50 && statuses[404] > 0 && statuses[201] > 0, "the requests are not as varied as they should be");
        Assert.True((await fhir.GetAsync("/fhir/Observation/fuzz-o")).IsSuccessStatusCode || only >= 0 || count > 5000);
    }

    /// <returns>The status (0: not sent), and what is wrong with the answer.</returns>
    private static async Task<(int Status, string? Wrong)> Send(HttpClient fhir, FuzzRequest request)
    {
        if (!Uri.TryCreate(fhir.BaseAddress, request.Path, out var uri) || !uri.AbsolutePath.StartsWith("/fhir", StringComparison.Ordinal)) return (0, null);
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), uri);
        foreach (var (name, value) in request.Headers) message.Headers.TryAddWithoutValidation(name, value);
        if (request.Body is not null)
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }
        var time = Stopwatch.StartNew();
        try
        {
            using var answer = await fhir.SendAsync(message);
            var body = await answer.Content.ReadAsByteArrayAsync();
            var status = (int)answer.StatusCode;
            if (status >= 500) return (status, $"{status}: {Encoding.UTF8.GetString(body)}");
            // U+0000 in a path is refused by Kestrel, before there is a request.
            if (status == 400 && body.Length == 0 && uri.AbsolutePath.Contains("%00", StringComparison.Ordinal)) return (status, null);
            return (status, status >= 400 && request.Method != "HEAD" && !IsOutcome(answer.Content.Headers.ContentType?.MediaType, body) ? $"{status} without an OperationOutcome: {Encoding.UTF8.GetString(body)}" : null);
        }
        catch (TaskCanceledException)
        {
            return (0, $"no answer after {time.Elapsed.TotalSeconds:0} s");
        }
        catch (HttpRequestException e)
        {
            return (0, $"the connection broke: {e.Message}");
        }
    }

    private static bool IsOutcome(string? type, byte[] body)
    {
        if (type == "application/fhir+xml") return Encoding.UTF8.GetString(body).Contains("<OperationOutcome", StringComparison.Ordinal);
        try
        {
            return JsonDocument.Parse(body).RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("resourceType", out var t) && t.GetString() == "OperationOutcome" && root.GetProperty("issue").GetArrayLength() > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : otherwise;
}
