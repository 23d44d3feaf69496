// The huddle's screen: pages of as many rows as fit, one after another; a clock; how old it is, said when it is old.
import { t } from "../Frame/words.js";

const turn = 12_000;
const stale = 150_000;

export function wall(root: HTMLElement): void {
  let first = 0;
  let shown = performance.now();
  const zone = document.body.dataset.zone;
  const rows = () => [...root.querySelectorAll<HTMLElement>("tr[data-row]")];

  const page = () => {
    const all = rows();
    for (const row of all) row.hidden = false;
    // As large as the columns leave room for; a view of fewer columns is read from farther away.
    const table = root.querySelector<HTMLElement>(".grid");
    if (table) table.style.fontSize = "";
    for (let size = 1; table && size > 0.6 && table.scrollWidth > table.parentElement!.clientWidth + 1; size -= 0.08) table.style.fontSize = `${size}rem`;
    const top = all[0]?.getBoundingClientRect().top ?? 0;
    let last = first;
    let room = innerHeight - top - 8;
    while (last < all.length && (room -= all[last]!.offsetHeight) > 0) last++;
    last = Math.max(last, first + 1);
    all.forEach((row, i) => { row.hidden = i < first || i >= last; });
    document.querySelector("[data-wall-page]")!.textContent = all.length > last - first ? t("{0} to {1} of {2}", first + 1, Math.min(last, all.length), all.length) : "";
    return last >= all.length ? 0 : last;
  };
  let next = page();
  setInterval(() => { first = next; next = page(); }, turn);
  addEventListener("resize", () => { first = 0; next = page(); });

  const clock = () => {
    document.querySelector("[data-wall-clock]")!.textContent = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(new Date());
    document.body.classList.toggle("stale", performance.now() - shown > stale);
  };
  clock();
  setInterval(clock, 1000);

  const look = async () => {
    const url = new URL(location.href);
    url.searchParams.set("part", "grid");
    const answer = await fetch(url, { redirect: "manual" }).catch(() => null);
    if (answer?.type === "opaqueredirect") { location.reload(); return; }
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector<HTMLElement>("[data-grid]");
    if (!fresh) return;
    root.replaceChildren(document.adoptNode(fresh));
    shown = performance.now();
    document.querySelector("[data-wall-shown]")!.textContent = fresh.dataset.shown ?? "";
    first = Math.min(first, Math.max(0, rows().length - 1));
    next = page();
  };
  let asked: ReturnType<typeof setTimeout> | undefined;
  const soon = () => { clearTimeout(asked); asked = setTimeout(() => void look(), 500); };
  document.addEventListener("ht-change", (event) => { if ((event as CustomEvent<{ subject: string }>).detail.subject === `list/${root.dataset.wall}`) soon(); });
  document.addEventListener("ht-return", soon);
  setInterval(() => void look(), 60_000);
}
