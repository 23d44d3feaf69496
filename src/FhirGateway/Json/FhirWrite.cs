using System.Text.Json;

namespace HealthTeams.FhirGateway.Json;

/// <summary>The data types that projections write again and again.</summary>
internal static class FhirWrite
{
    /// <summary>A CodeableConcept with one coding.</summary>
    /// <param name="name">Null inside an array.</param>
    public static void Concept(Utf8JsonWriter w, string? name, string system, string code, string? display = null, string? text = null)
    {
        if (name is null) w.WriteStartObject();
        else w.WriteStartObject(name);
        w.WriteStartArray("coding");
        w.WriteStartObject();
        w.WriteString("system", system);
        w.WriteString("code", code);
        if (display is not null) w.WriteString("display", display);
        w.WriteEndObject();
        w.WriteEndArray();
        if (text is not null) w.WriteString("text", text);
        w.WriteEndObject();
    }

    public static void Reference(Utf8JsonWriter w, string? name, string reference, string? display = null)
    {
        if (name is null) w.WriteStartObject();
        else w.WriteStartObject(name);
        w.WriteString("reference", reference);
        if (display is not null) w.WriteString("display", display);
        w.WriteEndObject();
    }
}
