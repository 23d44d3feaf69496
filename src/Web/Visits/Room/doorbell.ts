// Tells the host who came to the door, and rings again until somebody opens.
import { chime } from "../../Frame/sound.js";
import { dismiss, flashTitle, toast } from "../../Frame/toasts.js";
import { t } from "../../Frame/words.js";
import type { RoomPerson } from "./types.js";

const againAfter = 20_000;

export class Doorbell {
  private readonly told = new Set<string>();
  private bell: ReturnType<typeof setInterval> | undefined;

  follow(waiting: RoomPerson[]): void {
    for (const id of this.told) {
      if (waiting.some((person) => person.id === id)) continue;
      this.told.delete(id);
      dismiss(id);
    }
    for (const person of waiting) if (!this.told.has(person.id)) this.ring(person);
    if (waiting.length > 0) return;
    clearInterval(this.bell);
    this.bell = undefined;
  }

  private ring(person: RoomPerson): void {
    this.told.add(person.id);
    toast({ key: person.id, text: t("{0} is waiting to be let in.", person.name), icon: "bell" });
    flashTitle(t("Somebody waits"));
    void chime("waiting");
    clearInterval(this.bell);
    this.bell = setInterval(() => void chime("waiting"), againAfter);
  }
}
