using System.Diagnostics;
using HealthTeams.Tests.Resilience;
using Xunit;

namespace HealthTeams.Tests.Subscriptions;

/// <summary>The real process, killed without warning while it delivers: whatever was acknowledged is told of after the next start.</summary>
public sealed class KilledTests
{
    [Fact, Trait("Row", "FHIR-101")]
    public async Task Every_appointment_acknowledged_before_kill_9_reaches_the_subscriber_in_order()
    {
        var data = Path.Combine(Path.GetTempPath(), $"healthteams-killed-{Environment.ProcessId}");
        var port = KillTests.Port();
        await using var receiver = new Receiver();
        await receiver.Start();
        var open = new TaskCompletionSource();
        // The third is never answered: the kill comes in the middle of a delivery.
        receiver.Answers["hook"] = async (sent, aborted) =>
        {
            if (sent.Number > 2) await open.Task.WaitAsync(aborted);
            return 200;
        };
        var acknowledged = new List<string>();
        try
        {
            using (var first = await KillTests.Run(data, port))
            {
                using var fhir = KillTests.Client(port, await KillTests.Token(data, port));
                await fhir.Create("Subscription", $$"""
                    {"resourceType":"Subscription","status":"requested","reason":"test","criteria":"Appointment?identifier=urn:killed|","channel":{"type":"rest-hook","endpoint":"{{receiver.Url}}/hook","payload":"application/fhir+json"} }
                    """);
                for (var i = 0; i < 30; i++)
                {
                    acknowledged.Add((await fhir.Create("Appointment", $$"""
                        {"resourceType":"Appointment","identifier":[{"system":"urn:killed","value":"{{i}}"}],"status":"booked","start":"2026-11-23T10:00:00Z","participant":[{"status":"accepted"}]}
                        """)).Id());
                }
                await TestProduct.Until(() => Task.FromResult(receiver.At("hook").Length == 2), "the first two are received");
                KillTests.Kill(first.Id, data);
                await first.WaitForExitAsync();
            }
            open.SetResult();
            using var second = await KillTests.Run(data, port);
            await TestProduct.Until(() => Task.FromResult(receiver.At("hook").Select(s => s.Path).Distinct().Count() == 30), "all are received", 40);
            Assert.Equal(Enumerable.Range(1, 30).Select(n => (long)n), receiver.At("hook").Select(s => s.Number).Distinct());
            Assert.Equal(acknowledged.Select(id => $"/hook/Appointment/{id}"), receiver.At("hook").Select(s => s.Path).Distinct());
            using var term = Process.Start("kill", ["-TERM", $"{second.Id}"]);
            await second.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        }
        finally
        {
            if (Directory.Exists(data)) Process.Start("rm", ["-rf", data]).WaitForExit();
        }
    }
}
