using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace HealthTeams.Collaboration.Files;

/// <summary>clamd's INSTREAM: chunks with their length before them, an empty one at the end, one line as the answer.</summary>
internal static class ClamAv
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <returns>The name of what was found; null when it is clean. A scanner that does not answer so is an IOException: it is asked again.</returns>
    public static async Task<string?> Scan((string Host, int Port) at, Stream content, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        try
        {
            return Read(await Ask(at, content, patience.Token));
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            throw new IOException($"The virus scanner does not answer: {e.Message}", e);
        }
    }

    /// <summary>"stream: OK", "stream: Eicar-Test-Signature FOUND". Anything else is no answer. Pure.</summary>
    internal static string? Read(string answer) => answer.Trim('\0', '\n', ' ') switch
    {
        "stream: OK" => null,
        var said when said.StartsWith("stream: ", StringComparison.Ordinal) && said.EndsWith(" FOUND", StringComparison.Ordinal) => said["stream: ".Length..^" FOUND".Length],
        var said => throw new IOException($"The virus scanner answered '{said}'."),
    };

    private static async Task<string> Ask((string Host, int Port) at, Stream content, CancellationToken stop)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(at.Host, at.Port, stop);
        await using var line = client.GetStream();
        await line.WriteAsync("zINSTREAM\0"u8.ToArray(), stop);
        var buffer = new byte[64 * 1024 + 4];
        int read;
        while ((read = await content.ReadAsync(buffer.AsMemory(4), stop)) > 0)
        {
            BinaryPrimitives.WriteInt32BigEndian(buffer, read);
            await line.WriteAsync(buffer.AsMemory(0, read + 4), stop);
        }
        await line.WriteAsync(new byte[4], stop);
        using var reader = new StreamReader(line, Encoding.ASCII);
        return await reader.ReadToEndAsync(stop);
    }
}
