// Uploads in parts (tus 1.0.0): a lost network or a closed page goes on from where it stood.
import { t } from "../Frame/words.js";

const part = 4 * 1024 * 1024;
const tus = { "Tus-Resumable": "1.0.0" };
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-upload]")) {
  form.addEventListener("submit", (event) => {
    const file = form.querySelector<HTMLInputElement>("input[type=file]")!.files?.[0];
    if (!file) return;
    event.preventDefault();
    void send(form, file);
  });
}

async function send(form: HTMLFormElement, file: File): Promise<void> {
  const [button, progress] = [form.querySelector<HTMLButtonElement>("button.primary")!, form.querySelector<HTMLElement>("[data-progress]")!];
  const say = (text: string) => (progress.textContent = text);
  button.disabled = true;
  try {
    const place = kept(form, file) ?? await begin(form, file, say);
    if (place && await rest(place, file, say)) {
      localStorage.removeItem(key(form, file));
      location.reload();
      return;
    }
  } finally {
    button.disabled = false;
  }
}

/** Same place, same name, same size, same time: the upload that was begun before. */
function key(form: HTMLFormElement, file: File): string {
  return ["ht-upload", form.dataset.team, form.dataset.channel ?? "", form.dataset.file ?? "", file.name, file.size, file.lastModified].join("|");
}

function kept(form: HTMLFormElement, file: File): string | null {
  return localStorage.getItem(key(form, file));
}

async function begin(form: HTMLFormElement, file: File, say: (text: string) => void): Promise<string | null> {
  const patient = form.querySelector<HTMLInputElement>("input[name=patient]")?.value ?? "";
  const meta = Object.entries({ filename: file.name, team: form.dataset.team!, channel: form.dataset.channel ?? "", file: form.dataset.file ?? "", patient })
    .filter(([, value]) => value !== "").map(([name, value]) => `${name} ${base64(value)}`).join(",");
  const answer = await until(() => fetch("/files/uploads", { method: "POST", headers: { ...tus, "Upload-Length": `${file.size}`, "Upload-Metadata": meta } }), say);
  const place = answer.headers.get("Location");
  if (answer.status !== 201 || !place) {
    say(await refusal(answer));
    return null;
  }
  localStorage.setItem(key(form, file), place);
  return place;
}

async function rest(place: string, file: File, say: (text: string) => void): Promise<boolean> {
  let at: number | null = null;
  for (;;) {
    if (at === null) {
      const where = await until(() => fetch(place, { method: "HEAD", headers: tus }), say);
      if (where.status === 404) {
        // A day old, or given up: it begins anew at the next press.
        for (const name of Object.keys(localStorage)) if (localStorage.getItem(name) === place) localStorage.removeItem(name);
        say(t("This upload is too old. Press again to begin anew."));
        return false;
      }
      if (!where.ok) return say(await refusal(where)), false;
      if (where.headers.has("Upload-File")) return true;
      at = Number(where.headers.get("Upload-Offset"));
    }
    say(t("{0} % of {1} MB", Math.floor((at / file.size) * 100), (file.size / 1048576).toFixed(1)));
    let answer: Response;
    try {
      answer = await fetch(place, { method: "PATCH", headers: { ...tus, "Upload-Offset": `${at}`, "Content-Type": "application/offset+octet-stream" }, body: file.slice(at, at + part) });
    } catch {
      at = null;
      continue;
    }
    if (answer.status === 409 && !(await answer.clone().text()).includes("upload-offset") || ![204, 409, 423].includes(answer.status) && answer.status < 500) return say(await refusal(answer)), false;
    if (answer.headers.has("Upload-File")) return true;
    if (answer.status !== 204) await pause(1000);
    at = answer.status === 204 ? Number(answer.headers.get("Upload-Offset")) : null;
  }
}

/** Until the network is there again. */
async function until(ask: () => Promise<Response>, say: (text: string) => void): Promise<Response> {
  for (let wait = 500; ; wait = Math.min(wait * 2, 8000)) {
    try {
      return await ask();
    } catch {
      say(t("The network is gone. The upload goes on by itself when it is back."));
      await pause(wait);
    }
  }
}

async function refusal(answer: Response): Promise<string> {
  try {
    const problem = await answer.json() as { detail?: string };
    return problem.detail ?? t("The upload was refused.");
  } catch {
    return t("The upload was refused.");
  }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
