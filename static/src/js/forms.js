// Forms are sent once, with Ctrl+Enter too, and tell what file was chosen.

function busy(form, submitter, on) {
  form.toggleAttribute("data-sending", on);
  if (!submitter) return;
  if (on) submitter.setAttribute("aria-busy", "true");
  else submitter.removeAttribute("aria-busy");
}

function sendOnce(event) {
  const form = event.target;
  if (form.method === "dialog" || form.target === "_blank" || form.hasAttribute("data-download")) return;
  if (form.hasAttribute("data-sending")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  busy(form, event.submitter, true);
}

function release(form) {
  busy(form, null, false);
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
}

function submitByKey(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("form");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button[type=submit], button:not([type])"));
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function showChosen(input) {
  const line = input.closest(".upload")?.querySelector(".upload-chosen");
  if (!line) return;
  const [file] = input.files;
  const limit = Number(input.dataset.maxBytes) || Infinity;
  const tooLarge = file && file.size > limit;
  input.setCustomValidity(tooLarge ? `This file has ${size(file.size)}; at most ${size(limit)} can be sent.` : "");
  line.textContent = file ? `${file.name}, ${size(file.size)}` : "";
  if (tooLarge) input.reportValidity();
}

function watchDrag(event) {
  const box = event.target.closest?.(".upload");
  box?.classList.toggle("is-over", event.type === "dragover");
}

// A field is judged when one leaves it, not while one types.
function judge(event) {
  const field = event.target;
  if (!field.matches?.(".form-control, .form-select") || field.value === "") return;
  if (field.checkValidity()) field.removeAttribute("aria-invalid");
  else field.setAttribute("aria-invalid", "true");
}

export function startForms() {
  document.addEventListener("submit", sendOnce, true);
  document.addEventListener("keydown", submitByKey);
  document.addEventListener("focusout", judge);
  document.addEventListener("change", ({ target }) => {
    if (target.matches?.('input[type="file"]')) showChosen(target);
    if (target.matches?.("[data-submit-on-change]")) target.form.requestSubmit();
  });
  for (const type of ["dragover", "dragleave", "drop"]) document.addEventListener(type, watchDrag);
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const form = detail.elt?.closest?.("form");
    if (form) release(form);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(release));
}
