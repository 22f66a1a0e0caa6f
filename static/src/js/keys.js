// Single keys, as the help dialog lists them. Not while somebody types.
import { move } from "./lists.js";

const WAIT_FOR_SECOND_KEY = 1200;
let goPressedAt = -Infinity;

function typing(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function go(key) {
  document.querySelector(`a[data-go="${CSS.escape(key)}"]`)?.click();
}

const commands = {
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => document.getElementById("keys-help")?.showModal(),
  j: () => move(1),
  k: () => move(-1),
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
