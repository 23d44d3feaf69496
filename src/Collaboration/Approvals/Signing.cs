using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace HealthTeams.Collaboration.Approvals;

/// <summary>One answer that is to be signed.</summary>
/// <param name="Request">The signer's own part: it is answered once, so what proves this answer serves once.</param>
public sealed record AnswerToSign(Guid Approval, Guid Request, string Answer, string? Comments);

/// <summary>What signers prove who they are with: the password of their account here, or the word of the hospital's provider that they signed in again, given for this answer.</summary>
public sealed record SignerProof(string? Password, string? Fresh)
{
    public bool Given => !string.IsNullOrEmpty(Password) || !string.IsNullOrEmpty(Fresh);
}

/// <summary>Whether this is really that person; bound by SmartLauncher. Null when it is.</summary>
public delegate Task<Problem?> ProveIdentity(Caller caller, AnswerToSign what, SignerProof with, CancellationToken stop);

/// <summary>Seals bytes with the installation's key as a compact JWS, and opens it again: null when the seal is broken or not ours.</summary>
public sealed record DecisionSeal(Func<byte[], string> Seal, Func<string, byte[]?> Open);

/// <summary>
/// E-signature (AP-13) without a third party: the approver proves who they are again, and what they decided is sealed: the
/// request, its files by their content, the answer, who and when. Verifying compares the seal with what the database says now.
/// </summary>
public sealed class Signing(ProveIdentity prove, DecisionSeal seal)
{
    public Task<Problem?> Prove(Caller caller, AnswerToSign what, SignerProof with, CancellationToken stop) => prove(caller, what, with, stop);

    internal async Task<string> Sign(Tx tx, ApprovalRow row, ApprovalRequest request, string answer, string? comments) =>
        seal.Seal(await Statement(tx, row.Id, request with { Answer = answer, Comments = comments, AnsweredAt = tx.Now }));

    /// <summary>Whether the signature is ours and says exactly what the database says.</summary>
    internal async Task<bool> Holds(Tx tx, Guid approval, ApprovalRequest request)
    {
        if (request.Signature is not { } signature || seal.Open(signature) is not { } said) return false;
        var now = await Statement(tx, approval, request);
        return said.AsSpan().SequenceEqual(now);
    }

    /// <summary>The bytes that are signed: one spelling for one decision.</summary>
    private static async Task<byte[]> Statement(Tx tx, Guid approval, ApprovalRequest request)
    {
        var (title, details, form, owner) = (await tx.Query<(string, string?, string?, Guid)>(
            "select title, details, form_answers::text, owner from collab.approval where tenant = @Tenant and id = @approval", new { tx.Tenant, approval }))[0];
        var files = await tx.Query<(string Name, string Hash)>("""
            select name, hash from collab.approval_file where tenant = @Tenant and approval = @approval order by name collate "C"
            """, new { tx.Tenant, approval });
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            approval, request = request.Id, owner, content = Hash($"{title}\n{details}\n{form}"), files = files.Select(f => new { f.Name, f.Hash }), signer = request.Approver,
            request.Answer, comments = request.Comments is { } c ? Hash(c) : null, at = request.AnsweredAt!.Value.ToUnixTimeMilliseconds(),
        }, JsonSerializerOptions.Web);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
