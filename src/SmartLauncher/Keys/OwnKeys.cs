using System.Globalization;
using System.Security.Cryptography;
using HealthTeams.SmartLauncher.Callers;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Keys;

/// <summary>
/// Our two keys as a SMART client (SMART-A12), and their successors (SMART-A13). A new key is published before it signs, for
/// longer than our key set may be remembered, and an old one for a day after, so that no EHR meets a name it cannot find.
/// Every host of this folder notices a change by itself.
/// </summary>
public sealed class OwnKeys(string folder, TimeProvider clock)
{
    public static readonly TimeSpan PublishedBefore = TimeSpan.FromMinutes(15);
    public static readonly TimeSpan PublishedAfter = TimeSpan.FromDays(1);
    private const string Stamp = "yyyyMMdd'T'HHmmss'Z'";
    private static readonly string[] Kinds = ["rs384", "es384"];
    private readonly BriefMemory<string, IReadOnlyList<Dated>> read = new(clock, TimeSpan.FromSeconds(30), 10);

    public SigningCredentials Rs384 => Signing("rs384").Credentials;
    public SigningCredentials Es384 => Signing("es384").Credentials;

    /// <summary>Those that sign, those that will, and those that lately did.</summary>
    public IReadOnlyList<SigningCredentials> Published
    {
        get
        {
            var gone = clock.GetUtcNow() - PublishedAfter;
            return [.. Kinds.SelectMany(kind => All(kind) is var all ? all.Where((_, n) => n + 1 == all.Count || all[n + 1].SignsFrom > gone) : []).Select(k => k.Credentials)];
        }
    }

    /// <summary>Makes the next pair; what has not been published for a day is deleted.</summary>
    /// <returns>Since when it will sign.</returns>
    public Outcome<DateTimeOffset> Rotate()
    {
        var now = clock.GetUtcNow();
        if (Kinds.Any(kind => Files(kind)[^1].SignsFrom > now)) return Problem.Conflict("The last change is not in use yet. Wait until it is.", "keys-changing");
        foreach (var kind in Kinds)
        {
            var files = Files(kind);
            for (var n = 0; n + 1 < files.Count; n++)
            {
                if (files[n + 1].SignsFrom + PublishedAfter < now) File.Delete(files[n].Path);
            }
            KeyFiles.ReadOrMake(folder, $"client-{kind}-{now.UtcDateTime.ToString(Stamp, CultureInfo.InvariantCulture)}.pem", () => New(kind));
            read.Forget(kind);
        }
        return now + PublishedBefore;
    }

    private Dated Signing(string kind)
    {
        var (all, now) = (All(kind), clock.GetUtcNow());
        return all.LastOrDefault(k => k.SignsFrom <= now) ?? all[0];
    }

    private IReadOnlyList<Dated> All(string kind)
    {
        if (read.TryGet(kind, out var known)) return known;
        IReadOnlyList<Dated> keys = [.. Files(kind).Select(f => new Dated(Credentials(kind, File.ReadAllText(f.Path)), f.SignsFrom))];
        read.Keep(kind, keys);
        return keys;
    }

    /// <summary>Oldest first. The very first has no date and signs at once: nobody knows an older one.</summary>
    private List<(string Path, DateTimeOffset SignsFrom)> Files(string kind)
    {
        List<(string Path, DateTimeOffset SignsFrom)> dated = [.. Directory.EnumerateFiles(folder, $"client-{kind}-*.pem").Order(StringComparer.Ordinal).Select(path => (path,
            DateTimeOffset.ParseExact(Path.GetFileNameWithoutExtension(path)[$"client-{kind}-".Length..], Stamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) + PublishedBefore))];
        var first = Path.Combine(folder, $"client-{kind}.pem");
        if (dated.Count == 0) KeyFiles.ReadOrMake(folder, Path.GetFileName(first), () => New(kind));
        if (File.Exists(first)) dated.Insert(0, (first, DateTimeOffset.MinValue));
        return dated;
    }

    private static string New(string kind)
    {
        if (kind == "rs384") return KeyRing.NewRsa();
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        return ec.ExportPkcs8PrivateKeyPem();
    }

    private static SigningCredentials Credentials(string kind, string pem) =>
        kind == "rs384" ? KeyRing.Rsa(pem, SecurityAlgorithms.RsaSha384) : KeyRing.Ec(pem);

    private sealed record Dated(SigningCredentials Credentials, DateTimeOffset SignsFrom);
}
