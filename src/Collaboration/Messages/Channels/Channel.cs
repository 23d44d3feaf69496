namespace HealthTeams.Collaboration.Messages.Channels;

/// <summary>How the product reaches people who do not look at a page; told by the installation's settings.</summary>
/// <param name="Address">Where the product is found: what a message on the way out leads to.</param>
/// <param name="PushKey">The installation's own 32 bytes (RFC 8292), the same on all its hosts.</param>
/// <param name="Smtp">smtp://user:password@host:587 or smtps://…; null: no e-mail goes out.</param>
/// <param name="Sms">The gateway's address; null: no text messages go out.</param>
public sealed record ChannelSettings(Func<Uri> Address, byte[] PushKey, Uri? Smtp = null, string MailFrom = "healthteams@localhost", Uri? Sms = null, string? SmsSecret = null);

/// <summary>One way out of one step, to one address. Nothing clinical: an id, and that something urgent waits.</summary>
/// <param name="Key">"delivery:step": who gets it twice knows by this.</param>
public sealed record Ring(string Key, Guid Delivery, int Step, string Priority, string Address, byte[]? P256dh, byte[]? Auth);

/// <summary>What became of it.</summary>
/// <param name="State">"sent", "gone" (the address is no more) or "failed" (worth another try).</param>
public sealed record RingResult(string State, string? Error = null)
{
    public static readonly RingResult Sent = new("sent");
    public static readonly RingResult Gone = new("gone");
    public static RingResult Failed(string why) => new("failed", why.Length > 480 ? why[..480] : why);
}

/// <summary>A process edge: a push service, a mail server, a text message gateway.</summary>
internal interface IChannel
{
    string Kind { get; }

    /// <summary>Whether this installation has it.</summary>
    bool Open { get; }

    Task<RingResult> Send(Ring ring, CancellationToken stop);
}

internal static class RingWords
{
    public static string Title(string priority) => priority == "urgent" ? "Urgent message" : "Important message";
}
