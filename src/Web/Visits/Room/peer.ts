// One connection to one other person. The one with the smaller id makes the offers that open the connection
// ("ask" → "hello" → offer); later offers follow perfect negotiation: the other one gives way.
// Each side numbers its connections: what belongs to an older one (a reload, a restart) is dropped.
import type { LocalMedia } from "./devices.js";

export type Quality = "connecting" | "good" | "poor" | "lost";

type Message =
  | { k: "ask" }
  | { k: "hello"; s: string }
  | { k: "description"; s: string; to: string; d: RTCSessionDescriptionInit }
  | { k: "candidate"; s: string; to: string; c: RTCIceCandidateInit | null };

const patience = 3_000;
const limit = 12_000;

export class Peer {
  readonly id: string;
  readonly stream = new MediaStream();
  pc: RTCPeerConnection | undefined;
  quality: Quality = "connecting";
  private readonly offers: boolean;
  private readonly media: LocalMedia;
  private readonly ice: () => RTCIceServer[];
  private readonly say: (json: string) => void;
  private readonly changed: () => void;
  private mine = crypto.randomUUID();
  private theirs = "";
  private makingOffer = false;
  private ignoring = false;
  private work: Promise<void> = Promise.resolve();
  private openedAt = -Infinity;
  private unwellSince: number | undefined;
  private restarted = false;
  private lossBefore = { lost: 0, received: 0 };
  private readonly pulse: ReturnType<typeof setInterval>;

  constructor(me: string, id: string, media: LocalMedia, ice: () => RTCIceServer[], say: (json: string) => void, changed: () => void) {
    this.id = id;
    this.offers = me < id;
    this.media = media;
    this.ice = ice;
    this.say = say;
    this.changed = changed;
    this.pulse = setInterval(() => void this.check(), 2000);
    this.greet();
  }

  /** Also after the line to the server was lost, since what was said meanwhile is lost too. */
  greet(): void {
    this.send(this.offers ? { k: "ask" } : { k: "hello", s: this.mine });
  }

  take(json: string): void {
    const message = JSON.parse(json) as Message;
    this.work = this.work.then(() => this.handle(message)).catch(() => {});
  }

  /** Sends what this person shows and says now; no new negotiation is needed. */
  async show(): Promise<void> {
    for (const transceiver of this.pc?.getTransceivers() ?? []) {
      if (transceiver.currentDirection === "stopped") continue;
      const track = transceiver.receiver.track.kind === "audio" ? this.media.mic : this.media.picture;
      if (transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track).catch(() => {});
    }
  }

  close(): void {
    clearInterval(this.pulse);
    this.drop();
  }

  private async handle(message: Message): Promise<void> {
    switch (message.k) {
      case "ask":
        if (!this.offers) this.greet();
        return;
      case "hello":
        if (!this.offers || (this.pc && this.theirs === message.s && this.well())) return;
        this.theirs = message.s;
        this.mine = crypto.randomUUID();
        this.connect();
        this.pc!.addTransceiver("audio", { direction: "sendrecv" });
        this.pc!.addTransceiver("video", { direction: "sendrecv" });
        await this.show();
        return;
      case "description":
        if (message.to === this.mine) await this.describe(message.s, message.d);
        return;
      case "candidate":
        if (message.to !== this.mine || message.s !== this.theirs || !this.pc) return;
        await this.pc.addIceCandidate(message.c ?? undefined).catch((problem: unknown) => { if (!this.ignoring) throw problem; });
    }
  }

  private async describe(from: string, description: RTCSessionDescriptionInit): Promise<void> {
    if (from !== this.theirs) {
      if (this.offers) return;
      this.theirs = from;
      this.connect();
    }
    const pc = this.pc!;
    const collision = description.type === "offer" && (this.makingOffer || pc.signalingState !== "stable");
    this.ignoring = this.offers && collision;
    if (this.ignoring) return;
    await pc.setRemoteDescription(description);
    if (description.type !== "offer") return;
    for (const transceiver of pc.getTransceivers()) transceiver.direction = "sendrecv";
    await this.show();
    await pc.setLocalDescription();
    this.send({ k: "description", s: this.mine, to: this.theirs, d: pc.localDescription! });
  }

  private connect(): void {
    this.drop();
    const pc = new RTCPeerConnection({ iceServers: this.ice(), bundlePolicy: "max-bundle" });
    this.pc = pc;
    this.makingOffer = this.ignoring = false;
    this.openedAt = this.unwellSince = performance.now();
    this.restarted = false;
    this.lossBefore = { lost: 0, received: 0 };
    pc.ontrack = ({ track }) => {
      for (const old of this.stream.getTracks()) if (old.kind === track.kind) this.stream.removeTrack(old);
      this.stream.addTrack(track);
      track.onunmute = track.onmute = () => this.changed();
      this.changed();
    };
    pc.onicecandidate = ({ candidate }) =>
      this.send({ k: "candidate", s: this.mine, to: this.theirs, c: candidate?.toJSON() ?? null });
    pc.onnegotiationneeded = async () => {
      try {
        this.makingOffer = true;
        await pc.setLocalDescription();
        if (pc.localDescription && this.pc === pc) this.send({ k: "description", s: this.mine, to: this.theirs, d: pc.localDescription });
      } catch {
        // Closed meanwhile.
      } finally {
        this.makingOffer = false;
      }
    };
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === "failed") this.restart();
      void this.check();
    };
  }

  private drop(): void {
    if (!this.pc) return;
    this.pc.ontrack = this.pc.onicecandidate = this.pc.onnegotiationneeded = this.pc.onconnectionstatechange = null;
    this.pc.close();
    this.pc = undefined;
    for (const track of this.stream.getTracks()) this.stream.removeTrack(track);
  }

  private well(): boolean {
    return this.pc?.connectionState === "connected" || // or still young
      performance.now() - this.openedAt < patience;
  }

  /** New paths for the same connection. */
  private restart(): void {
    this.restarted = true;
    this.pc?.restartIce();
  }

  private async check(): Promise<void> {
    const pc = this.pc;
    if (!pc) return;
    if (pc.connectionState === "connected") {
      this.unwellSince = undefined;
      this.restarted = false;
      this.become(await this.measure(pc));
      return;
    }
    this.unwellSince ??= performance.now();
    const unwell = performance.now() - this.unwellSince;
    this.become(pc.connectionState === "new" || pc.connectionState === "connecting" ? "connecting" : "lost");
    if (unwell > limit) {
      // Start anew: the offering side asks, the other shows itself under a new number.
      this.unwellSince = performance.now();
      this.restarted = false;
      if (!this.offers) this.mine = crypto.randomUUID();
      this.greet();
    } else if (unwell > patience && !this.restarted && pc.connectionState === "disconnected") {
      this.restart();
    }
  }

  private async measure(pc: RTCPeerConnection): Promise<Quality> {
    let trip = 0;
    let lost = 0;
    let received = 0;
    for (const report of (await pc.getStats()).values()) {
      if (report.type === "candidate-pair" && report.nominated) trip = Math.max(trip, report.currentRoundTripTime ?? 0);
      if (report.type === "inbound-rtp") {
        lost += report.packetsLost ?? 0;
        received += report.packetsReceived ?? 0;
      }
    }
    const newlyLost = lost - this.lossBefore.lost;
    const newlyReceived = received - this.lossBefore.received;
    this.lossBefore = { lost, received };
    const share = newlyReceived + newlyLost > 20 ? newlyLost / (newlyReceived + newlyLost) : 0;
    return trip > 0.4 || share > 0.05 ? "poor" : "good";
  }

  private become(quality: Quality): void {
    if (this.quality === quality) return;
    this.quality = quality;
    this.changed();
  }

  private send(message: Message): void { this.say(JSON.stringify(message)); }
}
