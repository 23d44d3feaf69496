using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>GET /launch (from an EHR, or standalone) and its callback. Every end is a 303 to an address without secrets (SMART-A26).</summary>
internal static class LaunchEndpoints
{
    public static void MapLaunch(this IEndpointRouteBuilder routes)
    {
        var launch = routes.MapGroup("/launch").AllowAnonymous().ExcludeFromDescription().AddEndpointFilter(async (context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-store";
            context.HttpContext.Response.Headers["Referrer-Policy"] = "no-referrer";
            return await next(context);
        });
        launch.MapGet("", Start);
        launch.MapGet("/callback", Callback);
    }

    private static async Task<IResult> Start(HttpContext http, LaunchStart start, ILogger<LaunchStart> log, CancellationToken stop)
    {
        var there = await start.Begin(http, stop);
        return there.Ok ? See(http, there.Value) : Failed(http, there.Problem, log);
    }

    private static async Task<IResult> Callback(
        HttpContext http, LaunchCallback callback, Launches launches, Arrivals arrivals, ILogger<LaunchCallback> log, CancellationToken stop)
    {
        var answer = await callback.Answer(http, stop);
        if (!answer.Ok) return Failed(http, answer.Problem, log);
        var (arrival, browser) = answer.Value;
        if (arrival.Bookings.Count == 0) return Failed(http, LaunchProblem.Of(LaunchProblem.NoVisit, "The context leads to no visit."), log);
        if (arrival.Bookings.Count > 1) return See(http, $"/launch/choose/{await launches.Keep(arrival, browser, stop)}");
        browser.TakeBack(http);
        var seat = await arrivals.Seat(arrival, arrival.Bookings[0], http.Connection.RemoteIpAddress?.ToString(), stop);
        if (!seat.Ok) return Failed(http, seat.Problem, log);
        VisitSessions.HandOver(http, seat.Value);
        return See(http, seat.Value.Room);
    }

    private static IResult Failed(HttpContext http, Problem problem, ILogger log)
    {
        var reference = Secrets.Random(6);
        log.LogWarning("Launch {Reference} ended with {Code}: {Detail}", reference, problem.Code, problem.Detail);
        var page = problem.Code is LaunchProblem.NoVisit or LaunchProblem.NoPatient ? "no-visit" : "error";
        return See(http, $"/launch/{page}?code={Uri.EscapeDataString(problem.Code)}&ref={reference}");
    }

    /// <summary>303: the browser follows with GET and does not repeat what brought it here.</summary>
    private static IResult See(HttpContext http, string address)
    {
        http.Response.Headers.Location = address;
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }
}
