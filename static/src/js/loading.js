// A thin line after 300 ms (the style sheet's delay), words after 3 s.
import { announce } from "./toasts.js";

const WORDS_AFTER = 3000;
let open = 0;
let words;

function began() {
  open += 1;
  document.documentElement.classList.add("is-loading");
  clearTimeout(words);
  words = setTimeout(() => announce("Still working on it."), WORDS_AFTER);
}

function ended() {
  open = Math.max(0, open - 1);
  if (open) return;
  clearTimeout(words);
  document.documentElement.classList.remove("is-loading");
}

export function startLoading() {
  document.addEventListener("htmx:beforeRequest", began);
  document.addEventListener("htmx:afterRequest", ended);
  window.addEventListener("pageshow", () => {
    open = 0;
    ended();
  });
}
