// Lines that are ticked and what is done with them; the keys x, s, a and r of the inbox.
import { currentRow } from "./lists.js";

function form() {
  return document.querySelector("form[data-picking]");
}

function ticks() {
  return [...(form()?.querySelectorAll('.item-tick input[type="checkbox"]') ?? [])];
}

function count() {
  const words = document.querySelector("[data-picked-count]");
  if (!words) return;
  const number = ticks().filter((tick) => tick.checked).length;
  words.textContent = number ? `${number} ticked` : "With the ticked ones:";
}

function tickOf(row) {
  return row?.querySelector('.item-tick input[type="checkbox"]');
}

// The line in focus, unless some are ticked already.
function pickCurrent() {
  if (ticks().some((tick) => tick.checked)) return true;
  const tick = tickOf(currentRow());
  if (!tick) return false;
  tick.checked = true;
  count();
  return true;
}

/** Tick the line in focus, or take its tick away. */
export function togglePick() {
  const tick = tickOf(currentRow());
  if (!tick) return;
  tick.checked = !tick.checked;
  count();
}

/** Go to where the ticked lines are put off until. */
export function snoozePicked() {
  if (pickCurrent()) form().querySelector('select[name="until"]')?.focus();
}

/** Look at the ticked decisions together, each answered with `outcome` beforehand; nothing is decided yet. */
export function reviewPicked(outcome) {
  const button = form()?.querySelector("[data-pick-review]");
  if (!button || !pickCurrent()) return false;
  button.value = outcome;
  form().requestSubmit(button);
  return true;
}

export function startPicking() {
  document.addEventListener("change", ({ target }) => target.closest?.(".item-tick") && count());
  document.addEventListener("live:changed", count);
  window.addEventListener("pageshow", count);
}
