using HealthTeams.Collaboration.Handovers;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Handovers;

/// <summary>http://hl7.org/fhir/R4/composition.html: of our type it is a handover that waits on its team's desk; any other is kept as sent.</summary>
internal sealed class HandoverSlice(HandoverDoor door) : IResourceSlice
{
    public string Type => "Composition";
    public int Order => 5;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var one in written)
        {
            if (await Hear(tx, one, read) is { } refused) return refused;
        }
        return null;
    }

    private async Task<Problem?> Hear(Tx tx, Written one, ReadReferences read)
    {
        var known = one.Unheard ? null : await HandoverDoor.Known(tx, one.Id);
        if (one.Resource is not { } composition || FhirJson.Text(composition, "status") == "entered-in-error") return known is null ? null : await door.Forget(tx, one.Id);
        if (!CompositionToHandover.Means(composition)) return known is null ? null : Problem.Unprocessable("What a Composition is for, its type, stays as it was. Send another one.", "Composition.type", "business-rule");
        var said = CompositionToHandover.Map(one.Id, composition, await read(CompositionToHandover.References(composition)));
        if (!said.Ok) return said.Problem;
        if (await tx.Scalar<bool>("select exists (select from collab.team where tenant = @Tenant and id = @Team and archived_at is null)", new { tx.Tenant, said.Value.Team })) return await door.Hear(tx, said.Value);
        return Problem.Unprocessable("There is no such team here.", "Composition.extension", "not-found");
    }
}

internal static class HandoverMapping
{
    public static void AddHandoverMapping(this IServiceCollection services)
    {
        services.AddSingleton<IProjection, HandoverProjection>();
        services.AddSingleton<IResourceSlice, HandoverSlice>();
    }
}
