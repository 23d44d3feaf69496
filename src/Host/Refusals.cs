using HealthTeams.Platform.Problems;
using Npgsql;

namespace HealthTeams.Host;

/// <summary>The last resort: what nobody expected is logged with its trace and answered without one.</summary>
internal sealed class Refusals(RequestDelegate next, ILogger<Refusals> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            http.Response.StatusCode = 499;
        }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted)
        {
            await Answer(http, new Problem(e.StatusCode, e.StatusCode == 413 ? "too-long" : "invalid", e.StatusCode == 413 ? "The request is too large." : "The request cannot be read."));
        }
        // A form with U+0000 in it, or with more fields than a form may have.
        catch (InvalidDataException e) when (!http.Response.HasStarted && e.Source is "Microsoft.AspNetCore.WebUtilities" or "Microsoft.AspNetCore.Http")
        {
            await Answer(http, Problem.Invalid("The form cannot be read."));
        }
        catch (PostgresException e) when (!http.Response.HasStarted && ProblemMapping.FromPostgres(e) is not null)
        {
            await Answer(http, ProblemMapping.FromPostgres(e)!);
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            log.LogError(e, "{Method} {Route} failed, reference {Reference}", http.Request.Method, http.GetEndpoint()?.DisplayName, http.TraceIdentifier);
            var away = e is NpgsqlException or TimeoutException;
            await Answer(http, new Problem(away ? 503 : 500, away ? "database-away" : "unexpected",
                away ? "The database does not answer. Try again in a moment." : $"Something went wrong. Quote {http.TraceIdentifier} when you ask for help."));
        }
    }

    private Task Answer(HttpContext http, Problem problem)
    {
        http.Response.Clear();
        if (HttpMethods.IsGet(http.Request.Method) && http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal) && !http.Request.Path.StartsWithSegments("/error"))
        {
            // A person gets the page, in their language.
            http.Response.StatusCode = problem.Status;
            http.Request.Path = $"/error/{problem.Status}";
            http.SetEndpoint(null);
            http.Features.Get<Microsoft.AspNetCore.Http.Features.IRouteValuesFeature>()?.RouteValues.Clear();
            return next(http);
        }
        if (!http.Request.Path.StartsWithSegments("/fhir")) return problem.ToResult().ExecuteAsync(http);
        http.Response.StatusCode = problem.Status;
        http.Response.ContentType = "application/fhir+json; charset=utf-8";
        var code = problem.Status switch { 409 => "conflict", 413 => "too-long", 503 => "transient", >= 500 => "exception", _ => "invalid" };
        return http.Response.WriteAsync(System.Text.Json.JsonSerializer.Serialize(new
        {
            resourceType = "OperationOutcome", issue = new[] { new { severity = "error", code, diagnostics = problem.Detail } },
        }));
    }
}
