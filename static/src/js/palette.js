// Ctrl+K: every place and command of the page by name.

function targets() {
  const links = [...document.querySelectorAll(".nav a[href], .page-actions a[href], [data-command]")];
  const named = links.map((link) => [link.dataset.command || link.querySelector("[data-label]")?.textContent.trim() || link.textContent.trim(), link]);
  return [...new Map(named).entries()].filter(([name]) => name);
}

function choice(name, link, dialog) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "nav-item";
  button.textContent = name;
  button.addEventListener("click", () => {
    dialog.close();
    link.click();
  });
  item.append(button);
  return item;
}

function fill(dialog) {
  const typed = dialog.querySelector("input").value.trim().toLowerCase();
  const found = targets().filter(([name]) => name.toLowerCase().includes(typed));
  dialog.querySelector("ul").replaceChildren(...found.map(([name, link]) => choice(name, link, dialog)));
}

function walk(event, dialog) {
  const buttons = [...dialog.querySelectorAll("ul button")];
  const at = buttons.indexOf(document.activeElement);
  if (event.key === "ArrowDown") buttons[Math.min(buttons.length - 1, at + 1)]?.focus();
  else if (event.key === "ArrowUp") (buttons[at - 1] ?? dialog.querySelector("input")).focus();
  else if (event.key === "Enter" && at < 0) buttons[0]?.click();
  else return;
  event.preventDefault();
}

export function startPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  dialog.addEventListener("input", () => fill(dialog));
  dialog.addEventListener("keydown", (event) => walk(event, dialog));
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (dialog.open || document.querySelector("dialog[open]")) return;
    dialog.querySelector("input").value = "";
    fill(dialog);
    dialog.showModal();
  });
}
