using System.Globalization;
using Dapper;
using HealthTeams.Platform.Audit;
using HealthTeams.Platform.Database;

namespace HealthTeams.Host.Commands;

/// <summary>Whether the records of reads and changes are as they were written. Exit code 1 when they are not.</summary>
internal static class AuditCommands
{
    public static Task<int> Verify(Options options) => Operator.With((services, _) => Verify(services.GetRequiredService<Db>(), options.One("head"), Console.Out));

    /// <param name="head">"demo/reads/SEQ:HASH", as an earlier run printed it.</param>
    public static async Task<int> Verify(Db db, string? head, TextWriter say)
    {
        await using var connection = await db.App.OpenConnectionAsync();
        var tenants = (await connection.QueryAsync<(int Id, string Slug)>("select id, slug from platform.tenant order by id")).AsList();
        var broken = false;
        foreach (var (tenant, slug) in tenants)
        {
            foreach (var verdict in await db.In(tenant, Operator.Me, async tx => new[] { await AuditVerify.Reads(tx, Of($"{slug}/reads/")), await AuditVerify.Changes(tx, Of($"{slug}/changes/")) }, default))
            {
                broken |= verdict.Broken is not null;
                await say.WriteLineAsync(verdict.Broken is { } batch
                    ? string.Create(CultureInfo.InvariantCulture, $"{slug}: {verdict.Chain} BROKEN at batch {batch}: {verdict.Why}")
                    : string.Create(CultureInfo.InvariantCulture, $"{slug}: {verdict.Chain} whole, {verdict.Rows} records in {verdict.Batches} batches, head {slug}/{verdict.Chain}/{verdict.Head}"));
            }
        }
        return broken ? 1 : 0;

        string? Of(string chain) => head?.StartsWith(chain, StringComparison.Ordinal) == true ? head[chain.Length..] : null;
    }
}
