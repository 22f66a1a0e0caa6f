// One widget for every shape a field can have; what has none is asked for as a piece of YAML.
import { readSnippet, snippet } from "./document.js";
import { h, icon, iconButton } from "./dom.js";
import { drawDuration } from "./duration.js";
import { drawExpression } from "./expression.js";
import { drawField } from "./form.js";
import { drawFields } from "./json_schema.js";
import { STEPS, growableLists, isObject, isSteps, nameOf } from "./paths.js";
import { drawPeople, drawPick } from "./picks.js";
import { drawTable } from "./table.js";

/** The widget of a field; null where there is nothing to ask here. */
export function drawWidget(context, schema, path, field) {
  const value = context.get(path);
  const draw = WIDGETS[widgetOf(schema, value)];
  return draw ? draw(context, schema, path, field, value) : null;
}

function isScalar(value) {
  return value === undefined || value === null || typeof value !== "object";
}

function widgetOf(schema, value) {
  const named = schema["x-widget"];
  if (named === "duration") return "duration";
  if (named === "people") return "people";
  if (["expression", "value", "long"].includes(named)) return isScalar(value) ? named : "snippet";
  if (named) return fits(named, value) ? named : "snippet";
  if (schema["x-pick"]) return isScalar(value) ? "pick" : "snippet";
  if (schema.$ref === STEPS) return "none";
  if (schema.oneOf || schema.anyOf) return "ways";
  if (schema.enum) return "words";
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "array") return listWidget(schema, value);
  if (type === "object") return isScalar(value) && value !== undefined && value !== null ? "snippet" : objectWidget(schema);
  if (!isScalar(value)) return "snippet";
  return { string: "text", integer: "number", number: "number", boolean: "yes" }[type] ?? "value";
}

function fits(named, value) {
  if (value === undefined || value === null) return true;
  return named === "table" ? Array.isArray(value) : isObject(value);
}

function listWidget(schema, value) {
  if (value !== undefined && !Array.isArray(value)) return "snippet";
  if (schema.items?.$ref === STEPS) return "branches";
  if (schema.items?.properties) return "rows";
  return (value ?? []).every(isScalar) ? "texts" : "snippet";
}

function objectWidget(schema) {
  if (schema.properties) return "group";
  return schema.additionalProperties?.properties ? "named" : "mapping";
}

/** The text of one plain value as it is typed; what would be read as something else is quoted. */
export function showScalar(value) {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return String(value);
  return readScalar(value) === value ? value : JSON.stringify(value);
}

/** The value that was typed: numbers and yes or no as such, everything else as text. */
export function readScalar(text) {
  if (text === "") return undefined;
  if (/^-?\d{1,15}(\.\d+)?$/.test(text)) return Number(text);
  if (text === "true" || text === "false") return text === "true";
  if (/^".*"$/s.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text;
}

function input(context, path, field, more = {}) {
  return h("input", { class: "form-control", type: "text", id: field.id, "aria-describedby": field.describedBy, autocomplete: "off", ...more });
}

function text(context, schema, path, field, value) {
  const isId = path.at(-1) === "id" && path.length === 1;
  const set = ({ target }) => context.set(path, target.value === "" ? undefined : target.value);
  return input(context, path, field, {
    value: value === undefined || value === null ? "" : String(value),
    required: field.isRequired,
    spellcheck: isId ? "false" : null,
    pattern: isId ? "[a-z][a-z0-9_]*" : null,
    [isId ? "onchange" : "oninput"]: set,
    placeholder: schema.examples?.[0] ?? null,
  });
}

function long(context, schema, path, field, value) {
  return h("textarea", {
    class: "form-control", rows: 1, id: field.id, "aria-describedby": field.describedBy, value: value ?? "",
    oninput: ({ target }) => context.set(path, target.value.trim() === "" ? undefined : target.value),
  });
}

function number(context, schema, path, field, value) {
  return input(context, path, field, {
    type: "number", step: schema.type === "integer" ? 1 : "any", min: schema.minimum, max: schema.maximum, value: value ?? "",
    placeholder: schema.default ?? null,
    oninput: ({ target }) => context.set(path, target.value === "" ? undefined : Number(target.value)),
  });
}

function yes(context, schema, path, field, value) {
  const box = h("input", { type: "checkbox", id: field.id, checked: value === true, "aria-describedby": field.describedBy, onchange: ({ target }) => context.set(path, target.checked || undefined) });
  return h("div", { class: "form-check" }, box);
}

function words(context, schema, path, field, value) {
  const said = schema["x-words"] ?? {};
  const options = schema.enum.map((word) => h("option", { value: word, selected: (value ?? schema.default) === word }, said[word] ?? String(word).replaceAll("_", " ")));
  const none = schema.default === undefined && !field.isRequired ? [h("option", { value: "" }, "—")] : [];
  return h("select", {
    class: "form-select", id: field.id, "aria-describedby": field.describedBy,
    onchange: ({ target }) => context.set(path, target.value === "" || target.value === schema.default ? undefined : target.value),
  }, none, options);
}

/** A field that takes one of several shapes: the shape is chosen, then filled in. */
function ways(context, schema, path, field, value) {
  const shapes = shapesOf(schema);
  const now = shapes.find((shape) => shape.has(value));
  if (value !== undefined && !now) return yaml(context, schema, path, field, value);
  const first = now ?? (value === undefined ? shapes.find((shape) => shape.word === (schema.default ?? schema.enumDefault)) : null);
  const select = h("select", {
    class: "form-select", id: field.id, "aria-describedby": field.describedBy,
    onchange: ({ target }) => {
      const chosen = shapes[Number(target.value)];
      context.set(path, chosen ? chosen.begin(context) : undefined);
      context.redraw();
    },
  });
  if (!field.isRequired || !first) select.append(h("option", { value: "-1" }, schema["x-words"]?.exception && value === undefined ? "As usual" : "—"));
  shapes.forEach((shape, index) => select.append(h("option", { value: String(index), selected: shape === first }, shape.label(schema["x-words"] ?? {}))));
  const more = now?.more?.(context, path, value);
  return h("div", { class: "widget" }, select, more);
}

function shapesOf(schema) {
  return (schema.oneOf ?? schema.anyOf).flatMap((one) => {
    if (one.enum) return one.enum.map((word) => ({ word, has: (value) => value === word, begin: () => word, label: (said) => said[word] ?? word.replaceAll("_", " ") }));
    if (one.$ref === STEPS) {
      return [{ has: (value) => Array.isArray(value) && (value.length === 0 || isSteps(value)), begin: () => [], label: (said) => said.array ?? "Other steps", more: () => h("p", { class: "form-hint" }, "Put the steps into the branch beside this step in the diagram.") }];
    }
    if (one.properties) {
      return [{ has: isObject, begin: (context) => beginning(one, context), label: (said) => said.object ?? one.title ?? "In detail", more: (context, path) => group(context, one, path, {}) }];
    }
    if (one.type === "integer") {
      return [{ has: (value) => typeof value === "number", begin: () => one.minimum ?? 1, label: (said) => said.integer ?? "A number", more: (context, path, value) => labelled(number(context, one, path, { id: null }, value), "Number") }];
    }
    if (one.type === "string") {
      return [{ has: (value) => typeof value === "string", begin: () => one.examples?.[0] ?? "", label: (said) => said.string ?? "As text", more: (context, path, value) => labelled(text(context, one, path, { id: null }, value), "Text") }];
    }
    return [];
  });
}

function labelled(control, label) {
  control.removeAttribute("id");
  control.removeAttribute("aria-describedby");
  control.setAttribute("aria-label", label);
  return control;
}

function beginning(schema, context) {
  const made = {};
  for (const name of schema.required ?? []) {
    if (schema.properties[name]["x-pick"] === "earlier") made[name] = context.store.places.find(({ step }) => step.id !== context.id)?.step.id ?? "";
  }
  const first = Object.keys(schema.properties)[0];
  if (Object.keys(made).length === 0 && schema.properties.working_days) made.working_days = 1;
  else if (Object.keys(made).length === 0 && !schema.required?.length) made[first] = schema.properties[first].minimum ?? "";
  return made;
}

/** A mapping of known fields; one that may be left out is unfolded when it is wanted. */
function group(context, schema, path, field, value = context.get(path)) {
  const fields = Object.entries(schema.properties).map(([name, one]) => drawField(context, one, [...path, name], { isRequired: schema.required?.includes(name) }));
  const box = h("div", { class: "widget form-nested", data: { group: "yes" } }, fields);
  if (field.isRequired || value !== undefined || path.length > 1 || field.id === undefined) return box;
  const count = Object.keys(schema.properties).length;
  return h("details", { class: "fold", data: { group: "yes" } }, h("summary", {}, count > 1 ? "Set" : "Set it"), box);
}

/** A list of mappings, such as the rules of a check. */
function rows(context, schema, path, field, value = []) {
  const properties = Object.entries(schema.items.properties).filter(([, one]) => one.$ref !== STEPS);
  const cards = value.map((_, index) =>
    h(
      "fieldset",
      { class: "form-row" },
      h("legend", {}, `${index + 1}`),
      properties.map(([name, one]) => drawField(context, one, [...path, index, name], { isRequired: schema.items.required?.includes(name) })),
      h(
        "div",
        { class: "form-row-tools" },
        index > 0 && iconButton("chevron-right", `Move ${index + 1} up`, () => swap(context, path, index, index - 1), { class: "btn btn-quiet btn-sm btn-icon turn-up" }),
        index < value.length - 1 && iconButton("chevron-down", `Move ${index + 1} down`, () => swap(context, path, index, index + 1)),
        value.length > (schema.minItems ?? 0) && iconButton("trash", `Remove ${index + 1}`, () => take(context, path, index)),
      ),
    ),
  );
  const add = h("button", { type: "button", class: "btn btn-sm", id: field.id, onclick: () => {
    const item = {};
    if (schema.items.properties.steps) Object.assign(item, { when: "true", steps: [] });
    else for (const name of schema.items.required ?? []) item[name] = schema.items.properties[name]["x-widget"] === "expression" ? "true" : "";
    if (schema.items.properties.id) item.id = `rule_${value.length + 1}`;
    context.set([...path, value.length], item);
    context.redraw();
  } }, icon("plus"), "Add");
  return h("div", { class: "widget", data: { group: "yes" } }, cards, add);
}

export function swap(context, path, from, to) {
  context.change((doc, at) => {
    const { items } = doc.getIn([...at, ...path], true);
    [items[from], items[to]] = [items[to], items[from]];
  });
  context.redraw();
}

export function take(context, path, index) {
  context.change((doc, at) => doc.getIn([...at, ...path], true).items.splice(index, 1));
  context.redraw();
}

function branches(context, schema, path, field, value = []) {
  const least = schema.minItems ?? 0;
  const growable = growableLists(context.kind).find((one) => one.path[0] === path[0]);
  const items = value.map((steps, index) => h(
    "li",
    { class: "form-line" },
    labelled(h("input", { class: "form-control", value: context.get(["labels", index]) ?? "", oninput: ({ target }) => nameBranch(context, value.length, index, target.value) }), `Name of branch ${index + 1}`),
    h("span", { class: "form-hint" }, steps?.length === 1 ? "1 step" : `${steps?.length ?? 0} steps`),
    value.length > least && iconButton("trash", `Remove branch ${index + 1}`, () => {
      context.change((doc, at) => {
        doc.getIn([...at, ...path], true).items.splice(index, 1);
        doc.getIn([...at, "labels"], true)?.items?.splice(index, 1);
      });
      context.redraw();
    }),
  ));
  const add = h("button", { type: "button", class: "btn btn-sm", id: field.id, onclick: () => {
    context.set([...path, value.length], growable.item());
    context.redraw();
  } }, icon("plus"), "Add a branch");
  return h("div", { class: "widget", data: { group: "yes" } }, h("ol", { class: "form-lines" }, items), add);
}

function nameBranch(context, count, index, label) {
  const labels = Array.from({ length: count }, (_, at) => context.get(["labels", at]) ?? `Branch ${at + 1}`);
  labels[index] = label || `Branch ${index + 1}`;
  context.set(["labels"], labels);
}

function texts(context, schema, path, field, value = []) {
  if (path.at(-1) === "labels" && context.kind.properties?.branches) return null;
  const set = (items) => context.set(path, items.length ? items : undefined);
  const lines = value.map((one, index) => h(
    "li",
    { class: "form-line" },
    labelled(h("input", { class: "form-control", value: one ?? "", oninput: ({ target }) => context.set([...path, index], target.value) }), `${schema.title ?? "Value"} ${index + 1}`),
    iconButton("trash", `Remove ${index + 1}`, () => { set(value.toSpliced(index, 1)); context.redraw(); }),
  ));
  const add = h("button", { type: "button", class: "btn btn-sm", id: field.id, onclick: () => { set([...value, ""]); context.redraw(); } }, icon("plus"), "Add");
  return h("div", { class: "widget", data: { group: "yes" } }, h("ol", { class: "form-lines" }, lines), add);
}

/** Names of the author's own, each with fields, such as connection slots. */
function named(context, schema, path, field, value = {}) {
  const cards = Object.keys(value).map((name) => h(
    "fieldset",
    { class: "form-row" },
    h("legend", {}, name),
    Object.entries(schema.additionalProperties.properties).map(([key, one]) => drawField(context, key === "connector" ? { ...one, "x-pick": "connectors" } : one, [...path, name, key], { isRequired: schema.additionalProperties.required?.includes(key) })),
    h("div", { class: "form-row-tools" }, iconButton("trash", `Remove ${name}`, () => { context.set([...path, name], undefined); context.redraw(); })),
  ));
  const name = labelled(h("input", { class: "form-control", placeholder: "for example crm", pattern: "[a-z][a-z0-9_]*" }), "Name of a new one");
  name.id = field.id;
  const add = () => {
    const key = name.value.trim();
    if (!key || key in value) return;
    const connector = context.store.catalogue.connectors?.[0]?.name ?? "";
    context.set([...path, key], schema.additionalProperties.required?.includes("connector") ? { connector } : {});
    context.redraw();
  };
  return h("div", { class: "widget", data: { group: "yes" } }, cards, h("div", { class: "form-line" }, name, h("button", { type: "button", class: "btn btn-sm", onclick: add }, icon("plus"), "Add")));
}

/** Names with values; those that the chosen operation or query expects stand there to be filled in. */
function mapping(context, schema, path, field, value) {
  const held = value ?? {};
  const expected = expectedBy(context, path);
  const names = [...new Set([...Object.keys(held), ...Object.keys(expected.properties ?? {})])];
  const lines = names.map((name) => mappingLine(context, path, name, held[name], expected));
  const name = labelled(h("input", { class: "form-control", placeholder: "Name" }), `Name of a new value in ${schema.title ?? path.at(-1)}`);
  name.id = field.id;
  const add = () => {
    const key = name.value.trim();
    if (!key || key in held) return;
    context.set([...path, key], "");
    context.redraw();
    context.focus?.([...path, key]);
  };
  name.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  });
  return h("div", { class: "widget", data: { group: "yes" } }, lines, h("div", { class: "form-line" }, name, h("button", { type: "button", class: "btn btn-sm", onclick: add }, icon("plus"), "Add")));
}

function mappingLine(context, path, name, value, expected) {
  const schema = { title: name, "x-hint": expected.properties?.[name]?.description, "x-widget": "value" };
  const row = drawField(context, schema, [...path, name], { isRequired: expected.required?.includes(name) || !(name in (expected.properties ?? {})) });
  row.classList.add("form-pair-line");
  if (value !== undefined) {
    row.querySelector(":scope > .widget").after(iconButton("trash", `Remove ${name}`, () => {
      context.set([...path, name], undefined);
      context.redraw();
    }));
  }
  return row;
}

function expectedBy(context, path) {
  const around = path.slice(0, -1);
  const { catalogue } = context.store;
  if (path.at(-1) !== "input") return {};
  const query = context.get([...around, "query"]);
  if (query) return catalogue.queries.find((one) => one.name === query)?.schema ?? {};
  const operation = context.get([...around, "operation"]);
  const slot = context.get([...around, "connection"]) ?? context.get(["connection"]) ?? "internal";
  const known = slot === "internal" ? catalogue.internal_operations : (catalogue.operations[slot] ?? []);
  return (operation && known.find((one) => one.name === operation)?.schema) || {};
}

/** What has no form of its own: a piece of YAML, taken over whenever it can be read. */
function yaml(context, schema, path, field, value) {
  const wrong = h("p", { class: "field-problem tone-danger" });
  const area = h("textarea", {
    class: "form-control form-control-json", rows: 4, spellcheck: "false", id: field.id, "aria-describedby": field.describedBy, value: snippet(value),
    oninput: ({ target }) => {
      try {
        const read = target.value.trim() === "" ? undefined : readSnippet(target.value);
        wrong.textContent = "";
        context.set(path, read);
      } catch (error) {
        wrong.textContent = error.message;
      }
    },
  });
  return h("div", { class: "widget" }, area, wrong);
}

const WIDGETS = {
  text, long, number, yes, words, ways, group, rows, branches, texts, named, mapping, snippet: yaml,
  pick: drawPick, people: drawPeople, duration: drawDuration, table: drawTable, form: drawFields,
  expression: (context, schema, path, field, value) => drawExpression(context, schema, path, field, value, { isAlways: true }),
  value: (context, schema, path, field, value) => drawExpression(context, schema, path, field, value, { isAlways: false }),
};

export { nameOf };
