// Short news in the corner, read out by screen readers. The server sends it as the htmx event "toast".

const SHOWN_FOR = 8000;

/** Tell people what happened: `tone` is neutral, info, success, warning or danger. */
export function toast(text, tone = "neutral") {
  const region = document.getElementById("toasts");
  if (!region || !text) return;
  const box = document.createElement("div");
  box.className = `toast tone-${tone}`;
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", "Dismiss");
  close.addEventListener("click", () => box.remove());
  box.append(words, close);
  region.append(box);
  if (tone !== "danger") setTimeout(() => box.remove(), SHOWN_FOR);
}

/** Say something to screen readers only. */
export function announce(text) {
  const region = document.getElementById("announcements");
  if (region) region.textContent = text;
}

export function startToasts() {
  document.addEventListener("toast", ({ detail }) => toast(detail.text ?? detail.value, detail.tone));
  document.addEventListener("htmx:sendError", () => toast("No connection. Nothing was changed; try again.", "danger"));
  document.addEventListener("htmx:responseError", ({ detail }) => {
    const expired = detail.xhr.status === 401 || detail.xhr.status === 403;
    const text = expired
      ? "You are signed out or may not do this. Reload the page; what you typed is kept."
      : "That did not work. Nothing was changed; reload the page and try again.";
    toast(text, "danger");
  });
}
