import type { Trouble } from "./devices.js";
import type { Quality } from "./peer.js";
import type { RoomPerson } from "./types.js";
import { t } from "../../Frame/words.js";

export const roleWord = (role: RoomPerson["role"]): string =>
  ({ Host: t("Clinician"), Patient: t("Patient"), Guest: t("Guest") })[role];

export const knownWord = (known: RoomPerson["knownBy"]): string => ({
  Ehr: t("known by the chart"),
  Staff: t("signed in here"),
  Link: t("came by a link"),
  Self: t("named themselves"),
})[known];

export const qualityWord = (quality: Quality): string => ({
  connecting: t("Connecting"),
  good: t("Good connection"),
  poor: t("Poor connection"),
  lost: t("Connection lost, trying again"),
})[quality];

export function troubleWord(kind: "audio" | "video", trouble: Trouble): string {
  const camera = kind === "video";
  switch (trouble) {
    case "denied":
      return camera
        ? t("The camera is not allowed here. Press the camera or lock sign beside the address, allow it, then try again.")
        : t("The microphone is not allowed here. Press the lock sign beside the address, allow it, then try again.");
    case "none":
      return camera ? t("No camera was found. Plug one in, or join without it.") : t("No microphone was found. Plug one in; without it others cannot hear you.");
    case "busy":
      return camera ? t("Another program uses the camera. Close it there, then try again.") : t("Another program uses the microphone. Close it there, then try again.");
    case "frame":
      return camera ? t("The chart does not pass your camera on to this page.") : t("The chart does not pass your microphone on to this page.");
    case "insecure":
      return t("This address is not secure (https), so the browser keeps camera and microphone off.");
  }
}
