using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Communications;

/// <summary>R4 has one "received" for all recipients: it is set when the last of them has read.</summary>
internal sealed class MessageProjection(WriteEngine engine) : IProjection
{
    public string Kind => "message";

    public async Task Project(Tx tx, Guid message)
    {
        var state = await tx.OneOrNone<(string? Communication, DateTimeOffset? Read)>("""
            select m.communication, case when bool_and(d.read_at is not null) then max(d.read_at) end
            from collab.message m join collab.message_delivery d on d.tenant = m.tenant and d.message = m.id
            where m.tenant = @Tenant and m.id = @message and d.closed is distinct from 'passed'
            group by m.communication
            """, new { tx.Tenant, message });
        if (state.Communication is null || state.Read is not { } read) return;
        if (await ResourceReads.Body(tx, $"Communication/{state.Communication}", toChange: true) is not { } resource || FhirJson.Text(resource, "received") is not null) return;
        var next = FhirJson.With(resource, new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["received"] = w => w.WriteStringValue(FhirJson.Instant(read)),
        });
        var written = await engine.Run(tx, [new WriteEntry { Kind = WriteKind.Update, Type = "Communication", Id = state.Communication, Body = JsonDocument.Parse(next).RootElement }], applySlices: false);
        if (!written.Ok) throw new InvalidOperationException($"A projection was refused: {written.Problem.Detail}");
    }
}
