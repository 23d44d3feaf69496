namespace EhrSim;

/// <summary>Down and slow, for what apps call: the pages stay up so that the switches can be turned back.</summary>
internal static class FaultyWire
{
    public static void UseFaultyWire(this WebApplication app, Ehr ehr) => app.Use(async (context, next) =>
    {
        var isFhir = context.Request.Path.StartsWithSegments("/fhir");
        if (!isFhir && !context.Request.Path.StartsWithSegments("/oauth/token"))
        {
            await next(context);
            return;
        }
        var faults = ehr.Faults.Now;
        // Real time on purpose: the caller's timeout does not run on our clock.
        if (faults.SlowMs > 0) await Task.Delay(faults.SlowMs, context.RequestAborted);
        if (isFhir && (faults.HugeAnswers || faults.NotJson))
        {
            await Junk(context, faults.HugeAnswers ? 9 * 1024 * 1024 : 64);
            return;
        }
        if (!faults.Down) await next(context);
        else if (isFhir) await FhirAnswer.Problem(503, "transient", "The EHR is down (fault switch down)").Write(context, ehr);
        else await OAuthReply.Error(context, 503, "temporarily_unavailable", "The EHR is down (fault switch down)");
    });

    private static async Task Junk(HttpContext context, int length)
    {
        context.Response.ContentType = "application/json";
        var block = new byte[64 * 1024];
        Array.Fill(block, (byte)' ');
        for (var sent = 0; sent < length; sent += block.Length) await context.Response.Body.WriteAsync(block.AsMemory(0, Math.Min(block.Length, length - sent)), context.RequestAborted);
    }
}
