namespace HealthTeams.Collaboration.People;

/// <summary>A warning about a patient, as the gateway brings it, free of FHIR types.</summary>
/// <param name="Resource">"Flag/12".</param>
/// <param name="Kind">"flag" or "allergy".</param>
public sealed record FlagSaid(string Resource, PersonSaid Patient, string Kind, string Text, bool Serious);

/// <param name="Serious">A severe or life-threatening one.</param>
public sealed record PatientFlag(Guid Patient, string Resource, string Kind, string Text, bool Serious);

/// <summary>Flags and allergies of patients: the seam by which pages read them from the chart (section 9, "Isolation/allergy flags").</summary>
public static class PatientFlags
{
    /// <summary>Those that hold now, and those that do not any more.</summary>
    /// <returns>The patients they are about.</returns>
    public static async Task<IReadOnlyCollection<Guid>> Put(Tx tx, IReadOnlyList<FlagSaid> said, IReadOnlyList<string> gone)
    {
        var patients = new HashSet<Guid>();
        if (gone.Count > 0)
        {
            patients.UnionWith(await tx.Query<Guid>("delete from collab.patient_flag where tenant = @Tenant and resource = any(@gone) returning patient", new { tx.Tenant, gone = gone.ToArray() }));
        }
        if (said.Count > 0)
        {
            var people = await PeopleSql.FindOrMake(tx, [.. said.Select(s => s.Patient)]);
            await tx.Execute("""
                insert into collab.patient_flag (tenant, resource, patient, kind, text, serious)
                select @Tenant, f.resource, f.patient, f.kind, f.text, f.serious from unnest(@resources, @patients, @kinds, @texts, @serious) as f (resource, patient, kind, text, serious)
                on conflict (tenant, resource) do update set patient = excluded.patient, kind = excluded.kind, text = excluded.text, serious = excluded.serious
                """, new
            {
                tx.Tenant, resources = said.Select(s => s.Resource).ToArray(), patients = people.Select(p => p.Id).ToArray(), kinds = said.Select(s => s.Kind).ToArray(),
                texts = said.Select(s => s.Text.Length > 200 ? s.Text[..199] + "…" : s.Text).ToArray(), serious = said.Select(s => s.Serious).ToArray(),
            });
            patients.UnionWith(people.Select(p => p.Id));
        }
        return patients;
    }

    /// <summary>Serious ones first; one statement for all of a list.</summary>
    public static Task<IReadOnlyList<PatientFlag>> Of(Tx tx, IReadOnlyCollection<Guid> patients) => tx.Query<PatientFlag>("""
        select patient, resource, kind, text, serious from collab.patient_flag where tenant = @Tenant and patient = any(@patients) order by patient, serious desc, kind, lower(text), resource
        """, new { tx.Tenant, patients = patients.ToArray() });
}
