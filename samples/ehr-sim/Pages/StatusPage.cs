using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace EhrSim;

internal static partial class StatusPage
{
    public static IResult Show(Ehr ehr) => Layout.Page("Status", Html.Of($"""
        <h1>What apps did to this EHR</h1>
        <div class="day">
          <div data-fragment="/status/panel" data-every="2000">{Panel(ehr)}</div>
          {Switches(ehr)}
        </div>
        """));

    /// <summary>The part that refreshes itself.</summary>
    public static Html Panel(Ehr ehr) => Html.Of($"""
        <section class="card"><h2>Written back</h2>{WrittenBack(ehr)}</section>
        {OtherRecords(ehr)}
        <section class="card"><h2>Calls of apps</h2>{Calls(ehr)}</section>
        """);

    private static Html WrittenBack(Ehr ehr)
    {
        var changed = Schedule.All(ehr.Records).Select(v => (Visit: v, Steps: WriteBack.Of(ehr.Records, v))).Where(p => p.Steps.Count > 0)
            .OrderByDescending(p => p.Steps[^1].At).Take(20).ToList();
        if (changed.Count == 0) return new Html("<p class=\"quiet\">Nothing yet. Launch a visit and its states appear here.</p>");
        return Html.All(changed, p => Html.Of($"""
            <article class="back">
              <h3>{p.Visit.PatientName}, {Words.Time(ehr, p.Visit.Start)} <small>{p.Visit.Identifier} · {p.Visit.Id} · {p.Visit.EncounterId}</small></h3>
              <ol>{Html.All(p.Steps, s => Step(ehr, s))}</ol>
            </article>
            """));
    }

    private static Html Step(Ehr ehr, WriteBackStep step) => Html.Of($"""
        <li><time>{Words.Seconds(ehr, step.At)}</time> <span>{step.What} v{step.Version}</span>
          {(step.Status is null ? new Html("details") : Words.State(step.Status))} <span class="quiet">by {step.Writer}</span></li>
        """);

    private static Html OtherRecords(Ehr ehr)
    {
        var records = WriteBack.Others(ehr.Records).Take(20).ToList();
        return records.Count == 0 ? Html.Nothing : Html.Of($"""
            <section class="card"><h2>Other records from apps</h2><ul class="plain">{Html.All(records, v =>
                Html.Of($"<li><time>{Words.Seconds(ehr, v.At)}</time> {v.Reference} v{v.Number} <span class=\"quiet\">by {v.Writer}</span></li>"))}</ul></section>
            """);
    }

    private static Html Calls(Ehr ehr)
    {
        var calls = ehr.Requests.Latest;
        if (calls.Count == 0) return new Html("<p class=\"quiet\">None since the start.</p>");
        return Html.Of($"""
            <div class="scroll"><table class="log">
              <thead><tr><th>Time</th><th>Call</th><th>Status</th><th>Client</th><th>ms</th></tr></thead>
              <tbody>{Html.All(calls, c => Call(ehr, c))}</tbody>
            </table></div>
            """);
    }

    private static Html Call(Ehr ehr, LoggedRequest call) => Html.Of($"""
        <tr class="{(call.Status >= 400 ? "bad" : "")}"><td>{Words.Seconds(ehr, call.At)}</td><td><code>{call.Method} {call.Path}</code></td>
          <td>{(call.Status >= 400 ? "! " : "")}{call.Status}</td><td>{call.Client}</td><td>{call.Milliseconds}</td></tr>
        """);

    private static Html Switches(Ehr ehr) => Html.Of($"""
        <form class="card book" id="faults" method="post" action="/faults">
          <h2>Fault switches</h2>
          <div class="switches">{Html.All(ehr.Faults.AsJson(), Switch)}</div>
          <button class="main">Set the switches</button>
          <p class="quiet">Scripts: GET and POST /faults (JSON), DELETE /faults turns all off.</p>
        </form>
        """);

    private static Html Switch(KeyValuePair<string, JsonNode?> fault)
    {
        var (name, says) = (fault.Key, WordStart().Replace(fault.Key, m => " " + m.Value.ToLowerInvariant()));
        if (name == "tokenAnswer") return Html.Nothing; // an object: for scripts
        if (name is "authorizeError" or "fhirUser" or "subject") return Html.Of($"<label class=\"number\">{says} <input name=\"{name}\" value=\"{fault.Value}\"></label>");
        return name is "slowMs" or "failWrites" or "tokenExpiresIn" or "activeTtl" or "clockSkew"
            ? Html.Of($"<label class=\"number\">{says} <input type=\"number\"{(name == "clockSkew" ? "" : " min=\"0\"")} name=\"{name}\" value=\"{fault.Value}\"></label>")
            : Html.Of($"<label class=\"tick\"><input type=\"checkbox\" name=\"{name}\"{(fault.Value?.GetValue<bool>() == true ? " checked" : "")}> {says}</label>");
    }

    [GeneratedRegex("[A-Z]")]
    private static partial Regex WordStart();
}
