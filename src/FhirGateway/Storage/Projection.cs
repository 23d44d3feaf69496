using System.Text.Json;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>The FHIR face of one kind of thing of the domain (decision record 0001): its next version, in the transaction that changed its rows.</summary>
internal interface IProjection
{
    /// <summary>As the domain names it to the port: "visit", "message", "task" ...</summary>
    string Kind { get; }

    Task Project(Tx tx, Guid id);
}

/// <summary>Writes projected versions: what is there keeps every token but the elements named; what is not there yet is made of them.</summary>
internal sealed class ProjectedResources(WriteEngine engine)
{
    /// <summary>Elements by name in the order they are to stand when new; null removes.</summary>
    public sealed record Resource(string Type, string Id, IReadOnlyDictionary<string, Action<Utf8JsonWriter>?> Elements);

    /// <summary>Only what differs is written; unchanged resources get no version.</summary>
    public async Task Save(Tx tx, params IReadOnlyList<Resource> resources)
    {
        var entries = new List<WriteEntry>();
        foreach (var r in resources)
        {
            var before = await ResourceReads.Body(tx, $"{r.Type}/{r.Id}", toChange: true);
            var next = before is { } known ? FhirJson.With(known, r.Elements) : Fresh(r);
            if (before is { } old && FhirJson.Write(w => FhirJson.Copy(w, old, null)).AsSpan().SequenceEqual(next)) continue;
            entries.Add(new WriteEntry { Kind = WriteKind.Update, Type = r.Type, Id = r.Id, Body = JsonDocument.Parse(next).RootElement });
        }
        if (entries.Count == 0) return;
        var written = await engine.Run(tx, entries, applySlices: false);
        if (!written.Ok) throw new InvalidOperationException($"A projection was refused: {written.Problem.Detail}");
    }

    public async Task Delete(Tx tx, string type, string id)
    {
        if (await ResourceReads.Body(tx, $"{type}/{id}", toChange: true) is null) return;
        var written = await engine.Run(tx, [new WriteEntry { Kind = WriteKind.Delete, Type = type, Id = id }], applySlices: false);
        if (!written.Ok) throw new InvalidOperationException($"A projection was refused: {written.Problem.Detail}");
    }

    private static byte[] Fresh(Resource r) => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", r.Type);
        w.WriteString("id", r.Id);
        foreach (var (name, value) in r.Elements)
        {
            if (value is null) continue;
            w.WritePropertyName(name);
            value(w);
        }
        w.WriteEndObject();
    });
}
