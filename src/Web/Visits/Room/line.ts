// The room's line to the server: enters with a ticket, and enters again by itself whenever the connection comes back.
import { HubConnectionBuilder, HubConnectionState, LogLevel, type HubConnection } from "@microsoft/signalr";
import { endlessRetry } from "../../Frame/live.js";
import type { ChatLine, Media, RoomState } from "./types.js";

export interface LineEvents {
  state(state: RoomState): void;
  signal(from: string, json: string): void;
  chat(line: ChatLine): void;
  ended(): void;
  removed(): void;
  lost(): void;
  back(): void;
}

const renewEvery = 10 * 60_000;

export class Line {
  private readonly hub: HubConnection;
  private readonly on: LineEvents;
  private ticket: string;
  private closed = false;

  constructor(sid: string, ticket: string, on: LineEvents) {
    this.on = on;
    this.ticket = ticket;
    this.hub = new HubConnectionBuilder()
      .withUrl(`/hubs/room?s=${encodeURIComponent(sid)}`)
      .withAutomaticReconnect(endlessRetry)
      .configureLogging(LogLevel.None)
      .build();
    this.hub.serverTimeoutInMilliseconds = 12_000;
    this.hub.keepAliveIntervalInMilliseconds = 5_000;
    this.hub.on("state", (state: RoomState) => on.state(state));
    this.hub.on("signal", (from: string, json: string) => on.signal(from, json));
    this.hub.on("chat", (line: ChatLine) => on.chat(line));
    this.hub.on("ended", () => on.ended());
    this.hub.onreconnecting(() => { if (!this.closed) on.lost(); });
    this.hub.onreconnected(() => void this.enter());
    this.hub.onclose(() => { if (!this.closed) void this.start(); });
    setInterval(() => void this.renew(), renewEvery);
  }

  async start(): Promise<void> {
    for (let retry = 0; !this.closed && this.hub.state === HubConnectionState.Disconnected; retry++) {
      try {
        await this.hub.start();
        await this.enter();
      } catch {
        this.on.lost();
        await new Promise((wait) => setTimeout(wait, Math.min(5000, 500 * 2 ** retry)));
      }
    }
  }

  private async enter(): Promise<void> {
    for (let retry = 0; this.hub.state === HubConnectionState.Connected; retry++) {
      try {
        const state = await this.hub.invoke<RoomState>("Enter", this.ticket);
        this.on.back();
        this.on.state(state);
        void this.renew();
        return;
      } catch {
        // The line may have broken again (then it re-enters by itself), the ticket expired, or the visit ended.
        if (this.hub.state !== HubConnectionState.Connected || !(await this.freshTicket())) return;
        await new Promise((wait) => setTimeout(wait, Math.min(5000, 250 * 2 ** retry)));
      }
    }
  }

  /** The page itself carries a new ticket as long as this device's session lives. */
  private async freshTicket(): Promise<boolean> {
    const answer = await fetch(location.pathname, { redirect: "manual" }).catch(() => null);
    if (!answer) return true;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const ticket = page.querySelector<HTMLMetaElement>("meta[name=room-ticket]")?.content;
    if (ticket) {
      this.ticket = ticket;
      return true;
    }
    if (page.querySelector("[data-launch=over]") || answer.status === 410) this.on.ended();
    else if (answer.status >= 500) return true;
    else if (answer.status === 403) this.on.removed();
    else location.reload();
    return false;
  }

  private async renew(): Promise<void> {
    if (this.hub.state !== HubConnectionState.Connected) return;
    const ticket = await this.hub.invoke<string>("RenewTicket").catch(() => null);
    if (ticket) this.ticket = ticket;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.hub.stop().catch(() => {});
  }

  admit(id: string): Promise<void> { return this.hub.invoke("Admit", id); }
  remove(id: string): Promise<void> { return this.hub.invoke("Remove", id); }
  joinCall(): Promise<void> { return this.hub.invoke("JoinCall"); }
  wait(): Promise<void> { return this.hub.invoke("Wait"); }
  leaveCall(): Promise<void> { return this.hub.invoke("LeaveCall"); }
  endVisit(): Promise<void> { return this.hub.invoke("EndVisit"); }
  chat(text: string): Promise<void> { return this.hub.invoke("Chat", text); }
  media(media: Media): void { void this.hub.invoke("Media", media).catch(() => {}); }
  signal(to: string, json: string): void { void this.hub.invoke("Signal", to, json).catch(() => {}); }
}
