using System.Text.Json;
using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>The ways in which this EHR can be told to misbehave.</summary>
internal sealed record FaultSwitches
{
    public bool Down { get; init; }
    public int SlowMs { get; init; }
    public int FailWrites { get; init; }
    public bool ConflictOnce { get; init; }
    public int? TokenExpiresIn { get; init; }
    public bool RejectTokens { get; init; }
    public bool BadIdTokenSignature { get; init; }
    public bool WrongNonce { get; init; }
    public bool WrongIssuer { get; init; }
    public bool ExpiredIdToken { get; init; }
    public bool NoIdToken { get; init; }
    public bool NoFhirUser { get; init; }
    public bool RelativeFhirUser { get; init; }
    public bool NoPatient { get; init; }
    public bool NoEncounter { get; init; }
    public bool NoAppointmentContext { get; init; }
    public bool DenyAccess { get; init; }

    // Discovery
    public bool NoSmartConfiguration { get; init; }
    public bool RelativeAddresses { get; init; }
    public bool SeparateHosts { get; init; }
    public bool NoChallengeMethods { get; init; }
    public bool PlainChallengeOnly { get; init; }
    public bool RedirectDiscovery { get; init; }
    public bool RedirectAway { get; init; }
    public bool HugeAnswers { get; init; }
    public bool NotJson { get; init; }
    public bool V1Only { get; init; }
    public bool Rs384Only { get; init; }
    public bool NoRevocation { get; init; }

    // Authorization
    public bool PostOnlyAuthorize { get; init; }
    public bool LongLaunch { get; init; }
    public string? AuthorizeError { get; init; }
    public bool FewerScopes { get; init; }

    // The app's authentication and its tokens
    public bool PublicClient { get; init; }
    public bool SecretPostOnly { get; init; }
    public bool RawSecrets { get; init; }
    public bool RejectRefresh { get; init; }
    public int? ActiveTtl { get; init; }

    /// <summary>Laid over the token answer; a null takes a member away.</summary>
    public JsonObject? TokenAnswer { get; init; }

    // The id_token
    public string? FhirUser { get; init; }
    public string? Subject { get; init; }
    public bool WrongAudience { get; init; }
    public bool AlgNone { get; init; }
    public bool HmacIdToken { get; init; }
    public bool RotatedKey { get; init; }
    public bool NoKid { get; init; }
    public int ClockSkew { get; init; }

    // The style
    public bool HostileStyle { get; init; }
    public bool PaleStyle { get; init; }
}

internal sealed class Faults
{
    private readonly Lock gate = new();
    private readonly KeptTable<FaultSwitches> kept;

    public Faults(Journal journal)
    {
        kept = new KeptTable<FaultSwitches>(journal, "faults");
        Now = kept.Find("now") ?? new FaultSwitches();
    }

    public FaultSwitches Now { get; private set; }

    public bool TakeFailedWrite() => Take(f => f.FailWrites > 0, f => f with { FailWrites = f.FailWrites - 1 });
    public bool TakeRejectedToken() => Take(f => f.RejectTokens, f => f with { RejectTokens = false });

    public bool TakeConflict(Action before)
    {
        if (!Take(f => f.ConflictOnce, f => f with { ConflictOnce = false })) return false;
        before();
        return true;
    }

    /// <summary>Turns the named switches and leaves the others; null when all fitted, else what did not.</summary>
    public string? Turn(JsonObject wished)
    {
        lock (gate)
        {
            var all = AsJson();
            if (wished.Select(w => w.Key).FirstOrDefault(name => !all.ContainsKey(name)) is { } unknown) return $"There is no switch '{unknown}'";
            foreach (var (name, value) in wished) all[name] = value?.DeepClone();
            try { Set(all.Deserialize<FaultSwitches>(Json.Compact)!); }
            catch (JsonException e) { return $"{e.Path?.TrimStart('$', '.')} does not fit its switch"; }
            return null;
        }
    }

    public void Reset()
    {
        lock (gate) Set(new FaultSwitches());
    }

    public JsonObject AsJson() => (JsonObject)JsonSerializer.SerializeToNode(Now, Json.Compact)!;

    private bool Take(Func<FaultSwitches, bool> isOn, Func<FaultSwitches, FaultSwitches> used)
    {
        lock (gate)
        {
            if (!isOn(Now)) return false;
            Set(used(Now));
            return true;
        }
    }

    private void Set(FaultSwitches switches)
    {
        Now = switches;
        kept.Put("now", switches);
    }
}
