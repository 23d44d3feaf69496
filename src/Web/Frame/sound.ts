// Two short tones, made here: no file to load, nothing to autoplay. Browsers allow them after the first press or key.
let audio: AudioContext | undefined;

export async function chime(kind: "urgent" | "waiting"): Promise<void> {
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") await Promise.race([audio.resume(), new Promise((late) => setTimeout(late, 300))]);
    if (audio.state !== "running") return;
    const notes = kind === "urgent" ? [880, 880, 1175] : [659, 880];
    notes.forEach((note, i) => tone(audio!, note, audio!.currentTime + i * 0.18));
  } catch {
    // No sound device: the toast and the title say it.
  }
}

export function tone(context: AudioContext, frequency: number, at: number, length = 0.16, volume = 0.12): void {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(volume, at + 0.02);
  gain.gain.linearRampToValueAtTime(0, at + length);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + length + 0.02);
}

/** Storage may be refused inside a frame: then a preference lives as long as the page. */
const kept = new Map<string, string>();

export function remember(key: string, value: string): void {
  kept.set(key, value);
  try {
    localStorage.setItem(key, value);
  } catch { /* kept above */ }
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? kept.get(key) ?? null;
  } catch {
    return kept.get(key) ?? null;
  }
}
