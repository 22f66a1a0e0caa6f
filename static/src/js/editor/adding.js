// Choosing what to add, and where.
import { addStep } from "./commands.js";
import { freshId, h, icon } from "./dom.js";
import { blocksOf, getIn, nameOf } from "./paths.js";

const GROUPS = [["people", "People"], ["systems", "Systems and time"], ["data", "Rules and values"], ["flow", "Ways through"]];

/** Ask for a kind of step, then add it; `where` is the place asked for, others near it are offered, too. */
export function askForStep(store, where, onAdded) {
  const places = placesNear(store, where);
  const title = freshId("adding");
  const search = h("input", { class: "form-control", type: "search", "aria-label": "Search kinds of step", placeholder: "Search", oninput: () => filter(dialog, search.value), onkeydown: onSearchKey });
  const place = h("select", { class: "form-select", id: `${title}-place` }, places.map((one, index) => h("option", { value: String(index) }, one.label)));
  const choose = (kind) => {
    dialog.close();
    addStep(store, kind, places[Number(place.value)].where);
    onAdded();
  };
  const groups = GROUPS.map(([group, label]) => {
    const kinds = Object.entries(store.kinds).filter(([name, kind]) => (kind["x-group"] ?? "flow") === group && store.catalogue.kinds.includes(name));
    return kinds.length && h(
      "section",
      { class: "adding-group" },
      h("h3", {}, label),
      h("ul", {}, kinds.map(([name, kind]) => h("li", {}, h("button", { type: "button", class: "adding-kind", data: { words: `${kind.title} ${kind.description ?? ""}`.toLowerCase() }, onclick: () => choose(name) }, icon(kind["x-icon"] ?? "plus"), h("span", {}, h("strong", {}, kind.title), h("span", {}, kind.description ?? "")))))),
    );
  });
  const dialog = h(
    "dialog",
    { class: "adding", "aria-labelledby": title },
    h("h2", { id: title }, "Add a step"),
    places.length > 1 && h("div", { class: "form-field" }, h("label", { class: "form-label", for: place.id }, "Where"), place),
    search,
    h("div", { class: "adding-groups" }, groups),
    h("div", { class: "button-row" }, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, "Cancel")),
  );
  function onSearchKey(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      dialog.querySelector("li:not([hidden]) > .adding-kind")?.click();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      dialog.querySelector("li:not([hidden]) > .adding-kind")?.focus();
    }
  }
  dialog.addEventListener("keydown", (event) => walkKinds(event, dialog));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  search.focus();
}

function walkKinds(event, dialog) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || !event.target.matches(".adding-kind")) return;
  event.preventDefault();
  const all = [...dialog.querySelectorAll("li:not([hidden]) > .adding-kind")];
  const next = all[all.indexOf(event.target) + by] ?? (by < 0 ? dialog.querySelector("input[type=search]") : null);
  next?.focus();
}

function filter(dialog, words) {
  const wanted = words.trim().toLowerCase();
  for (const kind of dialog.querySelectorAll(".adding-kind")) kind.parentElement.hidden = !kind.dataset.words.includes(wanted);
  for (const group of dialog.querySelectorAll(".adding-group")) group.hidden = !group.querySelector("li:not([hidden])");
}

/** The place asked for, the other side of the chosen step, and the lists inside it. */
function placesNear(store, where) {
  const list = where.owner ? store.place(where.owner) : null;
  const steps = getIn(store.data, list ? [...list.path, ...where.slot] : where.slot) ?? [];
  const before = steps[where.index - 1];
  const places = [{ label: before ? `After “${nameOf(before)}”` : "At the beginning", where }];
  if (!before) return places;
  places.push({ label: `Before “${nameOf(before)}”`, where: { ...where, index: where.index - 1 } });
  for (const block of blocksOf(before, store.kinds[before.kind])) {
    const held = getIn(before, block.path) ?? [];
    places.push({ label: `In “${block.label}” of “${nameOf(before)}”`, where: { owner: before.id, slot: block.path, index: held.length } });
  }
  return places;
}
