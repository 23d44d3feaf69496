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
        if (!faults.Down) await next(context);
        else if (isFhir) await FhirAnswer.Problem(503, "transient", "The EHR is down (fault switch down)").Write(context, ehr);
        else await OAuthReply.Error(context, 503, "temporarily_unavailable", "The EHR is down (fault switch down)");
    });
}
