using System.Buffers.Text;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace HealthTeams.Bench;

/// <summary>What a case did: answers by status, microseconds of each, and how much of the processors the two servers took.</summary>
internal sealed record Measured(string Case, int Connections, double Seconds, IReadOnlyDictionary<int, int> Statuses, int[] Micros, double ServerCpuMs, double DatabaseCpuMs, int Expected)
{
    public int Good => Statuses.GetValueOrDefault(Expected);
    public double PerSecond => Good / Seconds;
    public double Percentile(double p) => Micros.Length == 0 ? 0 : Micros[Math.Min(Micros.Length - 1, (int)(Micros.Length * p))] / 1000.0;
    public string Others => string.Join(", ", Statuses.Where(s => s.Key != Expected).Select(s => $"{s.Value} × {s.Key}"));
}

/// <summary>HTTP/1.1 over plain sockets, one request at a time on each connection: as little work as a load generator can do.</summary>
internal sealed class Load(int port, string token)
{
    public int Port => port;

    /// <param name="request">(worker, n) to the whole request.</param>
    /// <param name="onAnswer">(worker, status), for cases that must know how it went.</param>
    public async Task<Measured> Run(string name, int connections, TimeSpan time, int expected, Func<int, int, byte[]> request, Processors processors, Action<int, int>? onAnswer = null)
    {
        // Half as long before it counts: the compiler's work is not the case's.
        var warm = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds / 2 * Stopwatch.Frequency);
        var done = (await Task.WhenAll(Enumerable.Range(0, connections).Select(w => Worker(w, 0, warm, request, onAnswer)))).Max(p => p.Micros.Count);
        var before = processors.Read();
        var clock = Stopwatch.StartNew();
        var until = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var parts = await Task.WhenAll(Enumerable.Range(0, connections).Select(w => Worker(w, done, until, request, onAnswer)));
        var seconds = clock.Elapsed.TotalSeconds;
        var after = processors.Read();
        var micros = parts.SelectMany(p => p.Micros).Order().ToArray();
        var statuses = parts.SelectMany(p => p.Statuses).GroupBy(s => s).ToDictionary(g => g.Key, g => g.Count());
        var n = Math.Max(1, micros.Length);
        return new Measured(name, connections, seconds, statuses, micros, (after.Server - before.Server).TotalMilliseconds / n, (after.Database - before.Database).TotalMilliseconds / n, expected);
    }

    public byte[] Get(string path) => Bytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nAccept: application/fhir+json\r\n\r\n");

    public byte[] Send(string method, string path, string body, string type = "application/fhir+json", string more = "") =>
        Bytes($"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nAccept: application/fhir+json\r\nContent-Type: {type}\r\n{more}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>One request, for preparation.</summary>
    public async Task<(int Status, string Body)> Once(byte[] request)
    {
        using var line = new Line(port);
        var status = await line.Ask(request);
        return (status, line.Text);
    }

    private async Task<(List<int> Micros, List<int> Statuses)> Worker(int worker, int from, long until, Func<int, int, byte[]> request, Action<int, int>? onAnswer)
    {
        using var line = new Line(port);
        var micros = new List<int>();
        var statuses = new List<int>();
        for (var n = 0; Stopwatch.GetTimestamp() < until; n++)
        {
            var bytes = request(worker, from + n);
            var start = Stopwatch.GetTimestamp();
            var status = await line.Ask(bytes);
            micros.Add((int)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            statuses.Add(status);
            onAnswer?.Invoke(worker, status);
        }
        return (micros, statuses);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private sealed class Line : IDisposable
    {
        private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private byte[] buffer = new byte[64 * 1024];
        private int length;
        private int body;

        public Line(int port) => socket.Connect("127.0.0.1", port);

        public string Text => Encoding.UTF8.GetString(buffer.AsSpan(body, length - body));

        public async ValueTask<int> Ask(byte[] request)
        {
            await socket.SendAsync(request, SocketFlags.None);
            length = 0;
            int end;
            while ((end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0) await More();
            body = end + 4;
            var head = buffer.AsSpan(0, end);
            Utf8Parser.TryParse(head[9..], out int status, out _);
            var at = head.IndexOf("Content-Length: "u8);
            if (at >= 0)
            {
                Utf8Parser.TryParse(head[(at + 16)..], out int size, out _);
                while (length < body + size) await More();
            }
            else if (head.IndexOf("Transfer-Encoding: chunked"u8) >= 0)
            {
                while (!buffer.AsSpan(body, length - body).EndsWith("0\r\n\r\n"u8)) await More();
            }
            return status;
        }

        private async ValueTask More()
        {
            if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None);
            if (read == 0) throw new IOException("The server closed the connection.");
            length += read;
        }

        public void Dispose() => socket.Dispose();
    }
}

/// <summary>Processor time of a server and of PostgreSQL with all its processes, as Linux keeps it in /proc.</summary>
internal sealed class Processors(int server, int postmaster)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    public (TimeSpan Server, TimeSpan Database) Read()
    {
        var database = TimeSpan.Zero;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var pid) && Stat(pid) is { } stat && (stat.Parent == postmaster || pid == postmaster)) database += stat.Time;
        }
        return (Stat(server)?.Time ?? TimeSpan.Zero, database);
    }

    private static (int Parent, TimeSpan Time)? Stat(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            var culture = System.Globalization.CultureInfo.InvariantCulture;
            return (int.Parse(fields[1], culture), Tick * (long.Parse(fields[11], culture) + long.Parse(fields[12], culture)));
        }
        catch (IOException)
        {
            return null; // it ended meanwhile
        }
    }
}
