// What two people changed at once, field by field, with both values and a choice.
import { snippet } from "./document.js";
import { freshId, h } from "./dom.js";
import { getIn, isObject, nameOf, readPath } from "./paths.js";

/** Show the conflicts; calls `onChosen` with mine or theirs by id. */
export function askAboutConflicts(store, conflicts, onChosen) {
  const title = freshId("conflict");
  const fields = conflicts.map((conflict) => drawConflict(store, conflict));
  const form = h(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        const choices = Object.fromEntries(fields.map(({ id, chosen }) => [id, chosen()]));
        dialog.close();
        onChosen(choices);
      },
    },
    fields.map(({ element }) => element),
    h("div", { class: "button-row" }, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, "Later"), h("button", { type: "submit", class: "btn btn-primary" }, "Save with these")),
  );
  const dialog = h(
    "dialog",
    { class: "conflicts", "aria-labelledby": title },
    h("h2", { id: title }, conflicts.length === 1 ? "Somebody changed the same thing" : `Somebody changed the same ${conflicts.length} things`),
    h("p", {}, "Everything else is brought together by itself. Choose what holds here; nothing is saved before you do."),
    form,
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function drawConflict(store, conflict) {
  const name = freshId("choice");
  const option = (side, label) => {
    const id = freshId("side");
    return h("label", { class: "conflict-side", for: id }, h("input", { type: "radio", name, id, value: side, checked: side === "theirs", required: true }), h("span", { class: "conflict-label" }, label), h("pre", { class: "code" }, show(conflict, side, store)));
  };
  const element = h(
    "fieldset",
    { class: "conflict" },
    h("legend", {}, whereWords(store, conflict)),
    option("mine", "Yours"),
    option("theirs", "Saved by somebody else"),
    !conflict.absent.includes("base") && h("details", { class: "fold" }, h("summary", {}, "What it was before"), h("pre", { class: "code" }, show(conflict, "base", store))),
  );
  return { id: conflict.id, element, chosen: () => element.querySelector("input:checked").value };
}

function whereWords(store, { step, path }) {
  const place = step ? store.place(step) : null;
  const what = step ? `“${place ? nameOf(place.step) : step}”` : "The workflow";
  if (!path) return `${what}: whether it stays`;
  if (path === "~place") return `${what}: where it stands`;
  if (path === "~structure") return "Steps in a branch that one of you removed";
  if (path.endsWith("~order")) return `${what}: the order of its steps`;
  const schema = place ? store.kinds[place.step.kind] : store.schema;
  return `${what}: ${titlesOf(schema, readPath(path)).join(" · ")}`;
}

function titlesOf(schema, path) {
  const titles = [];
  let held = schema;
  for (const part of path) {
    if (typeof part === "number") {
      titles.push(String(part + 1));
      held = held?.items;
    } else {
      held = (held?.properties ?? held?.oneOf?.find((one) => one.properties)?.properties)?.[part];
      titles.push(held?.title ?? part);
    }
  }
  return titles;
}

function show(conflict, side, store) {
  if (conflict.absent.includes(side)) return "(removed, or not there)";
  const value = conflict[side];
  if (conflict.path === "~place") return placeWords(value, store);
  if (conflict.path === "~structure") return isObject(value) && Object.keys(value).length ? Object.keys(value).join(", ") : "(removed)";
  if (Array.isArray(value) && conflict.path.endsWith("~order")) return value.map((id, index) => `${index + 1}. ${nameOf(store.place(id)?.step ?? { id })}`).join("\n");
  return typeof value === "string" ? value : snippet(value);
}

function placeWords([owner, slot], store) {
  const place = owner ? store.place(owner) : null;
  return place ? `In “${nameOf(place.step)}”, ${String(getIn(place.step, ["labels"]) ?? slot)}` : "In the workflow itself";
}
