const lost = document.getElementById('lost');

// Keeps the parts marked data-fragment fresh. What did not change is left alone, and nothing moves under a hand:
// while somebody is inside (a menu open, a button focused), only the states marked data-live are renewed.
for (const part of document.querySelectorAll('[data-fragment]')) {
  let shown = null;
  const refresh = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(part.dataset.fragment, { cache: 'no-store' });
        if (!answer.ok) throw new Error(answer.status);
        const fresh = await answer.text();
        if (fresh !== shown && renew(part, fresh)) shown = fresh;
        lost.hidden = true;
      } catch {
        lost.textContent ||= `Connection lost, showing ${new Date().toTimeString().slice(0, 5)}, retrying`;
        lost.hidden = false;
      }
      if (lost.hidden) lost.textContent = '';
    }
    setTimeout(refresh, Number(part.dataset.every));
  };
  setTimeout(refresh, Number(part.dataset.every));
}

function renew(part, markup) {
  const fresh = document.createElement('template');
  fresh.innerHTML = markup;
  const live = root => new Map([...root.querySelectorAll('[data-live]')].map(e => [e.dataset.live, e]));
  const [before, after] = [live(part), live(fresh.content)];
  const changed = [...after.values()].filter(e => before.has(e.dataset.live) && before.get(e.dataset.live).innerHTML !== e.innerHTML);
  const busy = part.querySelector('details[open]') || part.contains(document.activeElement);
  if (busy) for (const e of changed) before.get(e.dataset.live).innerHTML = e.innerHTML;
  else part.replaceChildren(fresh.content);
  const now = live(part);
  for (const { dataset } of changed) {
    const e = now.get(dataset.live);
    e.classList.add('fresh');
    setTimeout(() => e.classList.remove('fresh'), 2000);
  }
  return !busy;
}

// One menu at a time, and Escape closes it and gives the focus back.
document.addEventListener('toggle', e => {
  if (e.target.matches?.('details[open]')) for (const d of document.querySelectorAll('details[open]')) if (d !== e.target) d.open = false;
}, true);
document.addEventListener('keydown', e => {
  const open = e.key === 'Escape' && document.querySelector('details[open]');
  if (open) { open.open = false; open.querySelector('summary').focus(); }
});
