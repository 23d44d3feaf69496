// Temporary: the shapes the pages are written against, until the modules themselves hold them.
using HealthTeams.Collaboration.Visits;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Problems;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Collaboration.Visits
{
    public sealed record VisitRow
    {
        public Guid Id { get; init; }
        public VisitStatus Status { get; init; }
        public DateTimeOffset? StartAt { get; init; }
        public DateTimeOffset? EndAt { get; init; }
        public DateTimeOffset? ArrivedAt { get; init; }
        public DateTimeOffset? StartedAt { get; init; }
        public DateTimeOffset? FinishedAt { get; init; }
        public string? Reason { get; init; }
        public string? Service { get; init; }
        public string? Location { get; init; }
        public string Patient { get; init; } = "";
        public DateOnly? BirthDate { get; init; }
        public string? Gender { get; init; }
        public string? PatientIdentifier { get; init; }
        public string Clinicians { get; init; } = "";
        public bool Mine { get; init; }
        public bool FromEhr { get; init; }
        public int WaitingCount { get; init; }
        public DateTimeOffset? WaitingSince { get; init; }
        public string? WaitingNames { get; init; }
        public bool NoShowProposed { get; init; }
    }

    public sealed record VisitDay
    {
        public DateOnly Day { get; init; }
        public string TimeZone { get; init; } = "UTC";
        public DateTimeOffset Now { get; init; }
        public IReadOnlyList<VisitRow> Visits { get; init; } = [];
    }

    public sealed class VisitLists
    {
        public Task<VisitDay> Day(Caller caller, DateOnly? day, bool mine, string? search, CancellationToken stop) => throw new NotSupportedException();
        public Task<VisitRow?> Find(Caller caller, Guid visit, CancellationToken stop) => throw new NotSupportedException();
    }

    public sealed class VisitActions
    {
        public Task<Outcome<Participant>> TakeSeat(Caller caller, Guid visit, CancellationToken stop) => throw new NotSupportedException();
        public Task<Outcome<string>> InviteGuest(Caller caller, Guid visit, SeatRole role, string? name, CancellationToken stop) => throw new NotSupportedException();
        public Task<Outcome<bool>> ConfirmNoShow(Caller caller, Guid visit, CancellationToken stop) => throw new NotSupportedException();
        public Task<Outcome<bool>> UndoNoShow(Caller caller, Guid visit, CancellationToken stop) => throw new NotSupportedException();
    }

    public sealed record GuestLink(int Tenant, Guid Id, Guid Visit, SeatRole Role, string Hospital, bool Over, bool RedeemedElsewhere);

    public sealed class GuestLinks
    {
        public Task<GuestLink?> Find(string token, string? deviceSecret, CancellationToken stop) => throw new NotSupportedException();
        public Task<Outcome<Participant>> Redeem(string token, string? display, DateOnly? birthDate, string deviceSecret, CancellationToken stop) => throw new NotSupportedException();
    }

    public sealed record RoomView
    {
        public Guid Visit { get; init; }
        public Participant Me { get; init; } = new();
        public VisitRow Row { get; init; } = new();
        public string Hospital { get; init; } = "";
        public bool Over { get; init; }
        public VisitStatus Status { get; init; }
    }

    public sealed class Rooms
    {
        public Task<Outcome<RoomView>> View(Caller caller, CancellationToken stop) => throw new NotSupportedException();
        public Task<Outcome<string>> Ticket(Caller caller, CancellationToken stop) => throw new NotSupportedException();
    }
}

namespace HealthTeams.Collaboration.Messages
{
    public sealed record MessageRow
    {
        public Guid Id { get; init; }
        public string Priority { get; init; } = "normal";
        public string From { get; init; } = "";
        public DateTimeOffset SentAt { get; init; }
        public string? Patient { get; init; }
        public bool Read { get; init; }
        public bool Acknowledged { get; init; }
        public int Notified { get; init; }
        public DateTimeOffset? NextAt { get; init; }
        public bool Open { get; init; }
    }

    public sealed record MessageView
    {
        public MessageRow Row { get; init; } = new();
        public string Text { get; init; } = "";
        public Guid Message { get; init; }
    }

    public sealed class MessageBox
    {
        public Task<IReadOnlyList<MessageRow>> Mine(Caller caller, CancellationToken stop) => throw new NotSupportedException();
        public Task<Outcome<MessageView>> Open(Caller caller, Guid delivery, CancellationToken stop) => throw new NotSupportedException();
        public Task<Outcome<bool>> Acknowledge(Caller caller, Guid delivery, CancellationToken stop) => throw new NotSupportedException();
    }
}

namespace HealthTeams.SmartLauncher
{
    public sealed record StaffSession(string Id);

    public sealed class StaffSignIn
    {
        public Task<Outcome<StaffSession>> SignIn(HttpContext http, string username, string password, CancellationToken stop) => throw new NotSupportedException();
        public Task SignOut(HttpContext http, CancellationToken stop) => throw new NotSupportedException();
    }

    public sealed class VisitSessions
    {
        public Task<string> Open(HttpContext http, int tenant, Participant seat, Guid? person, CallerKind kind, Guid? ehr, CancellationToken stop) => throw new NotSupportedException();
    }

    public sealed record LaunchChoice(DateTimeOffset? StartAt, string? Reason, string Clinicians);

    public sealed class Launches
    {
        public Task<Outcome<IReadOnlyList<LaunchChoice>>> Choices(string id, HttpContext http, CancellationToken stop) => throw new NotSupportedException();

        /// <summary>Returns the path to go on with.</summary>
        public Task<Outcome<string>> Choose(string id, int index, HttpContext http, CancellationToken stop) => throw new NotSupportedException();
    }
}
