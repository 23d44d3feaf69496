// launch.html: the EHR starts us (iss, launch). standalone.html?iss=FHIR-BASE: we start. index.html: back with a code.
const say = (id, text) => { document.getElementById(id).textContent = text; };
const wrong = (error) => say("error", String(error?.message ?? error));
const clientId = new URLSearchParams(location.search).get("client_id") ?? "sample-app";

document.addEventListener("DOMContentLoaded", () => {
  if (location.pathname.endsWith("/launch.html")) {
    FHIR.oauth2.authorize({ clientId, scope: "openid fhirUser launch patient/Patient.rs patient/Encounter.rs offline_access", redirectUri: "index.html", pkceMode: "required" }).catch(wrong);
  } else if (location.pathname.endsWith("/standalone.html")) {
    FHIR.oauth2.authorize({
      iss: new URLSearchParams(location.search).get("iss"), clientId, redirectUri: "index.html", pkceMode: "required",
      scope: "openid fhirUser launch/patient patient/Patient.rs offline_access",
    }).catch(wrong);
  } else {
    FHIR.oauth2.ready().then(show).catch(wrong);
  }
});

async function show(client) {
  const patient = await client.patient.read();
  say("patient", `${patient.name[0].family}, ${patient.name[0].given.join(" ")}`);
  say("encounter", client.encounter.id ?? "none");
  say("user", `${client.user.fhirUser} ${(await client.request(client.user.fhirUser)).name[0].family}`);
  say("scopes", client.state.tokenResponse.scope);
  const button = document.getElementById("refresh");
  button.disabled = false;
  button.addEventListener("click", async () => {
    const before = client.state.tokenResponse.access_token;
    try {
      await client.refresh();
      const again = await client.patient.read();
      if (client.state.tokenResponse.access_token !== before && again.id === patient.id) say("refreshed", Number(document.getElementById("refreshed").textContent) + 1);
    } catch (error) {
      wrong(error);
    }
  });
}
