// Lists that stay true while the page is open: [data-live=address] is asked for again every [data-every] seconds with
// the ETag of what it shows. 304 costs the server one statement and changes nothing here. What is ticked stays ticked,
// the focus stays on its line, and nothing is asked while the page is hidden or a dialog is open.
import { announce } from "./toasts.js";

function place(box) {
  const focused = document.activeElement;
  if (!box.contains(focused)) return () => {};
  const link = focused.closest("[data-row]")?.querySelector("a")?.getAttribute("href");
  const name = focused.getAttribute("name");
  return (fresh) => {
    const lines = [...fresh.querySelectorAll("[data-row]")];
    const line = lines.find((one) => one.querySelector("a")?.getAttribute("href") === link);
    const again = line?.querySelector("a") ?? (name ? fresh.querySelector(`[name="${CSS.escape(name)}"]`) : null);
    again?.focus({ preventScroll: true });
  };
}

function ticked(box) {
  const values = new Set([...box.querySelectorAll('input[type="checkbox"]:checked')].map(({ value }) => value));
  return (fresh) => {
    for (const tick of fresh.querySelectorAll('input[type="checkbox"]')) tick.checked = values.has(tick.value);
  };
}

function exchange(box, text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById(box.id);
  if (!fresh) return;
  const focusAgain = place(box);
  const tickAgain = ticked(box);
  const before = box.querySelector("h1")?.textContent;
  const node = document.importNode(fresh, true);
  box.replaceWith(node);
  tickAgain(node);
  focusAgain(node);
  const after = node.querySelector("h1")?.textContent;
  if (after && after !== before) announce(after);
  document.dispatchEvent(new CustomEvent("live:changed"));
}

function isBusy(box) {
  const field = document.activeElement?.closest('select, textarea, input:not([type="checkbox"])');
  return document.hidden || document.querySelector("dialog[open]") || (field && box.contains(field));
}

async function ask(id) {
  const box = document.getElementById(id);
  if (!box || isBusy(box)) return;
  const headers = { "HX-Request": "true", "HX-Target": id, "If-None-Match": box.dataset.etag };
  let answer;
  try {
    answer = await fetch(box.dataset.live, { headers, credentials: "same-origin" });
  } catch {
    return; // No connection: the next time will do.
  }
  if (answer.status !== 200) return;
  const text = await answer.text();
  if (box.isConnected && !isBusy(box)) exchange(box, text);
}

/** Ask now, such as after a command. */
export function refreshLive() {
  for (const box of document.querySelectorAll("[data-live]")) ask(box.id);
}

export function startLive() {
  for (const box of document.querySelectorAll("[data-live]")) setInterval(() => ask(box.id), box.dataset.every * 1000);
  document.addEventListener("visibilitychange", () => document.hidden || refreshLive());
}
