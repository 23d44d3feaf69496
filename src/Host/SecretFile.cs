using System.Security.Cryptography;
using System.Text;


namespace HealthTeams.Host;

/// <summary>A secret of this installation in DATA_DIR/secrets, made at its first use, readable by its owner only.</summary>
internal static class SecretFile
{
    public static string PathOf(string dataDir, string name) => Path.Combine(dataDir, "secrets", name);

    public static string GetOrMake(string dataDir, string name)
    {
        var file = PathOf(dataDir, name);
        if (File.Exists(file)) return File.ReadAllText(file).Trim();
        Directory.CreateDirectory(Path.GetDirectoryName(file)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        using var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        stream.Write(Encoding.ASCII.GetBytes(secret));
        return secret;
    }
}
