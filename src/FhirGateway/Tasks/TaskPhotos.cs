using System.Text.Json;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Blobs;

namespace HealthTeams.FhirGateway.Tasks;

/// <summary>http://hl7.org/fhir/R4/documentreference.html and binary.html: photos on a task, each with its content, under the photo's id (TK-06).</summary>
internal static class TaskPhotos
{
    public sealed record Photo(Guid Id, string Hash, string Type, long Bytes, DateTime At, Guid? By);

    public static async Task Save(Tx tx, ProjectedResources resources, BlobStore blobs, CareTask task, string fhirId, string? patient, IReadOnlyList<Photo> photos, Dictionary<Guid, string> known)
    {
        if (photos.Count == 0) return;
        var there = (await tx.Query<string>("select id from fhir.resource where tenant = @Tenant and type = @binary and id = any(@ids) and not deleted",
            new { tx.Tenant, binary = ResourceTypes.Number("Binary"), ids = photos.Select(p => p.Id.ToString()).ToArray() })).ToHashSet();
        foreach (var photo in photos)
        {
            // A file that the folder has lost leaves its description: the others are still told.
            if (!there.Contains(photo.Id.ToString()) && blobs.Open(tx.Tenant, photo.Hash) is { } content) await Binary(tx, resources, photo, content, patient ?? $"Task/{fhirId}");
        }
        await resources.Save(tx, [.. photos.Select(p => Document(p, task, fhirId, patient, p.By is { } by ? known[by] : null))]);
    }

    private static async Task Binary(Tx tx, ProjectedResources resources, Photo photo, Stream content, string context)
    {
        await using var open = content;
        using var bytes = new MemoryStream((int)photo.Bytes);
        await open.CopyToAsync(bytes, tx.Stop);
        await resources.Save(tx, new ProjectedResources.Resource("Binary", photo.Id.ToString(), new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["contentType"] = w => w.WriteStringValue(photo.Type),
            ["securityContext"] = w => FhirWrite.Reference(w, null, context),
            ["data"] = w => w.WriteBase64StringValue(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)),
        }));
    }

    private static ProjectedResources.Resource Document(Photo photo, CareTask task, string fhirId, string? patient, string? author) => new("DocumentReference", photo.Id.ToString(), new Dictionary<string, Action<Utf8JsonWriter>?>
    {
        ["status"] = w => w.WriteStringValue(task.DeletedAt is null ? "current" : "entered-in-error"),
        ["type"] = w => FhirWrite.Concept(w, null, "http://loinc.org", "72170-4", "Photographic image"),
        ["subject"] = patient is null ? null : w => FhirWrite.Reference(w, null, patient),
        ["date"] = w => w.WriteStringValue(FhirJson.Instant(new DateTimeOffset(photo.At, TimeSpan.Zero))),
        ["author"] = author is null ? null : w =>
        {
            w.WriteStartArray();
            FhirWrite.Reference(w, null, author);
            w.WriteEndArray();
        },
        ["content"] = w =>
        {
            w.WriteStartArray();
            w.WriteStartObject();
            w.WriteStartObject("attachment");
            w.WriteString("contentType", photo.Type);
            w.WriteString("url", $"Binary/{photo.Id}");
            w.WriteNumber("size", photo.Bytes);
            w.WriteEndObject();
            w.WriteEndObject();
            w.WriteEndArray();
        },
        ["context"] = w =>
        {
            w.WriteStartObject();
            w.WriteStartArray("related");
            FhirWrite.Reference(w, null, $"Task/{fhirId}");
            w.WriteEndArray();
            w.WriteEndObject();
        },
    });
}
