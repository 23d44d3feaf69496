// A registration's test: each step appears when it has ended.
import { element, iconElement } from "../Frame/icon.js";

interface Step { name: string; state: string; tone: string; icon: string; word: string; title: string; said: string; todo: string | null }

const part = document.querySelector<HTMLElement>("[data-check]");
const form = part?.querySelector<HTMLFormElement>("[data-check-form]");
if (part && form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void run(part, form);
  });
  if (part.dataset.checkNow) {
    forget();
    void run(part, form);
  }
}

async function run(part: HTMLElement, form: HTMLFormElement): Promise<void> {
  const button = form.querySelector("button")!;
  const state = part.querySelector<HTMLElement>("[data-check-state]")!;
  const list = part.querySelector<HTMLElement>("[data-check-steps]")!;
  button.disabled = true;
  state.textContent = part.dataset.wordRunning!;
  list.replaceChildren();
  try {
    const answer = await fetch(part.dataset.check!, { method: "POST", body: new FormData(form) });
    if (!answer.ok || !answer.body) throw new Error(String(answer.status));
    await lines(answer.body, (line) => list.append(show(JSON.parse(line) as Step, part.dataset.wordTodo!)));
    state.textContent = "";
  } catch {
    state.textContent = part.dataset.wordBroken!;
  }
  button.disabled = false;
}

async function lines(body: ReadableStream<Uint8Array>, each: (line: string) => void): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    const parts = (rest + (value ?? "")).split("\n");
    rest = parts.pop()!;
    for (const line of parts) if (line) each(line);
    if (done) return;
  }
}

function show(step: Step, todo: string): HTMLElement {
  const words = element("div", {}, element("strong", {}, step.title), element("p", {}, step.said));
  if (step.todo) words.append(element("p", { class: "todo" }, step.state === "failed" ? `${todo} ${step.todo}` : step.todo));
  return element("li", { class: "step", "data-step": step.name, "data-state": step.state }, element("span", { class: `badge ${step.tone}` }, iconElement(step.icon), step.word), words);
}

/** A reload must not test again by itself. */
function forget(): void {
  const url = new URL(location.href);
  url.searchParams.delete("done");
  history.replaceState(null, "", url);
}
