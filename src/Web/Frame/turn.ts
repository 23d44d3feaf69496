/** The next and the previous of what is looked at one by one (links with rel): by a swipe, the arrows or their buttons. */
export function turns(root: HTMLElement): void {
  const to = (rel: string) => root.querySelector<HTMLAnchorElement>(`[rel=${rel}]`)?.click();
  let from: Touch | undefined;
  root.addEventListener("touchstart", (event) => { from = event.touches.length === 1 ? event.touches[0] : undefined; }, { passive: true });
  root.addEventListener("touchend", (event) => {
    const end = event.changedTouches[0];
    if (!from || !end) return;
    const [x, y] = [end.clientX - from.clientX, end.clientY - from.clientY];
    if (Math.abs(x) > 80 && Math.abs(x) > 2 * Math.abs(y)) to(x < 0 ? "next" : "prev");
  }, { passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || (event.target as Element).matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
    if (event.key === "ArrowRight") to("next");
    if (event.key === "ArrowLeft") to("prev");
  });
}
