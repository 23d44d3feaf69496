namespace HealthTeams.Web.Administration;

/// <summary>What a registration's settings mean, in words.</summary>
internal static class AdminWords
{
    public static string Auth(Words words, string auth) => auth switch
    {
        "private_key_jwt" => words["signed with our key"],
        "secret" => words["client secret"],
        _ => words["public client"],
    };

    public static string Environment(Words words, string environment) => environment == "test" ? words["Test"] : words["Production"];

    public static string Adapter(Words words, string adapter) => adapter switch
    {
        "none" => words["nothing"],
        "oracle" => words["as Oracle Health takes it"],
        "epic" => words["as Epic takes it (plain FHIR)"],
        _ => words["plain FHIR"],
    };

    public static string JoinLink(Words words, string link) => link switch
    {
        "extension" => words["as extension virtualService"],
        "oracle" => words["as Oracle Health's video visit links"],
        _ => words["no"],
    };

    /// <summary>"last written 10:02", or why the last write failed.</summary>
    public static string Health(Words words, HealthTeams.FhirGateway.Ehr.EhrHealthRow health, string zone, DateTimeOffset now) => health switch
    {
        { Failing: true, FailedAt: { } failed } => words["failed {0}: {1}", words.Moment(failed, zone, now), health.Error],
        { OkAt: { } ok } => words["last written {0}", words.Moment(ok, zone, now)],
        _ => "",
    };

    public static string Role(Words words, string? role) => role switch
    {
        "Host" => words["would host the visit"],
        "Patient" => words["would sit in the patient's place"],
        _ => words["would come as a guest"],
    };

    /// <summary>What the EHR is told, by what happened.</summary>
    public static string Told(Words words, string kind) => kind switch
    {
        "visit.arrived" => words["the patient arrived"],
        "visit.started" => words["the visit began"],
        "visit.finished" => words["the visit ended"],
        "visit.noshow" => words["the patient did not come"],
        "visit.joined" => words["somebody joined"],
        "visit.left" => words["somebody left"],
        _ => words["the join link"],
    };

    /// <summary>Where to look when a trial ended so.</summary>
    public static string Todo(Words words, string code) => code switch
    {
        "access-denied" => words["Allow it on the EHR's page. If it did not ask, the user lacks a right there, or the app is not enabled for that user."],
        "token-refused" => words["Run the test above: the step for the client says whether client id, key or secret is wrong. Compare the redirect URI letter by letter."],
        "id-token-invalid" => words["Compare the issuer with the vendor's and register it; check that the clocks of both sides are right."],
        "user-unknown" => words["Ask the vendor to allow the scopes openid and fhirUser."],
        "no-patient" => words["Choose a patient on the EHR's page. If it offers none, ask the vendor for launch/patient."],
        "chart-unreadable" => words["Ask the vendor to allow reading Patient, Encounter and Appointment for this client and this user."],
        "ehr-refused" => words["The EHR's own error says it: often a scope that this client may not have, or a redirect URI it does not know."],
        "discovery-failed" or "ehr-unreachable" => words["Run the test above: it says at which step the EHR is not reached."],
        "state-unknown" or "other-browser" or "launch-expired" or "state-used" => words["Try again, in one window, within ten minutes."],
        _ => words["Quote the code to the EHR's vendor, and look for it in the log."],
    };

    /// <summary>The sentence beside a field of a registration.</summary>
    public static string Wrong(Words words, Problem problem) => (problem.Code, problem.Where) switch
    {
        ("iss-taken", _) => words["Another hospital has registered this address."],
        ("iss-known", _) => words["This address is registered already. Open its registration to change it."],
        ("environment-mixed", _) => words["This address is registered already, for the other environment. One address is either test or production: ask the vendor for the other one's address, or remove that registration first."],
        ("host-invalid", _) => words["Write the host as https://host or https://host:port."],
        ("too-many-hosts", _) => words["There are too many hosts. Remove one that is not needed."],
        (_, "iss") => words["Write the EHR's FHIR address as its launches send it: https://, no user name, no query."],
        (_, "client-id") => words["Write the client id that the EHR gave you."],
        (_, "backend-client-id") => words["Write the client id of the backend service, or leave it empty."],
        (_, "secret") => words["A client that authenticates with a secret needs one."],
        (_, "issuer") => words["The issuer is an address, or leave it empty."],
        (_, "frame-origin") => words["Each line is an origin: https://host, with a port if there is one, nothing after it. Twenty at most."],
        (_, "join-link") => words["This join link does not go with this way of writing back."],
        _ => problem.Detail,
    };
}
