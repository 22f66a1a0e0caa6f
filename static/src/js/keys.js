// Single keys, as the help dialog lists them. Not while somebody types.
import { goToAnswer } from "./decisions.js";
import { move } from "./lists.js";
import { reviewPicked, snoozePicked, togglePick } from "./picking.js";

const WAIT_FOR_SECOND_KEY = 1200;
let goPressedAt = -Infinity;

function typing(target) {
  if (target.tagName === "INPUT") return !/^(checkbox|radio|button|submit)$/.test(target.type);
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName);
}

function go(key) {
  document.querySelector(`a[data-go="${CSS.escape(key)}"]`)?.click();
}

const commands = {
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => document.getElementById("keys-help")?.showModal(),
  j: () => move(1),
  k: () => move(-1),
  x: togglePick,
  s: snoozePicked,
  a: () => reviewPicked("approved") || goToAnswer("a"),
  c: () => goToAnswer("c"),
  r: () => reviewPicked("rejected") || goToAnswer("r"),
  g: () => {
    goPressedAt = performance.now();
  },
};

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (performance.now() - goPressedAt < WAIT_FOR_SECOND_KEY) {
      goPressedAt = -Infinity;
      go(event.key);
      return;
    }
    const command = commands[event.key];
    if (!command) return;
    event.preventDefault();
    command();
  });
}
