// The visit room: device check, lobby, call, and what comes after.
import { html, LitElement, type TemplateResult } from "lit";
import { setClock, tick } from "../../Frame/clock.js";
import { confirm } from "../../Frame/dialogs.js";
import { connectionBack, connectionLost } from "../../Frame/live.js";
import { chime } from "../../Frame/sound.js";
import { dismiss, flashTitle, toast } from "../../Frame/toasts.js";
import { t, wordsReady } from "../../Frame/words.js";
import { controlsView, stageView } from "./call.js";
import { checkView } from "./check.js";
import { LocalMedia } from "./devices.js";
import { Doorbell } from "./doorbell.js";
import { roomKeys } from "./keys.js";
import { Line } from "./line.js";
import { leftView, lobbyView, movedView, overView, removedView } from "./lobby.js";
import { Mesh } from "./mesh.js";
import { openOwnWindow } from "./window.js";
import { stayAwake } from "./awake.js";
import { isWaiting, sideView, waitingView } from "./side.js";
import { isOver, type ChatLine, type RoomFacts, type RoomPerson, type RoomState } from "./types.js";

type Step = "check" | "lobby" | "call" | "left" | "removed" | "moved" | "over";

export class HtRoom extends LitElement {
  readonly facts: RoomFacts = JSON.parse(document.getElementById("room-facts")!.textContent!);
  readonly media = new LocalMedia(() => this.mediaChanged());
  state: RoomState | undefined;
  mesh: Mesh | undefined;
  step: Step = "check";
  tab: "people" | "chat" = "people";
  panelOpen = matchMedia("(min-width: 900px)").matches;
  lines: ChatLine[] = [];
  unread = 0;
  silent = false;
  joining = false;
  windowLink = "";
  private line!: Line;
  private readonly doorbell = new Doorbell();
  private mediaSaid = "";
  private awake = false;

  get isHost(): boolean { return this.facts.role === "Host"; }
  /** Came from our own list, and may go back there; a launch from the chart has no list. */
  get fromList(): boolean { return this.facts.knownBy === "Staff"; }
  get self(): RoomPerson | undefined { return this.state?.people.find((person) => person.id === this.state!.me); }
  get waiting(): RoomPerson[] { return this.state?.people.filter(isWaiting) ?? []; }
  get others(): RoomPerson[] { return this.state?.people.filter((person) => person.state === "InCall" && person.id !== this.state!.me) ?? []; }
  get mayWrite(): boolean { return this.step === "call"; }

  /** In the light DOM: the page's styles and the reader's tools see it as any other part. */
  protected override createRenderRoot(): HTMLElement {
    this.replaceChildren();
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const ticket = document.querySelector<HTMLMetaElement>("meta[name=room-ticket]")!.content;
    this.line = new Line(this.facts.sid, ticket, {
      state: (state) => this.take(state),
      signal: (from, json) => { if (this.step === "call") this.mesh?.signal(from, json); },
      chat: (line) => this.hearChat(line),
      ended: () => this.over(),
      removed: () => this.removed(),
      lost: () => connectionLost(t("Connection lost, retrying. Sound and picture go on while they can.")),
      back: () => this.lineBack(),
    });
    void this.line.start();
    void this.media.open();
    setInterval(tick, 1000);
    setInterval(() => this.meter(), 100);
    roomKeys(this);
    Object.assign(window, { htRoom: { pc: () => [...(this.mesh?.peers.values() ?? [])].flatMap((peer) => peer.pc ?? []) } });
  }

  protected override render(): TemplateResult {
    switch (this.step) {
      case "check": return html`<div class="room narrow">${waitingView(this)}${checkView(this)}</div>`;
      case "lobby": return html`<div class="room narrow">${lobbyView(this)}</div>`;
      case "call": return html`<div class="room wide">${stageView(this)}<div class="beside">${waitingView(this)}${sideView(this)}</div>${controlsView(this)}</div>`;
      case "left": return html`<div class="room narrow">${waitingView(this)}${leftView(this)}</div>`;
      case "removed": return html`<div class="room narrow">${removedView()}</div>`;
      case "moved": return html`<div class="room narrow">${movedView(this)}</div>`;
      case "over": return html`<div class="room narrow">${overView(this)}</div>`;
    }
  }

  protected override updated(): void { tick(); }

  private go(step: Step): void {
    if (this.step === step) return;
    this.step = step;
    this.requestUpdate();
    void this.updateComplete.then(() => this.querySelector<HTMLElement>("h1[tabindex]")?.focus());
  }

  // What the server says

  private take(state: RoomState): void {
    if (this.step === "over") return;
    this.state = state;
    setClock(state.now);
    this.lines = merge(this.lines, state.chat);
    if (isOver(state.status)) return this.over();
    if (state.myState === "Removed") return this.removed();
    if (this.step === "lobby" && (state.myState === "Admitted" || state.myState === "InCall")) {
      void chime("waiting");
      flashTitle(t("You are let in"));
      void this.enterCall().catch(() => {}); // the next state tries again
    }
    if (this.step === "call") this.mesh?.follow(this.others.map((person) => person.id));
    if (this.isHost) this.doorbell.follow(this.waiting);
    this.requestUpdate();
  }

  private lineBack(): void {
    connectionBack();
    if (this.step === "lobby") void this.line.wait().catch(() => {});
    if (this.step !== "call") return;
    void this.line.joinCall().catch(() => {});
    this.mediaSaid = "";
    this.mediaChanged();
    this.mesh?.revive();
  }

  // What this person does

  async join(): Promise<void> {
    this.joining = true;
    this.requestUpdate();
    try {
      // Whoever was admitted once and left may come straight back; the server decides.
      const mayEnter = this.isHost || ["Admitted", "InCall", "Left"].includes(this.state?.myState ?? "");
      if (!mayEnter || !(await this.enterCall().then(() => true, (problem: unknown) => this.mustWait(problem)))) {
        await this.line.wait();
        this.go("lobby");
        if (this.state) this.take(this.state); // admitted while we asked
      }
    } catch {
      toast({ key: "join", text: t("The room did not answer. Wait for the connection, then try again."), icon: "warning" });
    } finally {
      this.joining = false;
      this.requestUpdate();
    }
  }

  private mustWait(problem: unknown): false {
    if (this.isHost || !String(problem).includes("not-admitted")) throw problem;
    return false;
  }

  async rejoin(): Promise<void> {
    void this.media.open();
    await this.join();
  }

  private async enterCall(): Promise<void> {
    const state = this.state;
    if (!state) throw new Error("not connected");
    this.mesh?.close();
    this.mesh = new Mesh(state.me, this.media, () => this.state!.iceServers, (to, json) => this.line.signal(to, json), () => this.requestUpdate());
    const before = this.step;
    this.go("call");
    if (!this.awake) stayAwake();
    this.awake = true;
    try {
      await this.line.joinCall();
    } catch (problem) {
      this.mesh.close();
      this.mesh = undefined;
      this.go(before);
      throw problem;
    }
    this.mediaSaid = "";
    this.mediaChanged();
    this.mesh.follow(this.others.map((person) => person.id));
  }

  private mediaChanged(): void {
    this.requestUpdate();
    if (this.step !== "call") return;
    this.mesh?.show();
    const said = JSON.stringify(this.media.state);
    if (said === this.mediaSaid) return;
    this.mediaSaid = said;
    this.line.media(this.media.state);
  }

  toggleMic(): void { void this.media.setMic(!this.media.state.mic); }
  toggleCamera(): void { void this.media.setCamera(!this.media.state.camera); }

  toggleScreen(): void {
    if (this.media.state.screen) this.media.unshare();
    else void this.media.share().catch(() => {}); // the person closed the browser's question
  }

  setSpeaker(device: string): void {
    this.media.speaker = device;
    this.requestUpdate();
  }

  play(video: HTMLVideoElement): void {
    const sink = video as HTMLVideoElement & { setSinkId?(id: string): Promise<void> };
    if (this.media.speaker) void sink.setSinkId?.(this.media.speaker).catch(() => {});
    video.play().catch((problem: unknown) => {
      if ((problem as DOMException).name !== "NotAllowedError") return;
      this.silent = true;
      this.requestUpdate();
    });
  }

  hear(): void {
    this.silent = false;
    for (const video of this.querySelectorAll<HTMLVideoElement>(".tile video")) void video.play().catch(() => {});
    this.requestUpdate();
  }

  async admit(person: RoomPerson): Promise<void> {
    dismiss(person.id);
    await this.line.admit(person.id).catch(() =>
      toast({ key: "admit", text: t("{0} could not be admitted. Try again.", person.name), icon: "warning" }));
  }

  async remove_(person: RoomPerson): Promise<void> {
    const sure = await confirm(t("Remove {0} from the visit?", person.name), t("They are cut off at once and cannot come back by themselves."), t("Remove"));
    if (sure) await this.line.remove(person.id).catch(() => {});
  }

  async leave(): Promise<void> {
    this.hangUp();
    this.go("left");
    await this.line.leaveCall().catch(() => {});
  }

  async end(): Promise<void> {
    const title = this.facts.patient ? t("End the visit with {0}?", this.facts.patient) : t("End the visit?");
    const sure = await confirm(title, t("Everybody leaves the room at once and its links stop working. This cannot be undone."), t("End visit"));
    if (!sure) return;
    try {
      await this.line.endVisit();
      this.over();
    } catch (problem) {
      const early = String(problem).includes("visit-not-begun");
      toast({ key: "end", icon: "warning", text: early
        ? t("The visit has not begun, so there is nothing to end. Leave the room instead.")
        : t("The visit could not be ended. Try again.") });
    }
  }

  /** A frame of the EHR may lack camera permission or cookies; a window of its own has them. */
  async ownWindow(): Promise<void> {
    const opened = await openOwnWindow(this.facts.sid);
    if (opened === null) {
      toast({ key: "window", text: t("The window could not be opened. Start again from your chart."), icon: "warning" });
    } else if (typeof opened === "string") {
      this.windowLink = opened;
      this.requestUpdate();
    } else {
      this.hangUp();
      this.go("moved");
    }
  }

  back(): void {
    void this.media.open();
    this.go("check");
  }

  private hangUp(): void {
    this.mesh?.close();
    this.mesh = undefined;
    this.media.close();
  }

  private removed(): void {
    this.hangUp();
    void this.line.close();
    this.go("removed");
  }

  private over(): void {
    if (this.step === "over") return;
    this.hangUp();
    this.doorbell.follow([]);
    void this.line.close();
    connectionBack();
    this.go("over");
  }

  // Beside the stage

  openTab(tab: "people" | "chat"): void {
    this.tab = tab;
    this.panelOpen = true;
    if (tab === "chat") this.unread = 0;
    this.requestUpdate();
    if (tab === "chat") void this.updateComplete.then(() => this.scrollChat());
  }

  togglePanel(tab: "people" | "chat"): void {
    if (this.panelOpen && this.tab === tab) this.closePanel();
    else this.openTab(tab);
  }

  closePanel(): void {
    this.panelOpen = false;
    this.requestUpdate();
  }

  moveTab(event: KeyboardEvent): void {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    this.openTab(this.tab === "people" ? "chat" : "people");
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`#tab-${this.tab}`)?.focus());
  }

  async say(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const input = (event.target as HTMLFormElement).elements.namedItem("text") as HTMLInputElement;
    const text = input.value.trim();
    if (!text) return;
    try {
      await this.line.chat(text);
      input.value = ""; // kept until it is sent
    } catch {
      toast({ key: "chat", text: t("Not sent. Your text is kept; try again when the connection is back."), icon: "warning" });
    }
  }

  private hearChat(line: ChatLine): void {
    this.lines = merge(this.lines, [line]);
    const reading = this.step === "call" && this.panelOpen && this.tab === "chat";
    if (!reading && line.from !== this.state?.me) this.unread++;
    this.requestUpdate();
    void this.updateComplete.then(() => this.scrollChat());
  }

  private scrollChat(): void {
    const lines = this.querySelector(".lines");
    lines?.scrollTo({ top: lines.scrollHeight });
  }

  private meter(): void {
    const meter = this.querySelector("meter");
    if (meter) meter.value = this.media.level();
  }

}

function merge(known: ChatLine[], more: ChatLine[]): ChatLine[] {
  const all = new Map([...known, ...more].map((line) => [line.id, line]));
  return [...all.values()].sort((a, b) => a.at.localeCompare(b.at));
}

await wordsReady;
customElements.define("ht-room", HtRoom);
