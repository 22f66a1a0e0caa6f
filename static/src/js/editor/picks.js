// Choosing from what there is in this workspace.
import { h } from "./dom.js";
import { drawExpression } from "./expression.js";
import { isObject, nameOf } from "./paths.js";

/** What can be chosen: `{name, label, description}`; null where it cannot be known. */
function choices(context, schema, path) {
  const { store } = context;
  const { catalogue } = store;
  switch (schema["x-pick"]) {
    case "earlier": {
      const at = store.places.findIndex(({ step }) => step.id === context.id);
      return store.places.slice(0, at < 0 ? undefined : at).map(({ step }) => ({ name: step.id, label: nameOf(step) }));
    }
    case "slots_declared":
      return [{ name: "internal", label: "This workspace" }, ...Object.entries(store.data.connections ?? {}).map(([name, slot]) => ({ name, label: slot?.connector ? `${name} (${slot.connector})` : name }))];
    case "operations": {
      const around = path.slice(0, -1);
      const slot = context.get([...around, "connection"]) ?? context.get(["connection"]) ?? "internal";
      return slot === "internal" ? catalogue.internal_operations : (catalogue.operations[slot] ?? null);
    }
    default:
      return catalogue[schema["x-pick"]] ?? null;
  }
}

/** A list to choose from; free text where nothing is known of what there is. */
export function drawPick(context, schema, path, field, value) {
  const known = choices(context, schema, path);
  if (!known) {
    return h("input", { class: "form-control", id: field.id, "aria-describedby": field.describedBy, value: value ?? "", oninput: ({ target }) => context.set(path, target.value || undefined) });
  }
  const fallback = schema["x-pick"] === "slots_declared" ? "internal" : "";
  const now = value ?? fallback;
  const isKnown = now === "" || known.some((one) => one.name === now);
  const options = [
    fallback ? null : h("option", { value: "" }, "Choose…"),
    isKnown ? null : h("option", { value: now, selected: true }, `${now} (not here)`),
    ...known.map((one) => h("option", { value: one.name, selected: one.name === now }, one.label || one.name.replaceAll("_", " "))),
  ];
  const about = known.find((one) => one.name === now)?.description;
  const select = h("select", {
    class: "form-select", id: field.id, "aria-describedby": field.describedBy,
    onchange: ({ target }) => {
      context.set(path, target.value === "" || target.value === schema.default ? undefined : target.value);
      context.redraw();
    },
  }, options);
  return h("div", { class: "widget" }, select, about && h("p", { class: "form-hint" }, about));
}

/** Somebody: by role, or worked out from the data. */
export function drawPeople(context, schema, path, field, value) {
  const isFormula = typeof value === "string";
  const role = isObject(value) ? value.role : undefined;
  const roles = context.store.catalogue.roles;
  const other = isObject(value) && role === undefined;
  const select = h("select", {
    class: "form-select", id: field.id, "aria-describedby": field.describedBy,
    onchange: ({ target }) => {
      if (target.value === "=") context.set(path, "= input");
      else context.set(path, target.value === "" ? undefined : { role: target.value });
      context.redraw();
    },
  },
  h("option", { value: "" }, field.isRequired ? "Choose…" : "Nobody in particular"),
  other && h("option", { value: "", selected: true }, "As written in the YAML"),
  role !== undefined && !roles.some((one) => one.name === role) && h("option", { value: role, selected: true }, `${role} (not here)`),
  roles.map((one) => h("option", { value: one.name, selected: role === one.name }, one.label)),
  h("option", { value: "=", selected: isFormula }, "From the data…"));
  const formula = isFormula && drawExpression(context, schema, path, { id: null, label: "Who, from the data" }, value, { isAlways: false });
  return h("div", { class: "widget" }, select, formula);
}
