// What can be done to steps, wherever it is asked for: by mouse, by key, in the toolbar.
import { toast, announce } from "../toasts.js";
import { copyStep, insertStep, moveStep, removeStep, setValue } from "./document.js";
import { freshName, getIn, nameOf } from "./paths.js";

/** The path of a list of steps now: that of the step it belongs to, and the slot in it. */
export function listPath(store, owner, slot) {
  if (owner === null || owner === "") return slot;
  const place = store.place(owner);
  return place ? [...place.path, ...slot] : null;
}

export function addStep(store, kind, { owner, slot, index }) {
  const list = listPath(store, owner, slot);
  if (!list) return;
  const id = freshName(kind, store.ids);
  const blank = structuredClone(store.kinds[kind]["x-blank"] ?? {});
  store.edit((doc) => insertStep(doc, list, index, { id, kind, ...blank }), { select: id });
  announce(`${store.kinds[kind].title} added`);
}

export function deleteStep(store, id) {
  const place = store.place(id);
  if (!place) return;
  const siblings = getIn(store.data, place.list);
  const next = siblings[place.index + 1] ?? siblings[place.index - 1];
  store.edit((doc) => removeStep(doc, place.path), { select: next?.id ?? (place.owner || "") });
  toast(`“${nameOf(place.step)}” is deleted. Ctrl+Z brings it back.`);
}

export function duplicateStep(store, id) {
  const place = store.place(id);
  if (!place) return;
  const copy = copyStep(place.step, store.ids);
  store.edit((doc) => insertStep(doc, place.list, place.index + 1, copy), { select: copy.id });
  announce("Duplicated");
}

/** One place up or down in its list; at the end of a branch out of it. */
export function shiftStep(store, id, by) {
  const place = store.place(id);
  if (!place) return;
  const length = getIn(store.data, place.list).length;
  const index = place.index + by;
  if (index >= 0 && index < length) {
    store.edit((doc) => moveStep(doc, place.path, place.list, by > 0 ? index + 1 : index));
    announce(`Moved, now ${index + 1} of ${length}`);
    return;
  }
  if (place.owner === null) return;
  const around = store.place(place.owner);
  store.edit((doc) => moveStep(doc, place.path, around.list, by > 0 ? around.index + 1 : around.index));
  announce(`Moved out of ${nameOf(around.step)}`);
}

/** Drop a step somewhere; nothing goes into itself. */
export function dropStep(store, id, { owner, slot, index }) {
  const place = store.place(id);
  const list = listPath(store, owner, slot);
  if (!place || !list || isInside(list, place.path)) return;
  store.edit((doc) => moveStep(doc, place.path, list, index), { select: id });
  announce("Moved");
}

export function isInside(path, around) {
  return around.every((part, at) => part === path[at]) && path.length > around.length;
}

export function addWay(store, id, growable) {
  const place = store.place(id);
  if (!place) return;
  const held = getIn(place.step, growable.path) ?? [];
  store.edit((doc) => setValue(doc, [...place.path, ...growable.path, held.length], growable.item()));
  announce("Branch added");
}

export function removeWay(store, id, block) {
  const place = store.place(id);
  if (!place) return;
  store.edit((doc) => {
    if (block.role === "side") {
      setValue(doc, [...place.path, ...block.path], undefined);
      return;
    }
    doc.getIn([...place.path, ...block.listPath], true).items.splice(block.index, 1);
    const labels = doc.getIn([...place.path, "labels"], true);
    if (block.key === "branches" && labels?.items) labels.items.splice(block.index, 1);
  });
  toast(`“${block.label}” is removed. Ctrl+Z brings it back.`);
}
