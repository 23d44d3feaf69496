// The call: everybody's picture, and the bar of controls.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "./icon.js";
import { t } from "../../Frame/words.js";
import { initials, preview, toggles } from "./check.js";
import type { Peer } from "./peer.js";
import type { HtRoom } from "./room.js";
import type { RoomPerson } from "./types.js";
import { qualityWord, roleWord } from "./words.js";

export function stageView(room: HtRoom): TemplateResult {
  const others = room.others;
  return html`
    <section class="stage" aria-label=${t("Call")} data-people=${others.length}>
      ${others.length === 0 ? html`<div class="alone"><h1 tabindex="-1">${alone(room)}</h1></div>` : nothing}
      <div class="tiles">${repeat(others, (person) => person.id, (person) => tile(room, person, room.mesh?.peers.get(person.id)))}</div>
      <div class="self">${preview(room.media, room.facts.name)}<span class="label">${t("You")}${room.media.state.mic ? nothing : html` ${icon("mic-off")}<span class="unseen">${t("muted")}</span>`}</span></div>
      ${room.silent ? html`<button class="button primary hear" @click=${() => room.hear()}>${icon("sound")}<span>${t("Press to hear the others")}</span></button>` : nothing}
    </section>`;
}

function alone(room: HtRoom): string {
  if (!room.isHost) return t("You are in the room. The others come back in a moment.");
  return room.waiting.length > 0 ? t("Admit whoever waits to begin.") : t("You are in the room. Nobody else has come yet.");
}

function tile(room: HtRoom, person: RoomPerson, peer: Peer | undefined): TemplateResult {
  const media = person.media ?? { mic: true, camera: true, screen: false };
  const seen = (media.camera || media.screen) && !!peer?.stream.getVideoTracks().length;
  const quality = peer?.quality ?? "connecting";
  return html`
    <figure class="tile ${media.screen ? "screen" : ""}" data-person=${person.id}>
      <video autoplay playsinline .srcObject=${peer?.stream ?? null} class=${seen ? "" : "voice-only"} aria-label=${t("Picture of {0}", person.name)} @loadedmetadata=${(event: Event) => room.play(event.target as HTMLVideoElement)}></video>
      ${seen ? nothing : html`<div class="avatar-place"><span class="avatar" aria-hidden="true">${initials(person.name)}</span></div>`}
      <figcaption class="label">
        <strong>${person.name}</strong><span>${roleWord(person.role)}</span>
        ${media.mic ? nothing : html`<span>${icon("mic-off")} ${t("muted")}</span>`}
        ${media.screen ? html`<span>${icon("screen")} ${t("shares the screen")}</span>` : nothing}
        <span class="quality ${quality}">${icon(quality === "good" ? "done" : quality === "connecting" ? "clock" : "warning")} ${qualityWord(quality)}</span>
      </figcaption>
    </figure>`;
}

export function controlsView(room: HtRoom): TemplateResult {
  const sharing = room.media.state.screen;
  const canShare = !!navigator.mediaDevices?.getDisplayMedia;
  return html`
    <div class="controls" role="toolbar" aria-label=${t("Controls of the call")}>
      ${toggles(room)}
      ${canShare ? html`<button class="control ${sharing ? "on" : ""}" aria-pressed=${String(sharing)} title=${t("Keys: {0}", "s")} @click=${() => room.toggleScreen()}>
        ${icon("screen")}<span>${sharing ? t("Stop sharing") : t("Share screen")}</span></button>` : nothing}
      ${panelButton(room, "people", t("People"), "p")}
      ${panelButton(room, "chat", t("Chat"), "c", room.unread)}
      <span class="gap"></span>
      <button class="control leave" @click=${() => room.leave()}>${icon("leave")}<span>${t("Leave")}</span></button>
      ${room.isHost ? html`<button class="control end" @click=${() => room.end()}>${icon("end")}<span>${t("End visit")}</span></button>` : nothing}
    </div>`;
}

function panelButton(room: HtRoom, tab: "people" | "chat", word: string, key: string, unread = 0): TemplateResult {
  return html`<button class="control panel" aria-expanded=${String(room.panelOpen && room.tab === tab)} title=${t("Keys: {0}", key)} @click=${() => room.togglePanel(tab)}>
    ${icon(tab)}<span>${word}</span>${unread > 0 ? html`<span class="count">${unread}<span class="unseen"> ${t("unread")}</span></span>` : nothing}</button>`;
}
