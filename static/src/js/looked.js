// Having looked is noted: form[data-looked] when its page is seen, the form beside a link with data-notice when that is
// followed. Opening an address alone (GET) notes nothing.

function send(form) {
  const headers = { "HX-Request": "true" };
  fetch(form.action, { method: "POST", body: new FormData(form), headers, keepalive: true }).catch(() => {});
}

export function startLooked() {
  document.querySelectorAll("form[data-looked]").forEach(send);
  document.addEventListener("click", ({ target }) => {
    const form = target.closest?.("a[data-notice]")?.closest("[data-row]")?.querySelector("form");
    if (form) send(form);
  });
}
