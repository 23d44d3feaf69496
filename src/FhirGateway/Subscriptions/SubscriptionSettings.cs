namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>How patient the delivery of subscriptions is.</summary>
public sealed record SubscriptionSettings
{
    /// <summary>An endpoint that failed for this long gets the status error; the notices wait.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromHours(72);

    /// <summary>How long notices stay for $events; one in error for this long is switched off.</summary>
    public TimeSpan KeepEvents { get; init; } = TimeSpan.FromDays(7);

    public int HandshakeAttempts { get; init; } = 5;
}
