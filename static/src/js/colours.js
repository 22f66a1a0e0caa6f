// A picker beside each text field for a colour; both say the same.

const READABLE = /^#[0-9a-f]{6}$/i;

function addPicker(field) {
  if (field.closest(".colour-row")) return;
  const row = document.createElement("div");
  row.className = "colour-row";
  field.before(row);
  const picker = document.createElement("input");
  picker.type = "color";
  picker.className = "form-control";
  const label = document.querySelector(`label[for="${field.id}"]`);
  picker.setAttribute("aria-label", `Pick: ${label ? label.firstChild.textContent.trim() : "colour"}`);
  // A field that is left empty takes the colour of the first one.
  const follow = () => {
    const first = field.form?.querySelector("input[data-colour]");
    const shown = field.value === "" ? first?.value : field.value;
    if (READABLE.test(shown)) picker.value = shown;
  };
  row.append(field, picker);
  follow();
  picker.addEventListener("input", () => {
    field.value = picker.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.form?.addEventListener("input", follow);
}

export function startColours() {
  document.querySelectorAll("input[data-colour]").forEach(addPicker);
}
