// The staff pages' live line: ids only; whoever is told fetches what the person may see.
import { HubConnectionBuilder, HubConnectionState, LogLevel, type HubConnection } from "@microsoft/signalr";
import { element, iconElement } from "./icon.js";
import { timeOfDay } from "./clock.js";
import { t } from "./words.js";

export interface Change { kind: string; subject: string; event: string }

/** Retries for ever: at once, then after 1, 2, 4 and at most 5 seconds. */
export const endlessRetry = {
  nextRetryDelayInMilliseconds: ({ previousRetryCount }: { previousRetryCount: number }) =>
    previousRetryCount === 0 ? 0 : Math.min(5000, 500 * 2 ** previousRetryCount),
};

export class Live {
  private readonly hub: HubConnection;
  private readonly topics: string[];
  private readonly listeners: ((change: Change) => void)[] = [];
  private readonly returns: (() => void)[] = [];

  constructor(topics: string[]) {
    this.topics = topics;
    this.hub = new HubConnectionBuilder().withUrl("/live").withAutomaticReconnect(endlessRetry).configureLogging(LogLevel.None).build();
    this.hub.serverTimeoutInMilliseconds = 20_000;
    this.hub.keepAliveIntervalInMilliseconds = 8_000;
    this.hub.on("changed", (change: Change) => this.listeners.forEach((tell) => tell(change)));
    this.hub.on("typing", (who: object) => document.dispatchEvent(new CustomEvent("ht-typing", { detail: who })));
    this.hub.onreconnecting(() => connectionLost());
    this.hub.onreconnected(() => void this.resume());
  }

  onChange(tell: (change: Change) => void): void { this.listeners.push(tell); }

  /** After a gap nothing that was said meanwhile is repeated: fetch again. */
  onReturn(again: () => void): void { this.returns.push(again); }

  async start(): Promise<void> {
    for (let retry = 0; this.hub.state === HubConnectionState.Disconnected; retry++) {
      try {
        await this.hub.start();
        await this.watch();
        connectionBack();
        // Between the page's rendering and this moment nobody told us anything.
        this.returns.forEach((again) => again());
      } catch {
        connectionLost();
        await new Promise((wait) => setTimeout(wait, Math.min(5000, 500 * 2 ** retry)));
      }
    }
  }

  private async resume(): Promise<void> {
    await this.watch();
    connectionBack();
    this.returns.forEach((again) => again());
  }

  private async watch(): Promise<void> {
    for (const topic of this.topics) await this.hub.invoke("Watch", topic).catch(() => {});
  }
}

let lostAt: number | undefined;

/** What is on the screen is as old as the moment the line broke; the bar says so. */
export function connectionLost(words?: string): void {
  const bar = document.querySelector<HTMLElement>("[data-connection]");
  if (!bar) return;
  lostAt ??= Date.now();
  const shown = timeOfDay(lostAt, document.body.dataset.zone);
  bar.replaceChildren(iconElement("warning"), element("span", {}, words ?? t("Connection lost, showing {0}, retrying", shown)));
  bar.hidden = false;
}

export function connectionBack(): void {
  lostAt = undefined;
  const bar = document.querySelector<HTMLElement>("[data-connection]");
  if (bar) bar.hidden = true;
}
