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
        routes.MapGet("/room/{sid}/look.css", Look).RequireAuthorization(Policies.Seat).ExcludeFromDescription();
    }

    private static async Task<IResult> Start(HttpContext http, LaunchStart start, TrialLaunches trials, Ending ending, OnwardPage page, CancellationToken stop)
    {
        var trace = new LaunchTrace();
        var there = await start.Begin(http, trace, stop);
        var tried = http.Request.Query["trial"].ToString();
        if (tried.Length > 0 && there.Ok) await trials.Gone(tried, there.Value.Fields["state"], stop);
        if (!there.Ok && await trials.Find(tried, stop) is { } trial) return See(http, await trials.End(trial, there.Problem, trace, stop));
        return !there.Ok ? See(http, await ending.Of(there.Problem, trace, null, stop)) : there.Value.Post ? page(http, there.Value) : See(http, there.Value.Address);
    }

    private static async Task<IResult> Callback(
        HttpContext http, LaunchCallback callback, Launches launches, Arrivals arrivals, TrialLaunches trials, Ending ending, CancellationToken stop)
    {
        var trace = new LaunchTrace();
        var trial = await trials.Find(http.Request.Query["state"].ToString(), stop);
        var answer = await callback.Answer(http, trace, stop);
        // An administrator's trial ends where its result is shown, and seats nobody.
        // Another browser that merely saw the address does not spoil it.
        if (trial is not null && (answer.Ok || answer.Problem.Code != LaunchProblem.OtherBrowser)) return See(http, await trials.End(trial, answer.Ok ? answer.Value.Arrival : answer.Problem, trace, stop));
        if (!answer.Ok) return See(http, await ending.Of(answer.Problem, trace, null, stop));
        var (arrival, browser) = answer.Value;
        if (arrival.Bookings.Count > 1) return See(http, $"/launch/choose/{await launches.Keep(arrival, browser, stop)}");
        Problem problem = LaunchProblem.Of(LaunchProblem.NoVisit, "The context leads to no visit.");
        if (arrival.Bookings is [var only])
        {
            var seat = await arrivals.Seat(arrival, only, http.Connection.RemoteIpAddress?.ToString(), stop);
            if (seat.Ok)
            {
                browser.TakeBack(http);
                VisitSessions.HandOver(http, seat.Value);
                return See(http, seat.Value.Room);
            }
            problem = seat.Problem;
        }
        var mayStart = arrival.Fresh is not null && problem.Code is LaunchProblem.NoVisit or LaunchProblem.VisitOver;
        var choice = mayStart ? await launches.Keep(arrival with { Bookings = [] }, browser, stop) : null;
        if (!mayStart) browser.TakeBack(http);
        return See(http, await ending.Of(problem, trace, choice, stop));
    }

    /// <summary>A style sheet of its own address: no page of ours holds a style inline.</summary>
    private static async Task<IResult> Look(Caller caller, HttpContext http, VisitSessions sessions, CancellationToken stop)
    {
        http.Response.Headers.CacheControl = "private, max-age=300";
        return Results.Text((await sessions.Look(caller, stop)).Style ?? "", "text/css; charset=utf-8");
    }

    /// <summary>303: the browser follows with GET and does not repeat what brought it here.</summary>
    private static IResult See(HttpContext http, string address)
    {
        http.Response.Headers.Location = address;
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }
}
