using System.Globalization;

namespace HealthTeams.FhirGateway.Interactions;

/// <param name="PublicUrl">Known once the server listens.</param>
public sealed record FhirSettings(Func<Uri> PublicUrl)
{
    public FhirLimits Limits { get; init; } = new();
    public string Base => PublicUrl().AbsoluteUri.TrimEnd('/') + "/fhir";
}

/// <summary>What one request may cost: stated in metadata, each answered by an OperationOutcome that names it.</summary>
public sealed record FhirLimits
{
    /// <summary>Bytes of a body, unpacked: 413.</summary>
    public long Body { get; init; } = 32 * 1024 * 1024;

    /// <summary>Entries of a batch or transaction: 413.</summary>
    public int Entries { get; init; } = 5000;

    /// <summary>Matches of a page: more asked for is less given, with a warning.</summary>
    public int Page { get; init; } = 1000;

    /// <summary>Resources that a page includes beside its matches: a warning says when more were left out.</summary>
    public int Included { get; init; } = 1000;

    /// <summary>Turns of _include:iterate: a warning says when there was more to follow.</summary>
    public int Turns { get; init; } = 5;

    /// <summary>How long one statement of a read or search may run: 503, too-costly.</summary>
    public TimeSpan Read { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long $hold keeps a slot.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>FHIR_BODY_MB, FHIR_BUNDLE_ENTRIES, FHIR_PAGE, FHIR_INCLUDED, FHIR_ITERATE_TURNS, FHIR_READ_SECONDS, FHIR_HOLD_MINUTES.</summary>
    /// <param name="read">A setting's text, or null.</param>
    /// <exception cref="FormatException">With a sentence for the administrator.</exception>
    public static FhirLimits From(Func<string, string?> read)
    {
        var usual = new FhirLimits();
        return new FhirLimits
        {
            Body = Number("FHIR_BODY_MB", 1, 1024, (int)(usual.Body / 1024 / 1024)) * 1024L * 1024,
            Entries = Number("FHIR_BUNDLE_ENTRIES", 1, 100_000, usual.Entries),
            Page = Number("FHIR_PAGE", 1, 10_000, usual.Page),
            Included = Number("FHIR_INCLUDED", 0, 10_000, usual.Included),
            Turns = Number("FHIR_ITERATE_TURNS", 1, 20, usual.Turns),
            Read = TimeSpan.FromSeconds(Number("FHIR_READ_SECONDS", 1, 3600, (int)usual.Read.TotalSeconds)),
            Hold = TimeSpan.FromMinutes(Number("FHIR_HOLD_MINUTES", 1, 1440, (int)usual.Hold.TotalMinutes)),
        };

        int Number(string name, int least, int most, int otherwise) => read(name) is not { } text ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n
            : throw new FormatException($"{name} is '{text}', not a whole number between {least} and {most}.");
    }
}
