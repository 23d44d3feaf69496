namespace EhrSim;

internal sealed record LoggedRequest(DateTimeOffset At, string Method, string Path, int Status, string Client, int Milliseconds, string Says);

/// <summary>The last hundred calls that apps made. Paths only: a query may name a person.</summary>
internal sealed class RequestLog
{
    private const int Kept = 100;
    private readonly Lock gate = new();
    private readonly Queue<LoggedRequest> requests = new();

    public IReadOnlyList<LoggedRequest> Latest
    {
        get
        {
            lock (gate) return [.. requests.Reverse()];
        }
    }

    public static void Name(HttpContext context, string client) => context.Items["ehrsim-client"] = client;

    /// <summary>How a call was made, in names only: which parameters, which authentication.</summary>
    public static void Note(HttpContext context, string says) => context.Items["ehrsim-says"] = says;

    public void Add(LoggedRequest request)
    {
        lock (gate)
        {
            requests.Enqueue(request);
            if (requests.Count > Kept) requests.Dequeue();
        }
    }

    public static async Task Watch(HttpContext context, RequestDelegate next, Ehr ehr)
    {
        var began = ehr.Clock.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            if (context.Request.Path.StartsWithSegments("/fhir") || context.Request.Path.StartsWithSegments("/oauth"))
                ehr.Requests.Add(new LoggedRequest(ehr.Now, context.Request.Method, context.Request.Path.Value ?? "", context.Response.StatusCode,
                    context.Items["ehrsim-client"] as string ?? "", (int)ehr.Clock.GetElapsedTime(began).TotalMilliseconds,
                    context.Items["ehrsim-says"] as string ?? ""));
        }
    }
}
