using System.Text.Json.Nodes;
using HealthTeams.Collaboration.Conversations;
using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.FhirGateway.Federation;

/// <summary>
/// What another hospital says. Signed by the pinned key, for us, now, once; then a message is said in a conversation here, by
/// somebody of theirs, to people of ours. Said again (the answer was lost), it is the same message.
/// </summary>
internal sealed class Inbox(Db db, TenantDirectory tenants, FederationCall call, VisitDoor people, ConversationDoor conversations, MessageDoor messages)
{
    /// <summary>How far two clocks may be apart, and how long a signature counts.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);
    private static readonly Problem Unsigned = Problem.Unauthorized("The signature is missing, is not the registered key's, is for somebody else, or is too old.", "federation-signature");
    public static readonly Problem NotOpen = Problem.NotFound("There is no hospital here that federates.", "federation-closed");

    /// <summary>Who signed these bytes; a word that counted already is refused, whatever it says.</summary>
    public async Task<Outcome<(Tenant Tenant, Partner Partner)>> Who(string slug, string? jws, byte[] body, CancellationToken stop)
    {
        if (await tenants.Find(slug, stop) is not { } tenant) return NotOpen;
        var us = call.AddressOf(tenant);
        return await db.In<Outcome<(Tenant, Partner)>>(tenant.Id, Actor.Product, async tx =>
        {
            if (!await tx.Scalar<bool>("select exists (select from collab.federation where tenant = @Tenant)", new { tx.Tenant })) return NotOpen;
            if (FederationSignature.Read(jws) is not { } signed || signed.Audience != us || (signed.At - tx.Now).Duration() > Window || signed.Jti.Length is < 16 or > 100) return Unsigned;
            if (await Partners.At(tx, signed.Issuer) is not { } partner) return Problem.Forbidden("This hospital has not registered yours.", "federation-not-registered");
            using var key = FederationKey.Read((JsonObject)JsonNode.Parse(partner.JwkJson)!);
            if (key is null || signed.Key != partner.Fingerprint || !FederationSignature.Fits(signed, body, key)) return Unsigned;
            await tx.Execute("delete from collab.partner_token where tenant = @Tenant and at < @gone", new { tx.Tenant, gone = tx.Now - 3 * Window });
            var first = await tx.Execute("insert into collab.partner_token (tenant, partner, jti, at) values (@Tenant, @Id, @Jti, @Now) on conflict do nothing", new { tx.Tenant, tx.Now, partner.Id, signed.Jti });
            if (first == 0) return Problem.Conflict("This was said before, word for word.", "federation-replay");
            if (partner.PausedAt is not null) return Problem.Forbidden("This hospital has paused the connection with yours.", "federation-paused");
            // Their signed word for us: they have registered us.
            await Partners.Worked(tx, partner.Id, mutual: true);
            return (tenant, partner);
        }, stop);
    }

    public Task<Problem?> Take(Tenant tenant, Partner partner, byte[] body, CancellationToken stop)
    {
        var read = MessageBundle.Read(body);
        return !read.Ok ? Task.FromResult<Problem?>(read.Problem) : db.In(tenant.Id, Actor.Product, async tx =>
        {
            var problem = read.Value is Crossing said ? await Said(tx, tenant, partner, said) : await Receipt(tx, tenant, partner, (CrossingReceipt)read.Value);
            // For good, whatever it is called here: what waits behind it must not wait for it.
            return problem is null ? null : tx.Abandon(problem with { Status = 422 });
        }, stop);
    }

    private async Task<Problem?> Said(Tx tx, Tenant tenant, Partner partner, Crossing said)
    {
        Locks.Take(tx, [$"federation|{partner.Id}|{said.Key}"]);
        if (await tx.Scalar<Guid?>("select message from collab.partner_message where tenant = @Tenant and partner = @Id and key = @Key", new { tx.Tenant, partner.Id, said.Key }) is not null) return null;
        var us = call.AddressOf(tenant);
        if (said.Sender.Home == us) return Problem.Unprocessable("Another hospital does not speak for our staff.", "Communication.sender", "sender-ours");
        var sender = await PartnerPeople.Keep(tx, people, partner, said.Sender);
        var all = new List<(Guid Person, bool Ours)>();
        foreach (var party in said.Recipients)
        {
            if (party.Home != us) all.Add((await PartnerPeople.Keep(tx, people, partner, party), false));
            else if (await PartnerPeople.IsOurs(tx, party.Key)) all.Add((party.Key, true));
            else return Problem.Unprocessable("One of the recipients is not known here, so they would not get it.", "Communication.recipient", "recipient-unknown");
        }
        if (all.All(p => !p.Ours)) return Problem.Unprocessable("None of the recipients is here.", "Communication.recipient", "recipient-unknown");
        var place = await tx.Scalar<Guid?>("""
            select conversation from collab.partner_conversation where tenant = @Tenant and partner = @Id and key = @Conversation
            union all
            select s.conversation from collab.conversation_member s where s.tenant = @Tenant and s.conversation = @Conversation and s.person = @sender and s.seat
            limit 1
            """, new { tx.Tenant, partner.Id, said.Conversation, sender });
        if (place is { } known) await ConversationDoor.Seat(tx, known, [sender, .. all.Select(p => p.Person)]);
        var answers = said.Answers is not { } asked ? null : await tx.Scalar<Guid?>("""
            select message from collab.partner_message where tenant = @Tenant and partner = @Id and key = @asked
            union all
            select m.id from collab.message m where m.tenant = @Tenant and m.id = @asked and m.conversation = @place
            limit 1
            """, new { tx.Tenant, partner.Id, asked, place });
        var posted = await conversations.Post(tx, new PostSaid
        {
            Conversation = place, People = [.. all.Select(p => p.Person)], Patient = place is null && said.Patient is { } patient ? await PartnerPeople.Patient(tx, people, partner, said.Key, patient) : null,
            SenderPerson = sender, Text = said.Text, Priority = said.Priority, Receipt = said.Receipt, To = [.. all.Where(p => p.Ours).Select(p => p.Person)], ReplyTo = answers, Key = $"federation:{said.Key:N}",
        });
        if (!posted.Ok) return posted.Problem;
        if (place is null && said.Title is { } title) await tx.Execute("update collab.conversation set title = coalesce(title, @title) where tenant = @Tenant and id = @Conversation and kind = 'group'", new { tx.Tenant, posted.Value.Conversation, title = title.Length > 250 ? title[..250] : title });
        await tx.Execute("""
            insert into collab.partner_conversation (tenant, partner, key, conversation) select @Tenant, @Id, @theirs, @Conversation where @place::uuid is null on conflict do nothing;
            insert into collab.partner_message (tenant, partner, key, message) values (@Tenant, @Id, @Key, @Message)
            """, new { tx.Tenant, partner.Id, theirs = said.Conversation, posted.Value.Conversation, place, said.Key, posted.Value.Message });
        return null;
    }

    private async Task<Problem?> Receipt(Tx tx, Tenant tenant, Partner partner, CrossingReceipt receipt)
    {
        if (receipt.Recipient.Home != partner.Address) return Problem.Unprocessable("A hospital speaks for its own staff alone.", "Task.owner", "recipient-unknown");
        var person = await tx.Scalar<Guid?>("select person from collab.partner_person where tenant = @Tenant and home = @Home and key = @Key", new { tx.Tenant, receipt.Recipient.Home, receipt.Recipient.Key });
        // Only of what was sent to them: somebody else's message is nobody's here.
        if (person is null || !await tx.Scalar<bool>("select exists (select from collab.partner_sending where tenant = @Tenant and partner = @Id and message = @Message)", new { tx.Tenant, partner.Id, receipt.Message }))
            return Problem.Unprocessable("This message was not sent to them.", "Task.focus", "message-unknown");
        await messages.Receipt(tx, receipt.Message, person.Value, receipt.ReadAt, receipt.AcknowledgedAt, receipt.AnsweredAt);
        return null;
    }
}
