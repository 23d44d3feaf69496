// This person's camera, microphone and screen.
export type Trouble = "denied" | "none" | "busy" | "frame" | "insecure";
type Kind = "audio" | "video";

export class LocalMedia {
  mic: MediaStreamTrack | null = null;
  camera: MediaStreamTrack | null = null;
  screen: MediaStreamTrack | null = null;
  micOn = true;
  cameraOn = true;
  speaker = "";
  readonly trouble: Partial<Record<Kind, Trouble>> = {};
  devices: MediaDeviceInfo[] = [];
  asking = false;
  readonly preview = new MediaStream();
  private readonly chosen: Partial<Record<Kind, string>> = {};
  private readonly changed: () => void;
  private meter: { analyser: AnalyserNode; context: AudioContext; samples: Float32Array<ArrayBuffer> } | undefined;

  constructor(changed: () => void) {
    this.changed = changed;
    navigator.mediaDevices?.addEventListener?.("devicechange", () => void this.list());
  }

  /** What others are sent as picture: the screen while it is shared, else the camera. */
  get picture(): MediaStreamTrack | null { return this.screen ?? (this.cameraOn ? this.camera : null); }

  get state(): { mic: boolean; camera: boolean; screen: boolean } {
    return { mic: this.micOn && !!this.mic, camera: this.cameraOn && !!this.camera, screen: !!this.screen };
  }

  /** Asks once for both, then for each alone, so that one missing device does not cost the other. */
  async open(): Promise<void> {
    if (!navigator.mediaDevices?.getUserMedia) {
      this.trouble.audio = this.trouble.video = "insecure";
      this.changed();
      return;
    }
    this.asking = true;
    this.changed();
    try {
      const both = await navigator.mediaDevices.getUserMedia({ audio: this.wish("audio"), video: this.wish("video") });
      this.adopt(both);
      delete this.trouble.audio;
      delete this.trouble.video;
    } catch {
      await this.take("audio");
      await this.take("video");
    }
    this.asking = false;
    await this.list();
  }

  async choose(kind: Kind, device: string): Promise<void> {
    this.chosen[kind] = device;
    await this.take(kind);
    await this.list();
  }

  async setMic(on: boolean): Promise<void> {
    this.micOn = on;
    if (on && !this.mic) await this.take("audio");
    if (this.mic) this.mic.enabled = on;
    this.changed();
  }

  /** Off means off: the device is let go and its light goes out. */
  async setCamera(on: boolean): Promise<void> {
    this.cameraOn = on;
    if (on && !this.camera) await this.take("video");
    if (!on) this.drop("video");
    this.changed();
  }

  async share(): Promise<void> {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: false });
    this.screen = stream.getVideoTracks()[0] ?? null;
    if (this.screen) {
      this.screen.contentHint = "detail";
      this.screen.addEventListener("ended", () => this.unshare());
    }
    this.changed();
  }

  unshare(): void {
    this.screen?.stop();
    this.screen = null;
    this.changed();
  }

  close(): void {
    this.unshare();
    this.drop("audio");
    this.drop("video");
    void this.meter?.context.close().catch(() => {});
    this.meter = undefined;
  }

  /** 0 to 1, for the meter. */
  level(): number {
    if (!this.meter || !this.mic || !this.micOn) return 0;
    this.meter.analyser.getFloatTimeDomainData(this.meter.samples);
    const loudest = this.meter.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    return Math.min(1, loudest * 2);
  }

  of(kind: MediaDeviceKind): MediaDeviceInfo[] { return this.devices.filter((device) => device.kind === kind && device.deviceId); }

  private async take(kind: Kind): Promise<void> {
    try {
      this.adopt(await navigator.mediaDevices.getUserMedia({ [kind]: this.wish(kind) }));
      delete this.trouble[kind];
    } catch (problem) {
      this.drop(kind);
      this.trouble[kind] = reason(problem, kind);
    }
    this.changed();
  }

  private wish(kind: Kind): MediaTrackConstraints {
    const device = this.chosen[kind] ? { deviceId: { exact: this.chosen[kind] } } : {};
    return kind === "audio"
      ? { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true }
      : { ...device, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
  }

  private adopt(stream: MediaStream): void {
    for (const track of stream.getTracks()) {
      const kind = track.kind as Kind;
      if (kind === "video" && !this.cameraOn) { track.stop(); continue; }
      this.drop(kind);
      if (kind === "audio") this.mic = track;
      else this.camera = track;
      if (kind === "audio") track.enabled = this.micOn;
      this.preview.addTrack(track);
      track.addEventListener("ended", () => {
        if (this.mic !== track && this.camera !== track) return;
        this.drop(kind);
        this.trouble[kind] = "none";
        this.changed();
      });
      if (kind === "audio") this.listen(track);
    }
  }

  private drop(kind: Kind): void {
    const track = kind === "audio" ? this.mic : this.camera;
    if (kind === "audio") this.mic = null;
    else this.camera = null;
    if (!track) return;
    track.stop();
    this.preview.removeTrack(track);
  }

  private listen(track: MediaStreamTrack): void {
    void this.meter?.context.close().catch(() => {});
    try {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      analyser.fftSize = 512;
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      this.meter = { analyser, context, samples: new Float32Array(analyser.fftSize) };
      if (context.state === "suspended") addEventListener("pointerdown", () => void context.resume(), { once: true });
    } catch {
      this.meter = undefined;
    }
  }

  private async list(): Promise<void> {
    this.devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    this.changed();
  }
}

export const inFrame = (): boolean => window.top !== window;

function reason(problem: unknown, kind: Kind): Trouble {
  const name = problem instanceof DOMException ? problem.name : "";
  if (name === "NotFoundError" || name === "OverconstrainedError" || name === "DevicesNotFoundError") return "none";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return inFrame() && !frameAllows(kind) ? "frame" : "denied";
}

/** Chromium tells whether the EHR's frame passes the permission on; elsewhere a refusal in a frame is most likely that. */
function frameAllows(kind: Kind): boolean {
  const policy = (document as Document & { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
  return policy?.allowsFeature(kind === "audio" ? "microphone" : "camera") ?? false;
}
