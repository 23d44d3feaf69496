using Microsoft.AspNetCore.Http;
using Npgsql;

namespace HealthTeams.Platform.Problems;

/// <summary>The one place where problems become HTTP and where PostgreSQL's refusals become problems.</summary>
public static class ProblemMapping
{
    private static readonly Dictionary<string, Problem> Constraints = new(StringComparer.Ordinal);

    /// <summary>A slice names the problem that a broken constraint of its tables means.</summary>
    public static void Name(string constraint, Problem problem)
    {
        lock (Constraints) Constraints[constraint] = problem;
    }

    public static Problem? FromPostgres(PostgresException e)
    {
        lock (Constraints)
        {
            if (e.ConstraintName is { } name && Constraints.TryGetValue(name, out var named)) return named;
        }
        return e.SqlState switch
        {
            "HT409" => Problem.Conflict("Somebody else changed this at the same moment. Read it again and repeat."),
            PostgresErrorCodes.UniqueViolation => Problem.Conflict("This already exists.", "duplicate"),
            PostgresErrorCodes.ExclusionViolation => Problem.Conflict("This overlaps with another one.", "overlap"),
            // The name says table and column: what a slice did not check beforehand is refused all the same, and can be found.
            PostgresErrorCodes.CheckViolation => Problem.Unprocessable($"A value is too long, or is none of those taken here ({e.ConstraintName}).", code: "check"),
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected =>
                Problem.Conflict("Too many writers at once. Repeat the request."),
            PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter => Problem.Invalid("The request holds a character that no text has (U+0000)."),
            _ => null,
        };
    }

    public static IResult ToResult(this Problem problem) => Results.Problem(
        detail: problem.Detail, statusCode: problem.Status, title: problem.Code,
        extensions: new Dictionary<string, object?> { ["code"] = problem.Code, ["where"] = problem.Where });
}
