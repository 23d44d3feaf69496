using HealthTeams.Platform.Outbound;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.FhirGateway.Federation;

/// <summary>A hospital that this one registered.</summary>
public sealed record Partner
{
    public Guid Id { get; init; }
    public string Address { get; init; } = "";
    public string Name { get; init; } = "";
    public string Fingerprint { get; init; } = "";
    public DateTimeOffset AddedAt { get; init; }

    /// <summary>Since when both have registered each other; nothing crosses before.</summary>
    public DateTimeOffset? MutualAt { get; init; }
    public DateTimeOffset? PausedAt { get; init; }
    public DateTimeOffset? OkAt { get; init; }
    public DateTimeOffset? FailedAt { get; init; }
    public string? Failure { get; init; }
    public int Waiting { get; init; }
    public string JwkJson { get; init; } = "{}";
    public bool Open => MutualAt is not null && PausedAt is null;

    internal const string Columns = """
        p.id, p.address, p.name, p.fingerprint, p.added_at as AddedAt, p.mutual_at as MutualAt, p.paused_at as PausedAt, p.ok_at as OkAt, p.failed_at as FailedAt, p.failure, p.jwk::text as JwkJson,
        (select count(*)::int from collab.partner_sending s where s.tenant = p.tenant and s.partner = p.id and s.accepted_at is null and s.refused is null) as Waiting
        """;
}

/// <summary>How this hospital presents itself to partners.</summary>
public sealed record FederationCard(string Address, string Name, string Fingerprint, bool Opened, bool Directory);

/// <summary>Registering, pausing and removing partner hospitals (FD-01). Trust is both sides' act; a key is pinned by its fingerprint.</summary>
public sealed class Partners(Db db, TenantDirectory tenants, TenantHosts hosts, FederationKey key, FederationCall call)
{
    public const int Most = 200;
    public static readonly Problem Unknown = Problem.NotFound("There is no such partner.", "partner-unknown");

    public async Task<FederationCard> Card(Caller caller, CancellationToken stop)
    {
        var open = await db.In(caller.Tenant, caller.Actor, tx => tx.OneOrNone<(bool Opened, bool Directory)>("select true, directory from collab.federation where tenant = @Tenant", new { tx.Tenant }), stop);
        var tenant = (await tenants.Find(caller.Tenant, stop))!;
        return new(call.AddressOf(tenant), tenant.Name, key.Fingerprint, open.Opened, open.Directory);
    }

    public Task Open(Caller caller, bool directory, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
    {
        await tx.Execute("insert into collab.federation (tenant, opened_at, directory) values (@Tenant, @Now, @directory) on conflict (tenant) do update set directory = excluded.directory", new { tx.Tenant, tx.Now, directory });
        tx.Publish("federation.opened", "federation/own", data: new { directory });
    }, stop);

    public Task<IReadOnlyList<Partner>> All(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<Partner>($"select {Partner.Columns} from collab.partner p where p.tenant = @Tenant order by lower(p.name)", new { tx.Tenant }), stop);

    /// <summary>Asks the address for its card and pins the key, if its fingerprint is the one that was read out.</summary>
    public async Task<Outcome<Guid>> Add(Caller caller, string address, string fingerprint, bool privateNetwork, CancellationToken stop)
    {
        var clean = new string([.. fingerprint.Where(char.IsAsciiHexDigit)]).ToLowerInvariant();
        if (!FederationCall.IsAddress(address = address.Trim().TrimEnd('/'), out _)) return Problem.Unprocessable("An address looks like https://hospital.example/federation/name.", "address", "partner-address");
        if (clean.Length != 64) return Problem.Unprocessable("A fingerprint has 64 hexadecimal digits. The partner reads it from its own page; do not take it from a message.", "fingerprint", "partner-fingerprint");
        if (address == (await Card(caller, stop)).Address) return Problem.Unprocessable("This is our own address.", "address", "partner-own");
        // Whom an administrator registers may be spoken to.
        var host = await hosts.Add(caller, address, privateNetwork, stop);
        if (!host.Ok) return host.Problem with { Where = "address" };
        var found = await call.Card(address, stop);
        if (!found.Ok) return found.Problem with { Where = "address" };
        var (name, jwk) = found.Value;
        if (FederationKey.Of(jwk) != clean) return Problem.Unprocessable("The key at this address has another fingerprint. Do not go on before you know why: call the partner.", "fingerprint", "partner-fingerprint-differs");
        var added = await db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await tx.Scalar<int>("select count(*)::int from collab.partner where tenant = @Tenant", new { tx.Tenant }) >= Most) return Problem.Conflict($"A hospital has at most {Most} partners.", "partners-full");
            await tx.Execute("insert into collab.federation (tenant, opened_at) values (@Tenant, @Now) on conflict (tenant) do nothing", new { tx.Tenant, tx.Now });
            var id = await tx.Scalar<Guid>("""
                insert into collab.partner (tenant, id, address, name, jwk, fingerprint, added_at, added_by) values (@Tenant, @id, @address, @name, @jwk::jsonb, @clean, @Now, @by)
                on conflict on constraint partner_address do update set name = excluded.name, jwk = excluded.jwk, fingerprint = excluded.fingerprint, paused_at = null,
                  mutual_at = case when collab.partner.fingerprint = excluded.fingerprint then collab.partner.mutual_at end
                returning id
                """, new { tx.Tenant, tx.Now, id = tx.NewId(), address, name, jwk = jwk.ToJsonString(), clean, by = tx.Actor.Id });
            tx.Publish("federation.partner-registered", $"partner/{id}", data: new { fingerprint = clean });
            return id;
        }, stop);
        if (added.Ok) await Greet(caller, added.Value, stop);
        return added;
    }

    /// <summary>Asks whether they have registered us: from then on things cross.</summary>
    public async Task<Outcome<bool>> Greet(Caller caller, Guid id, CancellationToken stop)
    {
        var partner = await db.In(caller.Tenant, caller.Actor, tx => Find(tx, id), stop);
        if (partner is null) return Unknown;
        var answer = await call.Send((await tenants.Find(caller.Tenant, stop))!, partner, "hello", """{"hello":true}"""u8.ToArray(), stop);
        await db.In(caller.Tenant, caller.Actor, tx => answer.Ok ? Worked(tx, id, mutual: true) : Failed(tx, id, answer.Problem), stop);
        return answer.Ok ? true : answer.Problem;
    }

    public Task<Outcome<bool>> Pause(Caller caller, Guid id, bool paused, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await tx.Execute("update collab.partner set paused_at = @at where tenant = @Tenant and id = @id", new { tx.Tenant, id, at = paused ? tx.Now : (DateTimeOffset?)null }) == 0) return Unknown;
        tx.Publish(paused ? "federation.partner-paused" : "federation.partner-resumed", $"partner/{id}");
        return true;
    }, stop);

    internal static Task<Partner?> Find(Tx tx, Guid id) => tx.OneOrNone<Partner>($"select {Partner.Columns} from collab.partner p where p.tenant = @Tenant and p.id = @id", new { tx.Tenant, id });

    internal static Task<Partner?> At(Tx tx, string address) => tx.OneOrNone<Partner>($"select {Partner.Columns} from collab.partner p where p.tenant = @Tenant and p.address = @address", new { tx.Tenant, address });

    internal static Task Worked(Tx tx, Guid id, bool mutual = false) => tx.Execute("""
        update collab.partner set ok_at = @Now, failure = null, mutual_at = case when @mutual then coalesce(mutual_at, @Now) else mutual_at end where tenant = @Tenant and id = @id
        """, new { tx.Tenant, tx.Now, id, mutual });

    internal static Task Failed(Tx tx, Guid id, Problem why) => tx.Execute("""
        update collab.partner set failed_at = @Now, failure = @why where tenant = @Tenant and id = @id
        """, new { tx.Tenant, tx.Now, id, why = why.Detail.Length > 300 ? why.Detail[..300] : why.Detail });
}
