using HealthTeams.Collaboration.Policies;
using HealthTeams.Web.Administration;

namespace HealthTeams.Web.Policies;

/// <summary>Devices of rooms, for administrators; a code is in the one answer that made it.</summary>
public sealed class DevicesPage(RoomDevices devices, PolicyDesk desk) : AdminPage
{
    public IReadOnlyList<RoomDevice> Rows { get; private set; } = [];
    public PolicyGroups Groups { get; private set; } = new([], [], []);
    public Problem? Problem { get; private set; }
    public string? Typed { get; private set; }
    public string? Code { get; private set; }

    public Task<IActionResult> OnGetAsync() => Look(null);

    public async Task<IActionResult> OnPostAsync(string? name, Guid team)
    {
        var made = await devices.Register(Me, name ?? "", team, Stop);
        if (!made.Ok) Typed = name;
        return await Shown(made);
    }

    public async Task<IActionResult> OnPostCodeAsync(Guid id) => await Shown(await devices.NewCode(Me, id, Stop));

    public async Task<IActionResult> OnPostRevokeAsync(Guid id)
    {
        var gone = await devices.Revoke(Me, id, Stop);
        return gone.Ok ? SeeOther("/admin/rooms?done=revoked") : Refuse(gone.Problem);
    }

    private Task<IActionResult> Shown(Outcome<string> code)
    {
        if (code.Ok) Code = string.Join(' ', code.Value.Chunk(4).Select(c => new string(c)));
        return Look(code.Problem);
    }

    private async Task<IActionResult> Look(Problem? problem)
    {
        (Rows, Groups, Problem) = ((await devices.All(Me, Stop)).Value, (await desk.Groups(Me, Stop)).Value, problem);
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }
}

/// <summary>Whose room it is: said by those who care for it.</summary>
public sealed class RoomsPage(RoomKiosk kiosk) : StaffPage
{
    public IReadOnlyList<RoomDevice> Rows { get; private set; } = [];

    public async Task OnGetAsync() => Rows = await kiosk.Mine(Me, Stop);

    public async Task<IActionResult> OnPostAsync(Guid id, Guid? patient)
    {
        var put = await kiosk.Put(Me, id, patient, Stop);
        return put.Ok ? SeeOther("/rooms") : Refuse(put.Problem);
    }
}
