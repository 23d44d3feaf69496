namespace HealthTeams.FhirGateway.Ehr;

/// <summary>A registered EHR as the gateway needs it: where its FHIR API is and how to get a token for it now.</summary>
/// <param name="Id">The EHR registration's id, the Source of visit keys.</param>
/// <param name="Token">An access token; the argument asks for a fresh one after a 401.</param>
public sealed record EhrConnection(Guid Id, Uri Base, Func<bool, CancellationToken, Task<Outcome<string>>> Token)
{
    /// <summary>The hospital's time zone, for times that the EHR sends without one.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;
}

/// <summary>
/// Bound by Host to SmartLauncher, which alone holds registrations and tokens: the EHRs of a tenant that may be
/// written to. A visit gives preference to the connection its launch left; backend clients serve the rest.
/// </summary>
public delegate Task<IReadOnlyList<EhrConnection>> EhrConnections(int tenant, Guid? visit, CancellationToken stop);

/// <summary>How an EHR is written to, as registered.</summary>
/// <param name="Adapter">"fhir", "oracle", "epic" or "none".</param>
/// <param name="JoinLink">"none", "extension" or "oracle".</param>
/// <param name="ForTests">A test EHR: production's visits are not looked for there.</param>
public sealed record WriteRules(string Adapter, string JoinLink, bool ForTests)
{
    public bool Writes => Adapter != "none";
    public bool Links => Writes && JoinLink != "none";
}

/// <summary>What brings a visit's course to the EHRs.</summary>
public static class EhrWriteBack
{
    /// <param name="anyEhr">SQL: whether tenant $1 has any.</param>
    public static EventRoute Route(string anyEhr) => VisitWriteBack.Route with { While = anyEhr };

    /// <summary>What brings documents there.</summary>
    /// <param name="anyEhr">SQL: whether tenant $1 has any.</param>
    public static EventRoute Documents(string anyEhr) => Conversations.TalkWriteBack.Route with { While = anyEhr };
}

/// <summary>Bound by SmartLauncher: the rules of a tenant's EHRs.</summary>
public delegate Task<IReadOnlyDictionary<Guid, WriteRules>> WriteRulesOf(int tenant, CancellationToken stop);
