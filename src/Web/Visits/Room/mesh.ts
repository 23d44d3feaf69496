// Everybody in the call, connected to everybody else.
import type { LocalMedia } from "./devices.js";
import { Peer } from "./peer.js";

export class Mesh {
  readonly peers = new Map<string, Peer>();
  private readonly me: string;
  private readonly media: LocalMedia;
  private readonly ice: () => RTCIceServer[];
  private readonly say: (to: string, json: string) => void;
  private readonly changed: () => void;

  constructor(me: string, media: LocalMedia, ice: () => RTCIceServer[], say: (to: string, json: string) => void, changed: () => void) {
    this.me = me;
    this.media = media;
    this.ice = ice;
    this.say = say;
    this.changed = changed;
  }

  /** Connects to who came and lets go of who left. A lost line to the server is no reason to hang up. */
  follow(inCall: string[]): void {
    for (const [id, peer] of this.peers) {
      if (inCall.includes(id)) continue;
      peer.close();
      this.peers.delete(id);
    }
    for (const id of inCall) this.peer(id);
  }

  signal(from: string, json: string): void { this.peers.get(from)?.take(json); }

  /** After a gap in the line. */
  revive(): void { for (const peer of this.peers.values()) if (peer.quality !== "good" && peer.quality !== "poor") peer.greet(); }

  show(): void { for (const peer of this.peers.values()) void peer.show(); }

  close(): void { this.follow([]); }

  private peer(id: string): Peer {
    let peer = this.peers.get(id);
    if (!peer) {
      peer = new Peer(this.me, id, this.media, this.ice, (json) => this.say(id, json), this.changed);
      this.peers.set(id, peer);
    }
    return peer;
  }
}
