/** A phone that falls asleep in the call is gone. The browser lets go of the lock with every change of tab. */
export function stayAwake(): void {
  const again = () => { if (!document.hidden) void navigator.wakeLock?.request("screen").catch(() => {}); };
  again();
  document.addEventListener("visibilitychange", again);
}
