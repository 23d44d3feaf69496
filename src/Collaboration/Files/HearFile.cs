using HealthTeams.Platform.Blobs;

namespace HealthTeams.Collaboration.Files;

/// <summary>A document as another module brings it, free of FHIR types.</summary>
/// <param name="Fhir">Its logical id: the same one again with another content is the next version.</param>
public sealed record FileHeard(string Fhir, Guid Team, Guid? Patient, string Name, byte[] Content);

/// <summary>Files that come by FHIR, and what the FHIR face shows of files.</summary>
public sealed class HearFile(FileStore store)
{
    public async Task<Problem?> Hear(Tx tx, FileHeard said)
    {
        if (FileRules.Named(said.Name) is { } wrong) return wrong;
        if (!await tx.Scalar<bool>("select exists (select from collab.team where tenant = @Tenant and id = @Team and archived_at is null)", new { tx.Tenant, said.Team })) return Problem.Unprocessable("There is no such team here.", "DocumentReference.context.related", "not-found");
        Locks.Take(tx, $"file|{said.Fhir}");
        var known = await tx.OneOrNone<(Guid Id, string Hash, Guid Team, Guid? LockedBy)?>("""
            select f.id, v.hash, f.team, f.locked_by from collab.file f join collab.file_version v on v.tenant = f.tenant and v.file = f.id and v.version = f.version where f.tenant = @Tenant and f.fhir_id = @Fhir for update of f
            """, new { tx.Tenant, said.Fhir });
        using var content = new MemoryStream(said.Content);
        var blob = await store.Keep(tx.Tenant, content, tx.Stop);
        if (!blob.Ok) return blob.Problem;
        if (known is { } there)
        {
            if (there.Hash == blob.Value.Hash) return null;
            if (there.Team != said.Team) return Problem.Unprocessable("A document stays in its team. Send another one.", "DocumentReference.context.related", "business-rule");
            if (there.LockedBy is not null) return Problem.Conflict("Somebody has checked this file out. Send the new content when it is checked in.", "file-checked-out");
        }
        await FileSql.Write(tx, new UploadSaid(said.Team, null, said.Name, said.Content.Length, known?.Id, said.Patient), blob.Value, null, store.Settings.ClamAv is not null, said.Fhir);
        return null;
    }

    /// <summary>Deleted there, it goes to the team's deleted files.</summary>
    public static async Task Forget(Tx tx, string fhir)
    {
        var gone = await tx.Scalar<Guid?>("update collab.file set deleted_at = @Now, rev = rev + 1, locked_by = null, locked_at = null where tenant = @Tenant and fhir_id = @fhir and deleted_at is null returning id", new { tx.Tenant, tx.Now, fhir });
        if (gone is { } file) tx.Publish("file.deleted", $"file/{file}");
    }

    public static Task<TeamFile?> Find(Tx tx, Guid file) => FileDoor.Row(tx, file);
}
