using HealthTeams.Platform.Database;

namespace HealthTeams.Platform;

/// <summary>
/// The one port from the domain to FHIR (decision record 0001): after a page's change wrote its rows and its event,
/// the next version of the resource is written in the same transaction. Host binds it to the gateway.
/// </summary>
/// <param name="kind">"visit", "message" ...</param>
public delegate Task ProjectFhir(Tx tx, string kind, Guid id);
