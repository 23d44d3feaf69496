using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace HealthTeams.Collaboration.Messages.Channels;

/// <summary>E-mail by the hospital's own server (SMTP_URL). A message id per step: a mail server drops what it has.</summary>
internal sealed class MailChannel(ChannelSettings settings, TimeProvider clock) : IChannel
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public string Kind => "email";
    public bool Open => settings.Smtp is not null;

    public async Task<RingResult> Send(Ring ring, CancellationToken stop)
    {
        using var mail = new MimeMessage();
        mail.From.Add(MailboxAddress.Parse(settings.MailFrom));
        mail.To.Add(MailboxAddress.Parse(ring.Address));
        mail.Subject = RingWords.Title(ring.Priority);
        mail.Date = clock.GetUtcNow();
        mail.MessageId = $"{ring.Delivery:N}.{ring.Step}@healthteams";
        mail.Headers.Add("X-HealthTeams-Key", ring.Key);
        if (ring.Priority == "urgent") mail.Priority = MessagePriority.Urgent;
        mail.Body = new TextPart("plain") { Text = $"{RingWords.Title(ring.Priority)} for you in HealthTeams.\r\n\r\n{new Uri(settings.Address(), $"/messages/{ring.Delivery}")}\r\n\r\nOpening it there tells the sender that you have read it. Do not answer this e-mail." };
        var server = settings.Smtp!;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
            patience.CancelAfter(Patience);
            using var client = new SmtpClient();
            var port = server.Port > 0 ? server.Port : server.Scheme == "smtps" ? 465 : 587;
            await client.ConnectAsync(server.Host, port, server.Scheme == "smtps" ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTlsWhenAvailable, patience.Token);
            if (server.UserInfo.Split(':', 2) is [{ Length: > 0 } user, var password]) await client.AuthenticateAsync(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password), patience.Token);
            await client.SendAsync(mail, patience.Token);
            await client.DisconnectAsync(true, patience.Token);
            return RingResult.Sent;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return RingResult.Failed($"The mail server did not answer within {Patience.TotalSeconds:0} s.");
        }
        catch (Exception e) when (e is SocketException or IOException or ProtocolException or CommandException or AuthenticationException or SslHandshakeException)
        {
            return e is SmtpCommandException { ErrorCode: SmtpErrorCode.RecipientNotAccepted, StatusCode: SmtpStatusCode.MailboxUnavailable } ? RingResult.Gone : RingResult.Failed($"The mail server refused: {e.GetType().Name}.");
        }
    }
}
