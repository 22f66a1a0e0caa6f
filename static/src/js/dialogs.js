// A command that asks for a reason: <details class="ask"> in the page becomes a modal dialog.

function openAsk(ask) {
  const panel = ask.querySelector(".ask-panel");
  const dialog = document.createElement("dialog");
  const title = panel.querySelector("h2");
  if (title) {
    title.id ||= `ask-${Math.random().toString(36).slice(2)}`;
    dialog.setAttribute("aria-labelledby", title.id);
  }
  dialog.append(panel);
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    if (ask.isConnected) ask.append(panel);
    dialog.remove();
    ask.querySelector("summary")?.focus();
  });
  dialog.showModal();
}

function onClick(event) {
  const ask = event.target.closest?.(".ask > summary");
  if (ask) {
    event.preventDefault();
    openAsk(ask.parentElement);
    return;
  }
  const opener = event.target.closest?.("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  const closer = event.target.closest?.("[data-closes]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog")?.close();
  }
  if (event.target.matches?.("dialog")) event.target.close();
  for (const menu of document.querySelectorAll("details.user-menu[open], details.more-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}

export function startDialogs() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.user-menu[open], details.more-menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.successful) detail.elt.closest?.("dialog")?.close();
  });
}
