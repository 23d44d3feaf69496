using System.Text;
using System.Text.Json;
using HealthTeams.Collaboration.Conversations;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Conversations;

/// <summary>http://hl7.org/fhir/R4/documentreference.html: messages that were put into the record, word for word, with who signed them. Pure.</summary>
internal static class TalkToFhir
{
    public const string System = "https://healthteams.example/fhir/conversation-record";

    /// <param name="author">Null where the reader knows no Practitioner: the name alone stands there.</param>
    public static Dictionary<string, Action<Utf8JsonWriter>?> Document(RecordedTalk talk, string patient, string? author, string name) => new()
    {
        ["identifier"] = w => Array(w, x => { x.WriteStartObject(); x.WriteString("system", System); x.WriteString("value", talk.Id.ToString()); x.WriteEndObject(); }),
        ["status"] = w => w.WriteStringValue("current"),
        ["docStatus"] = w => w.WriteStringValue("final"),
        ["type"] = w =>
        {
            w.WriteStartObject();
            w.WriteStartArray("coding");
            w.WriteStartObject();
            w.WriteString("system", "http://loinc.org");
            w.WriteString("code", "34109-9");
            w.WriteString("display", "Note");
            w.WriteEndObject();
            w.WriteEndArray();
            w.WriteString("text", "Conversation of the care team");
            w.WriteEndObject();
        },
        ["subject"] = w => FhirWrite.Reference(w, null, patient),
        ["date"] = w => w.WriteStringValue(FhirJson.Instant(talk.At)),
        ["author"] = w => Array(w, x => Who(x, null, author, name)),
        ["authenticator"] = w => Who(w, null, author, name),
        ["description"] = w => w.WriteStringValue(talk.Title),
        ["content"] = w => Array(w, x =>
        {
            x.WriteStartObject();
            x.WriteStartObject("attachment");
            x.WriteString("contentType", "text/plain; charset=utf-8");
            x.WriteString("data", Convert.ToBase64String(Encoding.UTF8.GetBytes(talk.Content)));
            x.WriteString("title", talk.Title);
            x.WriteString("creation", FhirJson.Instant(talk.At));
            x.WriteEndObject();
            x.WriteEndObject();
        }),
    };

    /// <summary>http://hl7.org/fhir/R4/provenance.html: data is the compact JWS over <see cref="Statement"/>, its key at /auth/jwks.</summary>
    public static Dictionary<string, Action<Utf8JsonWriter>?> Provenance(RecordedTalk talk, string author, string signature) => new()
    {
        ["target"] = w => Array(w, x => FhirWrite.Reference(x, null, $"DocumentReference/{talk.Document}")),
        ["recorded"] = w => w.WriteStringValue(FhirJson.Instant(talk.At)),
        ["agent"] = w => Array(w, x => { x.WriteStartObject(); FhirWrite.Reference(x, "who", author); x.WriteEndObject(); }),
        ["signature"] = w => Array(w, x =>
        {
            x.WriteStartObject();
            x.WriteStartArray("type");
            x.WriteStartObject();
            x.WriteString("system", "urn:iso-astm:E1762-95:2013");
            x.WriteString("code", "1.2.840.10065.1.12.1.1");
            x.WriteString("display", "Author's Signature");
            x.WriteEndObject();
            x.WriteEndArray();
            x.WriteString("when", FhirJson.Instant(talk.At));
            FhirWrite.Reference(x, "who", author);
            x.WriteString("sigFormat", "application/jose");
            x.WriteString("data", Convert.ToBase64String(Encoding.ASCII.GetBytes(signature)));
            x.WriteEndObject();
        }),
    };

    /// <summary>The bytes that are signed: the words by their hash, whose record, who, when.</summary>
    public static byte[] Statement(RecordedTalk talk) => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("record", talk.Id.ToString());
        w.WriteString("patient", talk.Patient.ToString());
        w.WriteString("sha256", talk.Hash);
        w.WriteString("by", talk.By.ToString());
        w.WriteString("at", FhirJson.Instant(talk.At));
        w.WriteEndObject();
    });

    private static void Who(Utf8JsonWriter w, string? name, string? reference, string display)
    {
        if (name is null) w.WriteStartObject();
        else w.WriteStartObject(name);
        if (reference is not null) w.WriteString("reference", reference);
        w.WriteString("display", display);
        w.WriteEndObject();
    }

    private static void Array(Utf8JsonWriter w, Action<Utf8JsonWriter> item)
    {
        w.WriteStartArray();
        item(w);
        w.WriteEndArray();
    }
}
