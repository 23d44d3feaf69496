using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace EhrSim;

/// <summary>The demo data that the product loads too: same people, same identifiers, each with ids of its own.</summary>
internal static partial class DemoHospital
{
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(5);

    // Started again within these hours without a seed time of its own, the EHR goes on with the day it had.
    private static readonly TimeSpan SameDay = TimeSpan.FromHours(4);

    public static void Load(Ehr ehr, Journal journal)
    {
        var loaded = journal.Take("seed");
        if (!ehr.Options.LoadDemo) return;
        var latest = loaded.Keys.Select(Instants.Read).Max();
        var seed = ehr.Options.SeedAt ?? (latest is { } kept && ehr.Now - kept < SameDay ? kept : RoundedDown(ehr.Now));
        if (loaded.ContainsKey(Instants.Write(seed))) return;

        var everything = new FhirCaller("ehr", new SmartScopes("system/*.cruds"), null, null);
        var bundle = (JsonObject)JsonNode.Parse(Fill(Assets.Text("demo.json"), seed))!;
        var answer = ehr.Records.Atomically(() => FhirTransaction.Run(ehr, everything, bundle));
        if (answer.IsError) throw new InvalidOperationException($"The demo data does not load: {answer.Body}");
        journal.Keep("seed", Instants.Write(seed), new JsonObject { ["at"] = ehr.Now });
    }

    private static string Fill(string text, DateTimeOffset seed) => Placeholder().Replace(text, match => match.Groups[1].Value switch
    {
        "seed" => seed.UtcDateTime.ToString("yyyyMMdd'T'HHmm", CultureInfo.InvariantCulture),
        "date" => seed.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        var offset => Instants.Write(seed + Offset(offset)),
    });

    private static TimeSpan Offset(string text)
    {
        var amount = int.Parse(text[..^1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return text[^1] switch
        {
            'h' => TimeSpan.FromHours(amount),
            'd' => TimeSpan.FromDays(amount),
            _ => TimeSpan.FromMinutes(amount),
        };
    }

    private static DateTimeOffset RoundedDown(DateTimeOffset now) => new(now.UtcTicks - now.UtcTicks % Step.Ticks, TimeSpan.Zero);

    [GeneratedRegex(@"\{\{(seed|date|[+-]\d+[mhd])\}\}")]
    private static partial Regex Placeholder();
}
