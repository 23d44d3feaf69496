using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Dapper;

namespace HealthTeams.Collaboration.Policies;

/// <summary>Devices of rooms: registered and taken back by an administrator, signed in by a code that works once.</summary>
public sealed class RoomDevices(Db db)
{
    private const string Administrator = "administrator";
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);
    private static readonly Problem Unknown = Problem.NotFound("There is no such device.", "device-unknown");

    public Task<Outcome<IReadOnlyList<RoomDevice>>> All(Caller caller, CancellationToken stop) => db.In<Outcome<IReadOnlyList<RoomDevice>>>(caller.Tenant, caller.Actor, async tx =>
        caller.Has(Administrator) ? Rows(await tx.Query<RoomDevice>($"{Select} where d.tenant = @Tenant order by d.revoked_at nulls first, lower(d.name)", new { tx.Tenant, tx.Now })) : NotAdministrator, stop);

    /// <returns>The code, shown once; only its hash is kept.</returns>
    public Task<Outcome<string>> Register(Caller caller, string name, Guid team, CancellationToken stop) => db.In<Outcome<string>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (!caller.Has(Administrator)) return NotAdministrator;
        if (name.Trim().Length is 0 or > 100) return Problem.Unprocessable("A device's name has 1 to 100 characters.", "name", "device-name");
        if (!await tx.Scalar<bool>("select exists (select from collab.team where tenant = @Tenant and id = @team and archived_at is null)", new { tx.Tenant, team })) return Problem.Unprocessable("Choose the team that cares for this room.", "team", "device-team");
        // The patient-room package decides what it may; its policies are made with the first device.
        await PolicyAssigning.Make(tx, PolicyPackages.Find("patient-room")!, caller.Person);
        var (id, code) = (tx.NewId(), NewCode());
        await tx.Execute("""
            insert into collab.room_device (tenant, id, name, team, code_hash, code_until, registered_at, registered_by) values (@Tenant, @id, @name, @team, @hash, @until, @Now, @Person)
            """, new { tx.Tenant, tx.Now, id, name = name.Trim(), team, hash = Hash(code), until = tx.Now + RoomRules.CodeLasts, caller.Person });
        tx.Publish("device.registered", $"device/{id}");
        return code;
    }, stop);

    /// <summary>A new code for a device that was reset or whose code ran out; the old sign-in ends.</summary>
    public Task<Outcome<string>> NewCode(Caller caller, Guid id, CancellationToken stop) => db.In<Outcome<string>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (!caller.Has(Administrator)) return NotAdministrator;
        var code = NewCode();
        if (await tx.Execute("""
            update collab.room_device set code_hash = @hash, code_until = @until, secret_hash = null, signed_in_at = null, version = version + 1 where tenant = @Tenant and id = @id and revoked_at is null
            """, new { tx.Tenant, id, hash = Hash(code), until = tx.Now + RoomRules.CodeLasts }) == 0) return Unknown;
        tx.Publish("device.code-renewed", $"device/{id}");
        return code;
    }, stop);

    public Task<Outcome<bool>> Revoke(Caller caller, Guid id, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (!caller.Has(Administrator)) return NotAdministrator;
        if (await tx.Execute("""
            update collab.room_device set revoked_at = @Now, secret_hash = null, code_hash = null, code_until = null, patient = null, version = version + 1 where tenant = @Tenant and id = @id and revoked_at is null
            """, new { tx.Tenant, tx.Now, id }) == 0) return Unknown;
        tx.Publish("device.revoked", $"device/{id}");
        return true;
    }, stop);

    /// <summary>The code works once, for the first device that brings it.</summary>
    public async Task<Outcome<string>> SignIn(string code, string? source, CancellationToken stop)
    {
        var hash = Hash(new string([.. code.Where(char.IsAsciiLetterOrDigit)]).ToUpperInvariant());
        var wrong = Problem.Forbidden("This code is not known, was used, or ran out. Ask an administrator for a new one.", "device-code");
        if (await TenantOf(hash, stop) is not { } tenant) return wrong;
        return await db.In<Outcome<string>>(tenant, new Actor("device", CallerKind.Guest, null, source), async tx =>
        {
            var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
            var id = await tx.Scalar<Guid?>("""
                update collab.room_device set secret_hash = @secret, code_hash = null, code_until = null, signed_in_at = @Now, last_seen_at = @Now, last_source = @source
                where tenant = @Tenant and code_hash = @hash and code_until > @Now and revoked_at is null returning id
                """, new { tx.Tenant, tx.Now, hash, secret = Hash(secret), source });
            if (id is null) return wrong;
            tx.Publish("device.signed-in", $"device/{id}");
            return secret;
        }, stop);
    }

    /// <summary>Whose device this is; null once it is revoked.</summary>
    public async Task<SignedInDevice?> Find(string secret, string? source, CancellationToken stop)
    {
        var hash = Hash(secret);
        if (await TenantOf(hash, stop) is not { } tenant) return null;
        return await db.In(tenant, Actor.Product, async tx =>
        {
            var row = await tx.OneOrNone<(Guid Id, string Name, DateTimeOffset? Seen)?>("select id, name, last_seen_at from collab.room_device where tenant = @Tenant and secret_hash = @hash and revoked_at is null", new { tx.Tenant, hash });
            if (row is not { } known) return null;
            if (known.Seen is null || tx.Now - known.Seen > SeenEvery) await tx.Execute("update collab.room_device set last_seen_at = @Now, last_source = @source where tenant = @Tenant and id = @Id", new { tx.Tenant, tx.Now, source, known.Id });
            return new SignedInDevice(tenant, known.Id, known.Name);
        }, stop);
    }

    internal const string Select = """
        select d.id, d.name, d.team, t.name as TeamName, d.patient, concat_ws(', ', upper(p.family), p.given) as PatientName, coalesce(d.code_until > @Now, false) as CodeWaits, d.registered_at as RegisteredAt,
          d.signed_in_at as SignedInAt, d.last_seen_at as LastSeenAt, d.last_source as LastSource, d.called_at as CalledAt, d.revoked_at as RevokedAt
        from collab.room_device d join collab.team t on t.tenant = d.tenant and t.id = d.team left join collab.person p on p.tenant = d.tenant and p.id = d.patient
        """;

    private static readonly Problem NotAdministrator = Problem.Forbidden("Devices are an administrator's business.", "not-administrator");

    private static Outcome<IReadOnlyList<RoomDevice>> Rows(IReadOnlyList<RoomDevice> rows) => new List<RoomDevice>(rows);

    private async Task<int?> TenantOf(byte[] hash, CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        return await connection.ExecuteScalarAsync<int?>(new CommandDefinition("select collab.room_device_tenant(@hash)", new { hash }, cancellationToken: stop));
    }

    internal static byte[] Hash(string secret) => SHA256.HashData(Encoding.ASCII.GetBytes(secret));

    /// <summary>60 bits in letters that are not mistaken for each other: one try in 15 minutes against a guess of 10^18.</summary>
    private static string NewCode() => RandomNumberGenerator.GetString("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 12);
}
