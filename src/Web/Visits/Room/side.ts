// Beside the stage: who is here, and what is written.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "./icon.js";
import { timeOfDay } from "../../Frame/clock.js";
import { t } from "../../Frame/words.js";
import type { HtRoom } from "./room.js";
import type { RoomPerson, SeatState } from "./types.js";
import { knownWord, roleWord } from "./words.js";

/** Who waits, with how we know them: shown to hosts at every step, whichever tab is open. */
export function waitingView(room: HtRoom): TemplateResult | typeof nothing {
  if (!room.isHost || room.waiting.length === 0) return nothing;
  return html`
    <section class="waiting" aria-label=${t("Waiting")}>
      <h2>${room.waiting.length === 1 ? t("1 person waits") : t("{0} people wait", room.waiting.length)}</h2>
      <ul>${repeat(room.waiting, (person) => person.id, (person) => html`
        <li>
          <div>
            <strong>${person.name}</strong>
            <span class="quiet">${roleWord(person.role)} · ${knownWord(person.knownBy)}</span>
            <span class="quiet">${icon("clock")} ${person.waitingSince ? html`<span class="clock" data-since=${person.waitingSince}></span>` : nothing}
              ${person.connected ? nothing : html`· ${t("connection lost")}`}</span>
          </div>
          <button class="button primary" @click=${() => room.admit(person)}>${icon("check")}<span>${t("Admit {0}", person.name)}</span></button>
        </li>`)}</ul>
    </section>`;
}

export function sideView(room: HtRoom): TemplateResult {
  const tabs = [["people", t("People")], ["chat", t("Chat")]] as const;
  return html`
    <aside class="side ${room.panelOpen ? "open" : ""}" aria-label=${t("People and chat")}>
      <div class="tabs" role="tablist" @keydown=${(event: KeyboardEvent) => room.moveTab(event)}>
        ${tabs.map(([name, word]) => html`<button role="tab" id="tab-${name}" aria-controls="panel-${name}" aria-selected=${String(room.tab === name)}
          tabindex=${room.tab === name ? 0 : -1} @click=${() => room.openTab(name)}>${icon(name)} ${word}${name === "chat" && room.unread > 0 ? html` <span class="badge blue">${room.unread}</span>` : nothing}</button>`)}
        <button class="button quiet square shut" aria-label=${t("Close")} @click=${() => room.closePanel()}>${icon("close")}</button>
      </div>
      <div role="tabpanel" id="panel-people" aria-labelledby="tab-people" ?hidden=${room.tab !== "people"}>${people(room)}</div>
      <div role="tabpanel" id="panel-chat" aria-labelledby="tab-chat" class="chat" ?hidden=${room.tab !== "chat"}>${chat(room)}</div>
    </aside>`;
}

function people(room: HtRoom): TemplateResult {
  const shown = (room.state?.people ?? []).filter((person) => person.state !== "Invited" && person.state !== "Waiting" && person.state !== "Removed");
  if (shown.length === 0) return html`<p class="quiet">${t("Nobody is in the room yet.")}</p>`;
  return html`<ul class="people-list">${repeat(shown, (person) => person.id, (person) => html`
    <li>
      <div><strong>${person.name}</strong>${person.id === room.state?.me ? html` <span class="tag">${t("You")}</span>` : nothing}
        <span class="quiet">${roleWord(person.role)} · ${knownWord(person.knownBy)}</span></div>
      <span class="quiet">${person.state === "InCall" && !person.connected ? t("connection lost") : stateWord(person.state)}</span>
      ${person.state === "InCall" && person.media && !person.media.mic ? html`<span>${icon("mic-off")}<span class="unseen">${t("muted")}</span></span>` : nothing}
      ${room.isHost && person.role !== "Host" && person.state === "InCall" ? html`<button class="button quiet" @click=${() => room.remove_(person)}>${t("Remove")}<span class="unseen"> ${person.name}</span></button>` : nothing}
    </li>`)}</ul>`;
}

const stateWord = (state: SeatState): string =>
  state === "InCall" ? t("in the call") : state === "Left" ? t("has left") : t("admitted");

function chat(room: HtRoom): TemplateResult {
  return html`
    <ol class="lines" role="log" aria-live="polite" aria-label=${t("Chat")}>
      ${room.lines.length === 0 ? html`<li class="quiet">${t("Nothing written yet. Everybody in the call reads it; it is not part of the chart.")}</li>` : nothing}
      ${repeat(room.lines, (line) => line.id, (line) => html`
        <li class=${line.from === room.state?.me ? "mine" : ""}><span class="quiet">${line.name} · <time>${timeOfDay(line.at, room.facts.zone)}</time></span><p>${line.text}</p></li>`)}
    </ol>
    <form @submit=${(event: SubmitEvent) => room.say(event)}>
      <label class="unseen" for="chat-text">${t("Message")}</label>
      <input id="chat-text" name="text" maxlength="2000" autocomplete="off" placeholder=${t("Message to everybody")} ?disabled=${!room.mayWrite}>
      <button class="button primary square" aria-label=${t("Send")} ?disabled=${!room.mayWrite}>${icon("send")}</button>
    </form>`;
}

export const isWaiting = (person: RoomPerson): boolean => person.state === "Waiting";
