using HealthTeams.Collaboration.Policies;

namespace HealthTeams.Web.Policies;

/// <summary>What areas, packages and settings are called, and what each does.</summary>
public static class PolicyWords
{
    public static string Area(Words words, string area) => area switch
    {
        "messaging" => words["Messaging"],
        "meetings" => words["Visits and meetings"],
        "calling" => words["Calling"],
        "apps" => words["Apps in the navigation"],
        "hours" => words["Working time"],
        _ => words["Room device"],
    };

    public static string Package(Words words, string id) => id switch
    {
        "clinical-worker" => words["Healthcare clinical worker"],
        "information-worker" => words["Healthcare information worker"],
        "patient-room" => words["Healthcare patient room"],
        _ => words["Frontline set-up"],
    };

    public static string For(Words words, string id) => id switch
    {
        "clinical-worker" => words["Nurses, charge nurses, physicians, social workers: urgent messages and receipts on, deleting off, shifts and approvals at hand."],
        "information-worker" => words["IT, finance, compliance: chat and calls, no urgent messages, no shifts."],
        "patient-room" => words["Devices that stay in a patient's room: the visit and calling the care team, nothing else."],
        _ => words["Activity, shifts, messages and visits first, in this order."],
    };

    public static string Title(Words words, string name) => name switch
    {
        "AllowUserChat" => words["Chat"],
        "AllowChatWithGroup" => words["Chat with groups"],
        "AllowUserEditMessage" => words["Edit own messages"],
        "AllowUserDeleteMessage" => words["Delete own messages"],
        "AllowUserDeleteChat" => words["Remove a chat from one's list"],
        "AllowOwnerDeleteMessage" => words["Team owners delete others' messages"],
        "AllowRemoveUser" => words["Remove people from a group chat"],
        "AllowPriorityMessages" => words["Send urgent messages"],
        "ReadReceipts" => words["Read receipts"],
        "AllowUrlPreviews" => words["Show previews of links"],
        "ChatPermissionRole" => words["Whom to begin a chat with"],
        "AllowCreatePrivateChannels" => words["Make private channels"],
        "AllowFiles" => words["Upload and attach files"],
        "AllowRecording" => words["Record visits"],
        "AllowGuestLinks" => words["Invite patients and guests by link"],
        "AllowEndVisit" => words["End a visit for all"],
        "AllowPrivateCalling" => words["Call one person"],
        "PinnedApps" => words["Order of the apps"],
        "BlockedApps" => words["Blocked apps"],
        "OffShift" => words["Outside one's shift"],
        "QuietFrom" => words["Quiet from"],
        "QuietTo" => words["Quiet until"],
        "AllowVisit" => words["Join the room's visit"],
        "AllowCallTeam" => words["Call the care team"],
        "AutoAdmitClinicalRoles" => words["Clinical staff come in at once"],
        _ => words["Show the patient's name on the idle screen"],
    };

    public static string Help(Words words, string name) => name switch
    {
        "AllowPriorityMessages" => words["Binds the sender. Whoever gets one cannot switch its receipt off."],
        "ReadReceipts" => words["Each person chooses, on for everybody, or off for everybody."],
        "ChatPermissionRole" => words["Full: anybody. Limited: anybody, with a member of staff of full permission in it. Restricted: nobody new."],
        "AllowRecording" => words["The product does not record yet: this is kept for the day it does."],
        "AllowPrivateCalling" => words["Calls are held in visits; ringing one person comes later."],
        "PinnedApps" => words["These stand first, in this order, and people cannot change it. The others follow."],
        "BlockedApps" => words["Hidden, and refused by the server too."],
        "OffShift" => words["By the roster and the clock. Messages, shifts and activity always open; who is in no roster is never off shift."],
        "QuietFrom" => words["Between the two only what is urgent makes a sound. May go over midnight."],
        "AutoAdmitClinicalRoles" => words["Everybody else who comes by link waits in the lobby."],
        _ => "",
    };

    public static string Value(Words words, PolicySwitch s, string value) => s.Kind switch
    {
        SwitchKind.Switch => value == "true" ? words["on"] : words["off"],
        SwitchKind.Apps => value.Length == 0 ? words["none"] : string.Join(", ", PolicySwitches.List(value).Select(app => AppPlaces.Name(words, app))),
        SwitchKind.Time => value.Length == 0 ? words["not set"] : value,
        _ => Choice(words, value),
    };

    public static string Choice(Words words, string value) => value switch
    {
        "UserPreference" => words["Each chooses"],
        "Everyone" => words["On for everybody"],
        "None" => words["Off for everybody"],
        "Full" => words["Anybody"],
        "Limited" => words["With supervision"],
        "Restricted" => words["Nobody new"],
        "Allow" => words["Nothing happens"],
        "Warn" => words["Warn"],
        _ => words["Block"],
    };

    public static string How(Words words, string kind, string target) => kind switch
    {
        "person" => words["directly"],
        "team" => words["through the team {0}", target],
        "role" => words["through the role {0}", target],
        "code" => words["through the PractitionerRole code {0}", target],
        _ => words["for everyone"],
    };
}
