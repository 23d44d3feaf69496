namespace HealthTeams.Collaboration.People;

/// <summary>What the banner shows of a patient, wherever one is on the screen; null is shown as "unknown".</summary>
/// <param name="Name">"BARLOW, Ada".</param>
/// <param name="Identifier">With its type where the source says it: "MRN 1001".</param>
public sealed record PatientFacts(string Name, DateOnly? BirthDate, string? Gender, string? Identifier)
{
    /// <summary>The record number first, else any; said to be an MRN only where the source says so. For a person aliased p.</summary>
    internal const string IdentifierSql = """
        (select case when i.type = 'MR' then 'MRN ' else '' end || i.value from collab.person_identifier i
         where i.tenant = p.tenant and i.person = p.id order by (i.type = 'MR') desc nulls last, i.system, i.value limit 1)
        """;
}
