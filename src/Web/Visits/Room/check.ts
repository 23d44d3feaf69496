// The device check: see yourself, hear yourself, then join.
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "./icon.js";
import { tone } from "../../Frame/sound.js";
import { t } from "../../Frame/words.js";
import { inFrame, type LocalMedia } from "./devices.js";
import type { HtRoom } from "./room.js";
import { troubleWord } from "./words.js";

export function checkView(room: HtRoom): TemplateResult {
  const { media } = room;
  return html`
    <section class="check" aria-labelledby="check-title">
      <h1 id="check-title" tabindex="-1">${t("Check your camera and microphone")}</h1>
      <div class="check-sides">
        <div>
          ${preview(media, room.facts.name)}
          <div class="toggles">${toggles(room)}
            <button class="button primary join" ?disabled=${room.joining} @click=${() => room.join()}>${t("Join")}</button></div>
          <p class="quiet">${room.isHost
            ? t("You enter the room at once. People who wait stay outside until you admit them.")
            : t("Nobody sees or hears you until you are let in.")}</p>
        </div>
        <div>
          ${troubles(room)}
          <div class="devices">
            ${choice(room, "videoinput", "camera", t("Camera"), media.camera)}
            ${choice(room, "audioinput", "mic", t("Microphone"), media.mic)}
            <label class="level"><span>${t("Your voice")}</span><meter min="0" max="1" value="0" aria-label=${t("Microphone level")}></meter></label>
            ${speakers(room)}
          </div>
          ${inFrame() && !framed(room) ? html`<p>${ownWindow(room, "quiet")}</p>` : nothing}
          ${room.windowLink ? html`<p class="note">${icon("open")}<a href=${room.windowLink} target="_blank" rel="opener">${t("Your browser kept the window closed. Press here to open it.")}</a></p>` : nothing}
        </div>
      </div>
    </section>`;
}

export function preview(media: LocalMedia, name: string): TemplateResult {
  const seen = media.cameraOn && media.camera;
  return html`
    <div class="preview">
      <video class="mirror" autoplay playsinline .muted=${true} .srcObject=${seen ? media.preview : null} ?hidden=${!seen} aria-label=${t("Your own picture")}></video>
      ${seen ? nothing : html`<div class="avatar-place"><span class="avatar" aria-hidden="true">${initials(name)}</span>
        <span>${media.asking ? t("Allow camera and microphone when the browser asks") : t("Your camera is off")}</span></div>`}
    </div>`;
}

export function toggles(room: HtRoom): TemplateResult {
  const { media } = room;
  const { mic, camera } = media.state;
  return html`
    <button class="control ${mic ? "" : "off"}" aria-pressed=${String(!mic)} title=${t("Keys: {0}", "m")} @click=${() => room.toggleMic()}>
      ${icon(mic ? "mic" : "mic-off")}<span>${mic ? t("Mute") : t("Unmute")}</span></button>
    <button class="control ${camera ? "" : "off"}" aria-pressed=${String(!camera)} title=${t("Keys: {0}", "v")} @click=${() => room.toggleCamera()}>
      ${icon(camera ? "camera" : "camera-off")}<span>${camera ? t("Stop camera") : t("Start camera")}</span></button>`;
}

function troubles(room: HtRoom): TemplateResult | typeof nothing {
  const { trouble } = room.media;
  const kinds = (["video", "audio"] as const).filter((kind) => trouble[kind] && (kind === "audio" || room.media.cameraOn));
  if (kinds.length === 0) return nothing;
  return html`
    <div class="trouble" role="alert">
      ${icon("warning")}
      <div>
        ${kinds.map((kind) => html`<p>${troubleWord(kind, trouble[kind]!)}</p>`)}
        ${framed(room) ? html`<p>${t("Open the visit in its own window: there the browser asks you itself.")}</p><p>${ownWindow(room, "primary")}</p>` : nothing}
        <p><button class="button" @click=${() => room.media.open()}>${t("Try again")}</button>
        ${trouble.video ? html`<span class="quiet">${t("You can also go on without a camera.")}</span>` : nothing}</p>
      </div>
    </div>`;
}

const framed = (room: HtRoom): boolean => room.media.trouble.video === "frame" || room.media.trouble.audio === "frame";

const ownWindow = (room: HtRoom, tone: string): TemplateResult =>
  html`<button class="button ${tone}" @click=${() => room.ownWindow()}>${icon("open")}<span>${t("Open in its own window")}</span></button>`;

function choice(room: HtRoom, kind: MediaDeviceKind, sign: string, word: string, now: MediaStreamTrack | null): TemplateResult | typeof nothing {
  const devices = room.media.of(kind);
  if (devices.length === 0) return nothing;
  const current = now?.getSettings().deviceId;
  const pick = (event: Event) => void room.media.choose(kind === "videoinput" ? "video" : "audio", (event.target as HTMLSelectElement).value);
  return html`<label class="field"><span>${icon(sign)} ${word}</span>
    <select @change=${pick}>${devices.map((device, i) =>
      html`<option value=${device.deviceId} ?selected=${device.deviceId === current}>${device.label || `${word} ${i + 1}`}</option>`)}</select></label>`;
}

function speakers(room: HtRoom): TemplateResult {
  const devices = "setSinkId" in HTMLMediaElement.prototype ? room.media.of("audiooutput") : [];
  return html`
    ${devices.length > 1 ? html`<label class="field"><span>${icon("sound")} ${t("Speaker")}</span>
      <select @change=${(event: Event) => room.setSpeaker((event.target as HTMLSelectElement).value)}>${devices.map((device, i) =>
        html`<option value=${device.deviceId} ?selected=${device.deviceId === room.media.speaker}>${device.label || `${t("Speaker")} ${i + 1}`}</option>`)}</select></label>` : nothing}
    <button class="button test-speaker" @click=${() => void testSpeaker(room.media.speaker)}>${icon("sound")}<span>${t("Test speaker")}</span></button>`;
}

async function testSpeaker(sink: string): Promise<void> {
  const context = new AudioContext() as AudioContext & { setSinkId?(id: string): Promise<void> };
  if (sink) await context.setSinkId?.(sink).catch(() => {});
  await context.resume();
  [523, 659, 784].forEach((note, i) => tone(context, note, context.currentTime + i * 0.25, 0.24, 0.25));
  setTimeout(() => void context.close(), 1500);
}

export function initials(name: string): string {
  const words = name.replace(/^(Dr|Prof|Mr|Mrs|Ms|Mme|M)\.?\s+/i, "").split(/[\s,]+/).filter(Boolean);
  return ((words[0]?.[0] ?? "?") + (words.length > 1 ? words[words.length - 1]![0] : "")).toUpperCase();
}
