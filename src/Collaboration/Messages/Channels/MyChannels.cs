using System.Buffers.Text;
using System.Text.RegularExpressions;

namespace HealthTeams.Collaboration.Messages.Channels;

public sealed record ChannelRow
{
    public Guid Id { get; init; }
    public string Kind { get; init; } = "";
    public string Address { get; init; } = "";
    public string Label { get; init; } = "";
    public DateTimeOffset MadeAt { get; init; }
}

/// <param name="FromMinute">Of the hospital's day; null: no such hours.</param>
public sealed record QuietHours(int? FromMinute = null, int? ToMinute = null, DateTimeOffset? Until = null);

public sealed record MyReach(IReadOnlyList<ChannelRow> Channels, QuietHours Quiet, string PushKey, bool Mail, bool Sms);

/// <summary>A person's own ways to be rung, and when not to be disturbed by what is not urgent.</summary>
public sealed partial class MyChannels(Db db, ChannelSettings settings)
{
    public const int Most = 12;

    public Task<MyReach> Mine(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx => new MyReach(
        await tx.Query<ChannelRow>("select id, kind, address, label, made_at as MadeAt from collab.person_channel where tenant = @Tenant and person = @Person order by kind, made_at, id", new { tx.Tenant, caller.Person }),
        await tx.OneOrNone<QuietHours>("select from_minute, to_minute, until from collab.person_quiet where tenant = @Tenant and person = @Person", new { tx.Tenant, caller.Person }) ?? new(),
        WebPush.PublicKey(settings.PushKey), settings.Smtp is not null, settings.Sms is not null), stop);

    /// <summary>A device's subscription as its browser gives it (W3C Push API). A device that was another's is this person's from now on.</summary>
    public Task<Outcome<Guid>> AddDevice(Caller caller, string endpoint, string p256dh, string auth, string label, CancellationToken stop)
    {
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || endpoint.Length > 2000 || uri.Scheme == "http" && !uri.IsLoopback || uri.UserInfo.Length > 0)
            return Refused(ProblemText.Plain("This is not the address of a push service."), "endpoint");
        if (Bytes(p256dh) is not { } key || !WebPush.IsKey(key)) return Refused(ProblemText.Plain("The device's key is no point of P-256."), "p256dh");
        if (Bytes(auth) is not { Length: 16 } secret) return Refused(ProblemText.Plain("The device's secret has not 16 bytes."), "auth");
        return Add(caller, "push", endpoint, Short(label), key, secret, stop);
    }

    public Task<Outcome<Guid>> AddAddress(Caller caller, string kind, string address, CancellationToken stop) => kind switch
    {
        "email" when Mail().IsMatch(address) && address.Length <= 254 => Add(caller, kind, address, "", null, null, stop),
        "email" => Refused(ProblemText.Plain("This is not an e-mail address."), "address"),
        "sms" when Phone().IsMatch(address.Replace(" ", "", StringComparison.Ordinal)) => Add(caller, kind, address.Replace(" ", "", StringComparison.Ordinal), "", null, null, stop),
        "sms" => Refused(ProblemText.Plain("Write the number with its country, like +33 6 12 34 56 78."), "address"),
        _ => Refused(ProblemText.Plain("There are devices, e-mail and text messages."), "kind"),
    };

    public Task<bool> Remove(Caller caller, Guid id, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
        await tx.Execute("delete from collab.person_channel where tenant = @Tenant and person = @Person and id = @id", new { tx.Tenant, caller.Person, id }) > 0, stop);

    public Task<Outcome<bool>> Disturb(Caller caller, QuietHours hours, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (hours.FromMinute is null != hours.ToMinute is null) return Problem.Unprocessable("Give both times, or none.", "from", "quiet-hours");
        if (hours.Until > tx.Now.AddDays(1)) return Problem.Unprocessable("Do not disturb lasts at most a day.", "until", "quiet-long");
        await tx.Execute("""
            insert into collab.person_quiet (tenant, person, from_minute, to_minute, until) values (@Tenant, @Person, @FromMinute, @ToMinute, @Until)
            on conflict (tenant, person) do update set from_minute = excluded.from_minute, to_minute = excluded.to_minute, until = excluded.until
            """, new { tx.Tenant, caller.Person, hours.FromMinute, hours.ToMinute, hours.Until });
        return true;
    }, stop);

    private Task<Outcome<Guid>> Add(Caller caller, string kind, string address, string label, byte[]? key, byte[]? secret, CancellationToken stop) => db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await tx.Scalar<int>("select count(*)::int from collab.person_channel where tenant = @Tenant and person = @Person and address <> @address", new { tx.Tenant, caller.Person, address }) >= Most)
            return Problem.Unprocessable($"You can be reached in at most {Most} ways: remove one first.", "address", "channels-many");
        if (kind == "push") await tx.Execute("delete from collab.person_channel where tenant = @Tenant and kind = 'push' and address = @address and person <> @Person", new { tx.Tenant, caller.Person, address });
        return await tx.Scalar<Guid>("""
            insert into collab.person_channel (tenant, id, person, kind, address, label, p256dh, auth, made_at) values (@Tenant, @id, @Person, @kind, @address, @label, @key, @secret, @Now)
            on conflict (tenant, person, kind, address) do update set label = excluded.label, p256dh = excluded.p256dh, auth = excluded.auth
            returning id
            """, new { tx.Tenant, tx.Now, id = tx.NewId(), caller.Person, kind, address, label, key, secret });
    }, stop);

    private static Task<Outcome<Guid>> Refused(ProblemText why, string where) => Task.FromResult<Outcome<Guid>>(Problem.Unprocessable(why, where, "channel-address"));

    private static byte[]? Bytes(string text)
    {
        try
        {
            return Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string Short(string label) => label.Length > 120 ? label[..120] : label;

    [GeneratedRegex(@"^[^@\s<>,;""]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")]
    private static partial Regex Mail();

    [GeneratedRegex(@"^\+[1-9][0-9]{6,14}$")]
    private static partial Regex Phone();
}
