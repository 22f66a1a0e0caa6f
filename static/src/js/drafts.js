// What was typed into a form with data-keep="<name>" survives a reload or an expired session, in this tab only.

const prefix = "draft:";

function fields(form) {
  return [...form.elements].filter(
    (field) =>
      field.name &&
      !["password", "file", "hidden", "submit", "button"].includes(field.type) &&
      field.autocomplete !== "one-time-code",
  );
}

function keyOf(form) {
  return `${prefix}${location.pathname}:${form.dataset.keep}`;
}

function keep(form) {
  const values = fields(form).map(({ name, type, value, checked }) =>
    type === "checkbox" || type === "radio" ? [name, value, checked] : [name, value],
  );
  sessionStorage.setItem(keyOf(form), JSON.stringify(values));
}

function bringBack(form) {
  const kept = sessionStorage.getItem(keyOf(form));
  if (!kept || form.hasAttribute("data-restored")) return;
  form.setAttribute("data-restored", "");
  for (const [name, value, checked] of JSON.parse(kept)) {
    const field = fields(form).find((one) => one.name === name && (checked === undefined || one.value === value));
    if (!field) continue;
    if (checked !== undefined) field.checked = checked;
    else if (field.value === field.defaultValue || field.value === "") field.value = value;
  }
}

function bringAllBack(root) {
  root.querySelectorAll("form[data-keep]").forEach(bringBack);
}

// The page after a successful form names the draft it no longer needs.
function forgetFinished(root) {
  root.querySelectorAll("[data-forget-draft]").forEach(({ dataset }) => {
    const ending = `:${dataset.forgetDraft}`;
    Object.keys(sessionStorage)
      .filter((key) => key.startsWith(prefix) && key.endsWith(ending))
      .forEach((key) => sessionStorage.removeItem(key));
  });
}

export function startDrafts() {
  forgetFinished(document);
  bringAllBack(document);
  document.addEventListener("input", ({ target }) => {
    const form = target.form?.closest("form[data-keep]");
    if (form) keep(form);
  });
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    forgetFinished(target);
    bringAllBack(target);
  });
}
