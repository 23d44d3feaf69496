// A frame of the EHR may lack the camera's permission; a window of its own has it, but not the frame's cookies:
// the server gives a one-time address that opens the same seat there.

/** The window; or the address, when the browser blocked it; or null, when the server refused. */
export async function openOwnWindow(sid: string): Promise<Window | string | null> {
  const opened = window.open("", "_blank"); // before waiting, or the browser takes it for a pop-up
  const token = document.querySelector<HTMLInputElement>("input[name=__RequestVerificationToken]")?.value ?? "";
  const answer = await fetch(`/room/${sid}/window`, { method: "POST", headers: { RequestVerificationToken: token } }).catch(() => null);
  const url = answer?.ok ? ours(((await answer.json()) as { url?: string }).url) : null;
  if (!url) opened?.close();
  if (!url || !opened) return url;
  opened.location.href = url;
  return opened;
}

function ours(said: string | undefined): string | null {
  const url = said ? new URL(said, location.origin) : null;
  return url?.origin === location.origin ? url.href : null;
}
