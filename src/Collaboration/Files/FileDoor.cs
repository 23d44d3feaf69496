using HealthTeams.Collaboration.Policies;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Files;

/// <summary>The public door of files: who may, and what another slice attaches. A file is for who is in its team, and in its channel where that is closed.</summary>
public sealed class FileDoor(TeamDoor teams, PolicyDoor policies)
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such file for you.", "file-unknown");

    /// <summary>The folder: the team, and the channel where one is named. Guests read; writing takes a member whose policy has files.</summary>
    public async Task<Outcome<Standing>> Folder(Tx tx, Caller caller, Guid team, Guid? channel, bool change = false)
    {
        var policy = await policies.Of(tx, caller);
        if (policy.Blocks("files")) return policy.Refused(nameof(EffectivePolicy.BlockedApps));
        var may = await teams.May(tx, caller, team, change ? TeamRole.Member : TeamRole.Guest, change);
        if (!may.Ok) return may;
        if (channel is { } c && !await tx.Scalar<bool>($"select exists (select from collab.channel k where k.tenant = @Tenant and k.team = @team and k.id = @c and k.deleted_at is null and {ChannelSql.Seen})", new { tx.Tenant, team, c, caller.Person })) return TeamDoor.Unknown;
        if (change && policy.Refuse(nameof(EffectivePolicy.AllowFiles)) is { } refused) return refused;
        return may;
    }

    /// <summary>A file that the caller may read; who may not learns nothing of it.</summary>
    public async Task<Outcome<TeamFile>> Find(Tx tx, Caller caller, Guid file, bool change = false)
    {
        if (await Row(tx, file, change) is not { } found) return Unknown;
        var may = await Folder(tx, caller, found.Team, found.Channel, change);
        return may.Ok ? found : may.Problem.Status == 404 ? Unknown : may.Problem;
    }

    internal static Task<TeamFile?> Row(Tx tx, Guid file, bool toChange = false) =>
        tx.OneOrNone<TeamFile>($"select {TeamFile.Columns} from {TeamFile.From} where f.tenant = @Tenant and f.id = @file {(toChange ? "for update of f" : "")}", new { tx.Tenant, file });
}
