// j and k walk through [data-row] inside [data-list]; the focus comes back to its place after a swap.

function links() {
  return [...document.querySelectorAll("[data-list] [data-row]")].map((row) => row.querySelector("a")).filter(Boolean);
}

function place() {
  return links().findIndex((link) => link.closest("[data-row]").contains(document.activeElement));
}

/** The row in focus, or the first one. */
export function currentRow() {
  const all = links();
  return all[Math.max(0, place())]?.closest("[data-row]");
}

/** Move the focus by one row, down (1) or up (-1). */
export function move(step) {
  const all = links();
  if (!all.length) return;
  const at = place();
  const entry = step > 0 ? 0 : all.length - 1;
  const next = at < 0 ? entry : Math.min(all.length - 1, Math.max(0, at + step));
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
}

export function startLists() {
  let before = -1;
  document.addEventListener("htmx:beforeSwap", () => {
    before = place();
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (before < 0 || document.activeElement !== document.body) return;
    const all = links();
    all[Math.min(before, all.length - 1)]?.focus();
  });
}
