using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Federation;

/// <summary>Somebody in a bundle: known by the hospital they belong to and that hospital's key.</summary>
internal sealed record Party(string Home, Guid Key, string? Family, string? Given, string? Title);

/// <summary>The patient a message is about, as far as another hospital needs to know them.</summary>
internal sealed record PatientParty(string? Family, string? Given, string? Gender, DateOnly? BirthDate, IReadOnlyList<(string System, string Value)> Identifiers);

/// <summary>A message between hospitals.</summary>
/// <param name="Key">The sender's id of it: said again, it is the same message.</param>
/// <param name="Conversation">The sender's id of where it was said.</param>
internal sealed record Crossing(Guid Key, Guid Conversation, string? Title, string Priority, string Text, DateTimeOffset SentAt, Party Sender, IReadOnlyList<Party> Recipients, PatientParty? Patient, Guid? Answers, bool Receipt);

/// <summary>What one recipient did with a message of the other hospital.</summary>
internal sealed record CrossingReceipt(Guid Message, Party Recipient, DateTimeOffset? ReadAt, DateTimeOffset? AcknowledgedAt, DateTimeOffset? AnsweredAt);

/// <summary>
/// http://hl7.org/fhir/R4/messaging.html: a Bundle of type message; the header's event says whether it brings a Communication or
/// a receipt (Task). Pure, both ways: what is written is read again as the same.
/// </summary>
internal static class MessageBundle
{
    public const string Events = "https://healthteams.example/fhir/CodeSystem/federation-event";
    private const string Conversation = "https://healthteams.example/fhir/StructureDefinition/conversation";
    private const string ReceiptAsked = "https://healthteams.example/fhir/StructureDefinition/receipt-asked";
    private const string Title = "https://healthteams.example/fhir/StructureDefinition/conversation-title";
    private const string Uri = "urn:ietf:rfc:3986";
    public const int Recipients = 500;

    public static byte[] Write(Crossing said, string from, string fromName, string to, DateTimeOffset now)
    {
        var parties = said.Recipients.Prepend(said.Sender).ToList();
        var communication = new JsonObject
        {
            ["resourceType"] = "Communication", ["id"] = said.Key.ToString(),
            ["extension"] = new JsonArray([Extension(Conversation, "valueUri", Urn(said.Conversation)), .. said.Title is null ? (JsonNode[])[] : [Extension(Title, "valueString", said.Title)], .. said.Receipt ? (JsonNode[])[Extension(ReceiptAsked, "valueBoolean", true)] : []]),
            ["identifier"] = new JsonArray(Identifier(said.Key)),
            ["inResponseTo"] = said.Answers is { } answered ? new JsonArray(new JsonObject { ["identifier"] = Identifier(answered) }) : null,
            ["status"] = "in-progress",
            ["priority"] = said.Priority switch { "urgent" => "stat", "important" => "urgent", _ => "routine" },
            ["subject"] = said.Patient is null ? null : Reference("patient"),
            ["sent"] = FhirJson.Instant(said.SentAt),
            ["recipient"] = new JsonArray([.. said.Recipients.Select((_, i) => Reference($"party-{i + 1}"))]),
            ["sender"] = Reference("party-0"),
            ["payload"] = new JsonArray(new JsonObject { ["contentString"] = said.Text }),
        };
        return Bundle("message", communication, from, fromName, to, now, [.. parties.Select((p, i) => Entry($"party-{i}", Practitioner(p))), .. said.Patient is { } patient ? (JsonObject[])[Entry("patient", Of(patient))] : []]);
    }

    public static byte[] Write(CrossingReceipt receipt, string from, string fromName, string to, DateTimeOffset now)
    {
        var task = new JsonObject
        {
            ["resourceType"] = "Task", ["status"] = "completed", ["intent"] = "order",
            ["businessStatus"] = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = Events, ["code"] = receipt.AcknowledgedAt is not null ? "acknowledged" : receipt.AnsweredAt is not null ? "answered" : "read" }) },
            ["code"] = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = Events, ["code"] = "receipt" }) },
            ["focus"] = new JsonObject { ["identifier"] = Identifier(receipt.Message) },
            ["owner"] = Reference("party-0"),
            ["output"] = new JsonArray([.. new[] { ("read", receipt.ReadAt), ("acknowledged", receipt.AcknowledgedAt), ("answered", receipt.AnsweredAt) }.Where(o => o.Item2 is not null).Select(o => (JsonNode)new JsonObject
            {
                ["type"] = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = Events, ["code"] = o.Item1 }) }, ["valueDateTime"] = FhirJson.Instant(o.Item2!.Value),
            })]),
        };
        return Bundle("receipt", task, from, fromName, to, now, [Entry("party-0", Practitioner(receipt.Recipient))]);
    }

    /// <summary>What a bundle brings, or what is wrong with it and where.</summary>
    public static Outcome<object> Read(byte[] body)
    {
        try
        {
            using var parsed = JsonDocument.Parse(body, new() { MaxDepth = 32 });
            return Read(parsed.RootElement);
        }
        catch (JsonException)
        {
            return Problem.Invalid("The body is no JSON.");
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return Problem.Unprocessable("The bundle is not shaped as a message of another hospital.", "Bundle", "bundle-shape");
        }
    }

    private static Outcome<object> Read(JsonElement bundle)
    {
        if (FhirJson.Text(bundle, "resourceType") != "Bundle" || FhirJson.Text(bundle, "type") != "message") return Problem.Unprocessable("This takes a Bundle of type message.", "Bundle.type", "bundle-type");
        var entries = FhirJson.Items(bundle, "entry").ToList();
        if (entries.Count < 2 || entries[0].GetProperty("resource") is var header && FhirJson.Text(header, "resourceType") != "MessageHeader") return Problem.Unprocessable("The first entry is the MessageHeader.", "Bundle.entry[0]", "bundle-header");
        var by = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var entry in entries.Where(e => FhirJson.Text(e, "fullUrl") is not null)) by.TryAdd(FhirJson.Text(entry, "fullUrl")!, entry.GetProperty("resource"));
        JsonElement? Named(string? reference) => reference is not null && by.TryGetValue(reference, out var found) ? found : null;
        if (Named(FhirJson.Text(FhirJson.Items(header, "focus").FirstOrDefault(), "reference")) is not { } focus) return Problem.Unprocessable("The header's focus is not in the bundle.", "MessageHeader.focus", "bundle-focus");
        return (FhirJson.Text(header, "eventCoding", "code"), FhirJson.Text(focus, "resourceType")) switch
        {
            ("message", "Communication") => Message(focus, Named),
            ("receipt", "Task") => Receipt(focus, Named),
            _ => Problem.Unprocessable("This event is not known here.", "MessageHeader.event", "bundle-event"),
        };
    }

    private static Outcome<object> Message(JsonElement said, Func<string?, JsonElement?> named)
    {
        if (Key(FhirJson.Items(said, "identifier").FirstOrDefault()) is not { } key) return Problem.Unprocessable("The message has no identifier of its own.", "Communication.identifier", "bundle-identifier");
        if (Urn(Extensions(said, Conversation, "valueUri")) is not { } conversation) return Problem.Unprocessable("The message does not say its conversation.", "Communication.extension", "bundle-conversation");
        if (PartyOf(named(FhirJson.Text(said, "sender", "reference"))) is not { } sender) return Problem.Unprocessable("The sender is not described.", "Communication.sender", "bundle-sender");
        var recipients = FhirJson.Items(said, "recipient").Take(Recipients + 1).Select(r => PartyOf(named(FhirJson.Text(r, "reference")))).ToList();
        if (recipients.Count is 0 or > Recipients || recipients.Contains(null)) return Problem.Unprocessable($"A message names 1 to {Recipients} recipients, each described.", "Communication.recipient", "bundle-recipient");
        if (FhirJson.Text(FhirJson.Items(said, "payload").FirstOrDefault(), "contentString") is not { Length: > 0 } text) return Problem.Unprocessable("The message says nothing.", "Communication.payload", "bundle-payload");
        return new Crossing(key, conversation, Extensions(said, Title, "valueString"), Collaboration.Messages.MessageRules.PriorityOf(FhirJson.Text(said, "priority")), text,
            Moment(FhirJson.Text(said, "sent")) ?? DateTimeOffset.UnixEpoch, sender, [.. recipients.OfType<Party>()], PatientOf(named(FhirJson.Text(said, "subject", "reference"))),
            FhirJson.Items(said, "inResponseTo").Select(r => Key(r.TryGetProperty("identifier", out var i) ? i : default)).FirstOrDefault(), Extension(said, ReceiptAsked) is { } asked && asked.TryGetProperty("valueBoolean", out var b) && b.ValueKind == JsonValueKind.True);
    }

    private static Outcome<object> Receipt(JsonElement task, Func<string?, JsonElement?> named)
    {
        if (!task.TryGetProperty("focus", out var focus) || !focus.TryGetProperty("identifier", out var about) || Key(about) is not { } message) return Problem.Unprocessable("The receipt does not say of what.", "Task.focus", "bundle-identifier");
        if (PartyOf(named(FhirJson.Text(task, "owner", "reference"))) is not { } owner) return Problem.Unprocessable("The receipt does not say whose.", "Task.owner", "bundle-recipient");
        DateTimeOffset? At(string what) => FhirJson.Items(task, "output").Where(o => FhirJson.Text(FhirJson.Items(o.GetProperty("type"), "coding").FirstOrDefault(), "code") == what).Select(o => Moment(FhirJson.Text(o, "valueDateTime"))).FirstOrDefault();
        return new CrossingReceipt(message, owner, At("read"), At("acknowledged"), At("answered"));
    }

    private static byte[] Bundle(string code, JsonObject focus, string from, string fromName, string to, DateTimeOffset now, IReadOnlyList<JsonObject> more)
    {
        var header = new JsonObject
        {
            ["resourceType"] = "MessageHeader", ["eventCoding"] = new JsonObject { ["system"] = Events, ["code"] = code },
            ["destination"] = new JsonArray(new JsonObject { ["endpoint"] = to }), ["source"] = new JsonObject { ["name"] = fromName, ["endpoint"] = from },
            ["focus"] = new JsonArray(Reference("focus")),
        };
        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["resourceType"] = "Bundle", ["type"] = "message", ["timestamp"] = FhirJson.Instant(now), ["entry"] = new JsonArray([Entry("header", header), Entry("focus", Without(focus)), .. more]),
        });
    }

    private static JsonObject Practitioner(Party p) => new()
    {
        ["resourceType"] = "Practitioner", ["identifier"] = new JsonArray(new JsonObject { ["system"] = p.Home + "/person", ["value"] = p.Key.ToString() }),
        ["name"] = new JsonArray(Without(new() { ["family"] = p.Family, ["given"] = p.Given is null ? null : new JsonArray(p.Given), ["prefix"] = p.Title is null ? null : new JsonArray(p.Title) })),
    };

    private static JsonObject Of(PatientParty p) => Without(new()
    {
        ["resourceType"] = "Patient", ["identifier"] = p.Identifiers.Count == 0 ? null : new JsonArray([.. p.Identifiers.Select(i => (JsonNode)new JsonObject { ["system"] = i.System, ["value"] = i.Value })]),
        ["name"] = new JsonArray(Without(new() { ["family"] = p.Family, ["given"] = p.Given is null ? null : new JsonArray(p.Given) })), ["gender"] = p.Gender, ["birthDate"] = p.BirthDate?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
    });

    private static Party? PartyOf(JsonElement? resource)
    {
        if (resource is not { } r || FhirJson.Text(r, "resourceType") != "Practitioner") return null;
        var identifier = FhirJson.Items(r, "identifier").FirstOrDefault();
        if (FhirJson.Text(identifier, "system") is not { Length: <= 520 } system || !system.EndsWith("/person", StringComparison.Ordinal) || !Guid.TryParse(FhirJson.Text(identifier, "value"), out var key)) return null;
        var (family, given, prefix) = NameOf(r);
        return new(system[..^"/person".Length], key, family, given, prefix);
    }

    private static PatientParty? PatientOf(JsonElement? resource)
    {
        if (resource is not { } r || FhirJson.Text(r, "resourceType") != "Patient") return null;
        var (family, given, _) = NameOf(r);
        return new(family, given, FhirJson.Text(r, "gender"), DateOnly.TryParseExact(FhirJson.Text(r, "birthDate"), "yyyy-MM-dd", out var born) ? born : null,
            [.. FhirJson.Items(r, "identifier").Take(20).Select(i => (FhirJson.Text(i, "system") ?? "", FhirJson.Text(i, "value") ?? "")).Where(i => i.Item1.Length > 0 && i.Item2.Length > 0)]);
    }

    private static (string? Family, string? Given, string? Prefix) NameOf(JsonElement resource)
    {
        var name = FhirJson.Items(resource, "name").FirstOrDefault();
        static string? First(JsonElement of, string what) => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(what, out var all) && all.ValueKind == JsonValueKind.Array && all.GetArrayLength() > 0 ? Short(all[0].GetString()) : null;
        return name.ValueKind == JsonValueKind.Object ? (Short(FhirJson.Text(name, "family")), First(name, "given"), First(name, "prefix")) : default;
    }

    private static string? Short(string? text) => text is { Length: > 100 } ? text[..100] : text;
    private static DateTimeOffset? Moment(string? text) => DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var at) ? at : null;
    private static JsonObject Entry(string name, JsonObject resource) => new() { ["fullUrl"] = Place(name), ["resource"] = resource };
    private static JsonObject Reference(string name) => new() { ["reference"] = Place(name) };

    /// <summary>Within one bundle: the same name is the same place.</summary>
    private static string Place(string name) => Urn(new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan(0, 16)));

    private static string Urn(Guid id) => $"urn:uuid:{id}";
    private static Guid? Urn(string? urn) => urn is not null && urn.StartsWith("urn:uuid:", StringComparison.Ordinal) && Guid.TryParse(urn.AsSpan(9), out var id) ? id : null;
    private static JsonObject Identifier(Guid id) => new() { ["system"] = Uri, ["value"] = Urn(id) };
    private static Guid? Key(JsonElement identifier) => identifier.ValueKind == JsonValueKind.Object ? Urn(FhirJson.Text(identifier, "value")) : null;
    private static JsonObject Extension(string url, string type, JsonNode value) => new() { ["url"] = url, [type] = value };
    private static JsonElement? Extension(JsonElement of, string url) => FhirJson.Items(of, "extension").Where(e => FhirJson.Text(e, "url") == url).Select(e => (JsonElement?)e).FirstOrDefault();
    private static string? Extensions(JsonElement of, string url, string type) => Extension(of, url) is { } e ? FhirJson.Text(e, type) : null;

    private static JsonObject Without(JsonObject of)
    {
        foreach (var name in of.Where(p => p.Value is null).Select(p => p.Key).ToList()) of.Remove(name);
        return of;
    }
}
