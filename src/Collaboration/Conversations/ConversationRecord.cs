using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Conversations;

/// <summary>What was put into the record: the words as they were, who signed them, when.</summary>
public sealed record RecordedTalk
{
    public Guid Id { get; init; }
    public Guid Patient { get; init; }
    public string Document { get; init; } = "";
    public string Title { get; init; } = "";
    public string Content { get; init; } = "";
    public string Hash { get; init; } = "";
    public Guid By { get; init; }
    public DateTimeOffset At { get; init; }
}

/// <summary>
/// One action from conversation to record (FEATURES 16 #19): the chosen messages, word for word with author and time, signed by
/// whoever chose them, as a document of the patient. What is in the record is changed and deleted no more.
/// </summary>
public sealed class ConversationRecord(Db db, ProjectFhir project)
{
    public const int AtOnce = 200;

    public Task<Outcome<bool>> Put(Caller caller, Guid conversation, IReadOnlyList<Guid> messages, string? title, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (caller.Person is not { } me || await ConversationReads.Sees(tx, conversation, me) is not { } seat || await ConversationSql.Next(tx, conversation) is not { } place) return ConversationDoor.Unknown;
        if (seat.Role == "Guest") return Problem.Forbidden("Members put messages into the record, guests do not.", "team-role");
        if (place.Conversation.Patient is not { } patient) return Problem.Conflict("This conversation is about no patient, so there is no record to put it into.", "record-no-patient");
        title = title?.Trim() ?? "";
        List<Problem> wrong = [];
        if (messages.Count == 0) wrong.Add(Problem.Unprocessable("Tick at least one message.", "message", "record-empty"));
        if (messages.Count > AtOnce) wrong.Add(Problem.Unprocessable($"At most {AtOnce} messages go into one document.", "message", "record-many"));
        if (title.Length is 0 or > 200) wrong.Add(Problem.Unprocessable("A title has 1 to 200 characters.", "title", "record-title"));
        if (wrong.Count > 0) return Problem.All(wrong);
        var said = await tx.Query<(Guid Id, string Sender, string Text, DateTimeOffset At, DateTimeOffset? Edited)>("""
            select id, sender, text, sent_at, edited_at from collab.message
            where tenant = @Tenant and conversation = @conversation and id = any(@messages) and seq >= @SeesFrom and deleted_at is null and happened is null order by seq
            """, new { tx.Tenant, conversation, messages = messages.ToArray(), seat.SeesFrom });
        if (said.Count != messages.Count) return Problem.Conflict("One of these messages is not here any more. Look at it again and repeat.", "message-unknown");
        var name = await ConversationSql.Name(tx, me);
        var content = RecordText.Of(title, name, tx.Now, [.. said.Select(s => (s.Sender, s.Text, s.At, s.Edited))]);
        var id = tx.NewId();
        await tx.Execute("""
            insert into collab.message_record (tenant, id, conversation, messages, patient, document, title, content, hash, by, at)
            values (@Tenant, @id, @conversation, @messages, @patient, @document, @title, @content, @hash, @me, @Now);
            update collab.message set change = @Change where tenant = @Tenant and id = any(@messages)
            """, new
        {
            tx.Tenant, tx.Now, id, conversation, messages = said.Select(s => s.Id).ToArray(), patient, document = id.ToString(), title, content, hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content))), me, place.Change,
        });
        ConversationSql.Bump(tx, conversation, 0);
        await project(tx, "message-record", id);
        tx.Publish("message.recorded", $"conversation/{conversation}", $"person/{patient}", new { record = id, messages, recipients = await ConversationDoor.People(tx, conversation) });
        return true;
    }, stop);

    /// <summary>For the gateway.</summary>
    public static Task<RecordedTalk?> Find(Tx tx, Guid id) => tx.OneOrNone<RecordedTalk>("""
        select id, patient, document, title, content, hash, by, at from collab.message_record where tenant = @Tenant and id = @id
        """, new { tx.Tenant, id });
}

/// <summary>The document's words. Pure.</summary>
public static class RecordText
{
    public static string Of(string title, string by, DateTimeOffset at, IReadOnlyList<(string Sender, string Text, DateTimeOffset At, DateTimeOffset? Edited)> said)
    {
        var text = new StringBuilder().Append(title).Append('\n').Append('\n');
        foreach (var (sender, words, when, edited) in said)
        {
            text.Append(CultureInfo.InvariantCulture, $"{sender}, {when.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
            if (edited is { } e) text.Append(CultureInfo.InvariantCulture, $" (changed {e.UtcDateTime:yyyy-MM-dd HH:mm} UTC)");
            text.Append(":\n").Append(words.Length == 0 ? "[attachment]" : words).Append("\n\n");
        }
        return text.Append(CultureInfo.InvariantCulture, $"Signed by {by}, {at.UtcDateTime:yyyy-MM-dd HH:mm} UTC\n").ToString();
    }
}
