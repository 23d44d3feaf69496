using System.Diagnostics.CodeAnalysis;

namespace HealthTeams.Platform.Problems;

/// <summary>An expected refusal: what is wrong, where, what to do. Mapped once to ProblemDetails or OperationOutcome.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Stable and quotable, e.g. "visit-over".</param>
/// <param name="Detail">A sentence for the reader, without clinical data.</param>
/// <param name="Where">Element or field, e.g. "Appointment.start".</param>
public sealed record Problem(int Status, string Code, string Detail, string? Where = null)
{
    /// <summary>The sentence with its names and numbers apart; counts while it says what <see cref="Detail"/> says.</summary>
    public ProblemText? Said { get; init; }

    public static Problem NotFound(ProblemText detail, string code = "not-found") => new(404, code, detail.Text) { Said = detail };
    public static Problem Forbidden(ProblemText detail, string code = "forbidden") => new(403, code, detail.Text) { Said = detail };
    public static Problem Conflict(ProblemText detail, string code = "conflict") => new(409, code, detail.Text) { Said = detail };
    public static Problem Invalid(ProblemText detail, string? where = null, string code = "invalid") => new(400, code, detail.Text, where) { Said = detail };
    public static Problem Unprocessable(ProblemText detail, string? where = null, string code = "processing") => new(422, code, detail.Text, where) { Said = detail };

    /// <summary>All that is wrong as one refusal, with the status, code and place of the first.</summary>
    public static Problem All(IReadOnlyList<Problem> wrong)
    {
        if (wrong is [var only]) return only;
        var all = ProblemText.Row(" ", wrong.Select(w => w.Said is { } said && said.Text == w.Detail ? said : ProblemText.Plain(w.Detail)));
        return wrong[0] with { Detail = all.Text, Said = all };
    }

    public static Problem NotFound(string detail, string code = "not-found") => new(404, code, detail);
    public static Problem Gone(string detail) => new(410, "deleted", detail);
    public static Problem Forbidden(string detail, string code = "forbidden") => new(403, code, detail);
    public static Problem Unauthorized(string detail, string code = "login") => new(401, code, detail);
    public static Problem Conflict(string detail, string code = "conflict") => new(409, code, detail);
    public static Problem Precondition(string detail, string code = "conflict") => new(412, code, detail);
    public static Problem Invalid(string detail, string? where = null, string code = "invalid") => new(400, code, detail, where);
    public static Problem Unprocessable(string detail, string? where = null, string code = "processing") => new(422, code, detail, where);
}

/// <summary>Either a value or the problem that stood in its way.</summary>
public readonly struct Outcome<T>
{
    private readonly T? value;
    public Problem? Problem { get; }

    private Outcome(T? value, Problem? problem) => (this.value, Problem) = (value, problem);

    [MemberNotNullWhen(false, nameof(Problem))]
    public bool Ok => Problem is null;

    public T Value => Ok ? value! : throw new InvalidOperationException($"No value: {Problem.Code}");

    public static implicit operator Outcome<T>(T value) => new(value, null);
    public static implicit operator Outcome<T>(Problem problem) => new(default, problem);

    public Outcome<TNext> Then<TNext>(Func<T, TNext> next) => Ok ? next(value!) : Problem;
}
