// The fields of a form or of an input, as a list; kept as JSON Schema.
import { snippet } from "./document.js";
import { freshId, h, icon, iconButton } from "./dom.js";
import { isObject } from "./paths.js";

const MONEY = { type: "object", required: ["amount", "currency"], properties: { amount: { type: "string" }, currency: { type: "string" } } };
const TYPES = [
  ["text", "Text", { type: "string" }],
  ["long", "Long text", { type: "string", format: "textarea" }],
  ["choice", "Choice", { type: "string", enum: ["first", "second"] }],
  ["integer", "Whole number", { type: "integer" }],
  ["number", "Number", { type: "number" }],
  ["boolean", "Yes or no", { type: "boolean" }],
  ["date", "Date", { type: "string", format: "date" }],
  ["datetime", "Date and time", { type: "string", format: "date-time" }],
  ["email", "Mail address", { type: "string", format: "email" }],
  ["money", "Money", MONEY],
  ["object", "Several values", { type: "object" }],
  ["array", "List", { type: "array" }],
];
const KEPT = ["title", "description", "x-order"];

function typeOf(schema) {
  if (!isObject(schema)) return "other";
  if (Array.isArray(schema.enum)) return "choice";
  if (schema.type === "string") return { textarea: "long", date: "date", "date-time": "datetime", email: "email" }[schema.format] ?? "text";
  if (schema.type === "object" && schema.properties && "amount" in schema.properties && "currency" in schema.properties) return "money";
  return ["integer", "number", "boolean", "object", "array"].includes(schema.type) ? schema.type : "other";
}

export function drawFields(context, schema, path, field, value) {
  const properties = isObject(value?.properties) ? value.properties : {};
  const required = Array.isArray(value?.required) ? value.required : [];
  const names = Object.keys(properties).sort((one, other) => (properties[one]?.["x-order"] ?? 0) - (properties[other]?.["x-order"] ?? 0));
  const lines = names.map((name, index) => line(context, path, name, properties[name], required, names, index));
  const name = h("input", { class: "form-control", id: field.id, placeholder: "What is asked, for example Start date", "aria-label": "Name of a new field" });
  const add = () => {
    const title = name.value.trim();
    const key = title.toLowerCase().normalize("NFD").replace(/[^a-z0-9]+/g, "_").replace(/^[_0-9]+|_+$/g, "").slice(0, 60);
    if (!key || key in properties) return;
    const order = names.some((one) => properties[one]?.["x-order"] !== undefined) ? { "x-order": names.length + 1 } : {};
    context.change((doc, at) => {
      if (!value?.type) doc.setIn([...at, ...path, "type"], "object");
      const node = doc.createNode({ type: "string", title, ...order });
      if (isObject(value?.properties) && names.length) doc.setIn([...at, ...path, "properties", key], node);
      else doc.setIn([...at, ...path, "properties"], doc.createNode({ [key]: { type: "string", title } }));
    });
    context.redraw();
  };
  name.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  });
  return h(
    "div",
    { class: "widget", data: { group: "yes" } },
    lines.length ? h("ol", { class: "schema-fields" }, lines) : h("p", { class: "form-hint" }, "No field yet."),
    h("div", { class: "form-line" }, name, h("button", { type: "button", class: "btn btn-sm", onclick: add }, icon("plus"), "Add a field")),
  );
}

function line(context, path, name, one, required, names, index) {
  const here = [...path, "properties", name];
  const type = typeOf(one);
  const id = freshId("schema");
  const setRequired = (isNeeded) => {
    const next = isNeeded ? [...required, name] : required.filter((other) => other !== name);
    context.set([...path, "required"], next.length ? next : undefined);
  };
  const kind = h("select", {
    class: "form-select", "aria-label": `Kind of ${one?.title ?? name}`,
    onchange: ({ target }) => {
      const [, , shape] = TYPES.find(([word]) => word === target.value);
      const kept = Object.fromEntries(KEPT.filter((key) => one?.[key] !== undefined).map((key) => [key, one[key]]));
      context.set(here, { ...structuredClone(shape), ...kept });
      context.redraw();
    },
  }, TYPES.map(([word, label]) => h("option", { value: word, selected: word === type }, label)), type === "other" && h("option", { selected: true, disabled: true }, "As written in the YAML"));
  return h(
    "li",
    { class: "schema-field" },
    h("div", { class: "form-line" },
      h("input", { class: "form-control", value: one?.title ?? "", placeholder: name.replaceAll("_", " "), "aria-label": `Label of ${name}`, oninput: ({ target }) => context.set([...here, "title"], target.value || undefined) }),
      kind),
    h("div", { class: "form-line" },
      h("label", { class: "form-check", for: id }, h("input", { type: "checkbox", id, checked: required.includes(name), onchange: ({ target }) => { setRequired(target.checked); context.redraw(); } }), "Must be filled in"),
      h("code", { class: "schema-name" }, name),
      index > 0 && iconButton("chevron-right", `Move ${name} up`, () => reorder(context, path, names, index, index - 1), { class: "btn btn-quiet btn-sm btn-icon turn-up" }),
      iconButton("trash", `Remove ${name}`, () => {
        setRequired(false);
        context.set(here, undefined);
        context.redraw();
      })),
    detail(context, here, one, type, name),
  );
}

function detail(context, here, one, type, name) {
  const help = h("input", { class: "form-control", value: one?.description ?? "", "aria-label": `Explanation of ${name}`, placeholder: "Explanation", oninput: ({ target }) => context.set([...here, "description"], target.value || undefined) });
  const choices = type === "choice" && h("textarea", {
    class: "form-control form-control-short", rows: 2, "aria-label": `Choices of ${name}, one a line`, value: one.enum.map(String).join("\n"),
    oninput: ({ target }) => {
      const words = [...new Set(target.value.split("\n").map((word) => word.trim()).filter(Boolean))];
      if (words.length) context.set([...here, "enum"], words);
    },
  });
  const isDeep = ["object", "array", "other"].includes(type);
  const rest = isDeep && h("pre", { class: "code schema-code" }, snippet(one));
  return h("details", { class: "fold" }, h("summary", {}, type === "choice" ? "Choices and explanation" : "Explanation"), choices, help, rest);
}

/** The order of fields is kept beside them: the database keeps none of its own. */
function reorder(context, path, names, from, to) {
  const order = [...names];
  [order[from], order[to]] = [order[to], order[from]];
  context.change((doc, at) => order.forEach((name, index) => doc.setIn([...at, ...path, "properties", name, "x-order"], index + 1)));
  context.redraw();
}
