import { onKey, showKeys, tellKey } from "../../Frame/keys.js";
import { t } from "../../Frame/words.js";
import type { HtRoom } from "./room.js";

export function roomKeys(room: HtRoom): void {
  const inCall = (act: () => void) => () => { if (room.step === "call") act(); };
  const ready = (act: () => void) => () => { if (["check", "lobby", "call"].includes(room.step)) act(); };
  onKey("m", t("Mute or unmute"), ready(() => room.toggleMic()));
  onKey("v", t("Camera on or off"), ready(() => room.toggleCamera()));
  onKey("s", t("Share the screen or stop"), inCall(() => room.toggleScreen()));
  onKey("p", t("People"), inCall(() => room.togglePanel("people")));
  onKey("c", t("Chat"), (event) => {
    if (room.step !== "call") return;
    event.preventDefault();
    room.openTab("chat");
    void room.updateComplete.then(() => room.querySelector<HTMLElement>("#chat-text")?.focus());
  });
  onKey("?", t("Show this map of keys"), showKeys);
  tellKey("Esc", t("Close what is on top"));
  room.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target instanceof HTMLInputElement) event.target.blur();
  });
}
