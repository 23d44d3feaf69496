using System.Security.Cryptography;
using System.Text.Json;
using HealthTeams.Collaboration.Files;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Files;

internal static class FileMapping
{
    public static void AddFileMapping(this IServiceCollection services)
    {
        services.AddSingleton<HearFile>();
        services.AddSingleton<IProjection, FileProjection>();
        services.AddSingleton<IResourceSlice, DocumentSlice>();
    }

    /// <summary>The team whose files it is among: context.related names its CareTeam or Organization, which have the team's id.</summary>
    public static Guid? Team(JsonElement document) => document.TryGetProperty("context", out var context)
        ? FhirJson.Items(context, "related").Select(r => FhirJson.Text(r, "reference")).OfType<string>().Select(r => Reference.Split(r))
            .Where(r => r.Type is "CareTeam" or "Organization").Select(r => Guid.TryParse(r.Id, out var id) ? id : (Guid?)null).FirstOrDefault(id => id is not null)
        : null;
}

/// <summary>http://hl7.org/fhir/R4/documentreference.html: one that names a team of ours is listed among its files; any other is kept as sent.</summary>
internal sealed class DocumentSlice(HearFile files, VisitDoor people) : IResourceSlice
{
    public string Type => "DocumentReference";
    public int Order => 6;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var one in written)
        {
            if (one.Resource is not { } document || FhirJson.Text(document, "status") == "entered-in-error") await HearFile.Forget(tx, one.Id);
            else if (FileMapping.Team(document) is { } team && await tx.Scalar<bool>("select exists (select from collab.team where tenant = @Tenant and id = @team)", new { tx.Tenant, team })
                && await Hear(tx, one.Id, team, document, read) is { } refused) return refused;
        }
        return null;
    }

    private async Task<Problem?> Hear(Tx tx, string id, Guid team, JsonElement document, ReadReferences read)
    {
        var attachment = FhirJson.Items(document, "content").Select(c => c.TryGetProperty("attachment", out var a) ? a : default).FirstOrDefault(a => a.ValueKind == JsonValueKind.Object);
        if (attachment.ValueKind != JsonValueKind.Object) return Problem.Unprocessable("A document for a team has an attachment.", "DocumentReference.content", "required");
        var (subject, url) = (FhirJson.Text(document, "subject", "reference"), FhirJson.Text(attachment, "url"));
        var resources = await read(new[] { subject, url }.OfType<string>());
        byte[]? content = null;
        if (attachment.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.String && data.TryGetBytesFromBase64(out var bytes)) content = bytes;
        else if (url is not null && Reference.Split(url).Type == "Binary" && resources.TryGetValue(url, out var binary) && binary.TryGetProperty("data", out var inner) && inner.TryGetBytesFromBase64(out var raw)) content = raw;
        if (content is null) return Problem.Unprocessable("The content is in attachment.data, or in a Binary of this API that attachment.url names.", "DocumentReference.content.attachment", "required");
        Guid? patient = null;
        if (subject is not null && Reference.Split(subject).Type == "Patient" && resources.TryGetValue(subject, out var who)) patient = (await people.Person(tx, PersonFromFhir.Map(PersonKind.Patient, Guid.Empty, subject, who, null))).Id;
        var name = FhirJson.Text(attachment, "title") ?? FhirJson.Text(document, "description") ?? $"Document {id}";
        return await files.Hear(tx, new FileHeard(id, team, patient, name, content));
    }
}

/// <summary>A file's newest version as DocumentReference and Binary; the one before is superseded, and what replaces it says so. What came by FHIR stays as sent.</summary>
internal sealed class FileProjection(ProjectedResources resources, FileStore store) : IProjection
{
    /// <summary>What a Binary holds; a larger file is named by its size and hash, without content.</summary>
    private const long Inline = 8 * 1024 * 1024;

    public string Kind => "file";

    public async Task Project(Tx tx, Guid id)
    {
        if (await HearFile.Find(tx, id) is not { FhirId: null } file) return;
        // Who reads documents by FHIR is not who is in a private channel.
        if (file.Channel is { } channel && await tx.Scalar<bool>("select exists (select from collab.channel where tenant = @Tenant and id = @channel and membership = 'private')", new { tx.Tenant, channel })) return;
        // Nothing leaves that the scanner has not let.
        if (FileRules.Closed(file.Scan, store.Settings.ClamAv is not null) is not null) return;
        var patient = file.Patient is null ? null : await tx.Scalar<string>("""
            select reference from collab.person_key where tenant = @Tenant and source = @own and person = @Patient and reference like 'Patient/%' order by reference limit 1
            """, new { tx.Tenant, own = Guid.Empty, file.Patient });
        var name = Name(id, file.Version);
        var sha1 = await Binary(tx, file, name, patient);
        await resources.Save(tx, Document(file, name, patient, sha1));
        if (file.Version > 1 && await ResourceReads.Body(tx, $"DocumentReference/{Name(id, file.Version - 1)}") is not null)
            await resources.Save(tx, new ProjectedResources.Resource("DocumentReference", Name(id, file.Version - 1), new Dictionary<string, Action<Utf8JsonWriter>?> { ["status"] = w => w.WriteStringValue("superseded") }));
    }

    private static string Name(Guid id, int version) => version == 1 ? id.ToString() : $"{id}-v{version}";

    /// <returns>Attachment.hash, which R4 wants as SHA-1; null when the content stayed out.</returns>
    private async Task<byte[]?> Binary(Tx tx, TeamFile file, string name, string? patient)
    {
        if (file.Bytes > Inline || store.Open(tx.Tenant, file.Hash) is not { } content) return null;
        await using var open = content;
        using var bytes = new MemoryStream((int)file.Bytes);
        await open.CopyToAsync(bytes, tx.Stop);
        await resources.Save(tx, new ProjectedResources.Resource("Binary", name, new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["contentType"] = w => w.WriteStringValue(file.Type),
            ["securityContext"] = patient is null ? null : w => FhirWrite.Reference(w, null, patient),
            ["data"] = w => w.WriteBase64StringValue(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)),
        }));
#pragma warning disable CA5350 // R4 defines Attachment.hash as SHA-1: a checksum there, nobody's protection. Ours is SHA-256.
        return SHA1.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
#pragma warning restore CA5350
    }

    private static ProjectedResources.Resource Document(TeamFile file, string name, string? patient, byte[]? sha1) => new("DocumentReference", name, new Dictionary<string, Action<Utf8JsonWriter>?>
    {
        ["status"] = w => w.WriteStringValue(file.DeletedAt is null ? "current" : "entered-in-error"),
        ["subject"] = patient is null ? null : w => FhirWrite.Reference(w, null, patient),
        ["date"] = w => w.WriteStringValue(FhirJson.Instant(file.ModifiedAt)),
        ["relatesTo"] = file.Version == 1 ? null : w =>
        {
            w.WriteStartArray();
            w.WriteStartObject();
            w.WriteString("code", "replaces");
            w.WritePropertyName("target");
            FhirWrite.Reference(w, null, $"DocumentReference/{Name(file.Id, file.Version - 1)}");
            w.WriteEndObject();
            w.WriteEndArray();
        },
        ["description"] = w => w.WriteStringValue(file.Name),
        ["content"] = w =>
        {
            w.WriteStartArray();
            w.WriteStartObject();
            w.WriteStartObject("attachment");
            w.WriteString("contentType", file.Type);
            if (sha1 is not null) w.WriteString("url", $"Binary/{name}");
            w.WriteNumber("size", file.Bytes);
            if (sha1 is not null) w.WriteString("hash", Convert.ToBase64String(sha1));
            w.WriteString("title", file.Name);
            w.WriteString("creation", FhirJson.Instant(file.ModifiedAt));
            w.WriteEndObject();
            w.WriteEndObject();
            w.WriteEndArray();
        },
        ["context"] = w =>
        {
            w.WriteStartObject();
            w.WriteStartArray("related");
            FhirWrite.Reference(w, null, $"CareTeam/{file.Team}");
            w.WriteEndArray();
            w.WriteEndObject();
        },
    });
}
