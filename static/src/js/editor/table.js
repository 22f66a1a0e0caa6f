// A decision table: conditions on the left, what they give on the right.
import { snippet } from "./document.js";
import { h, icon, iconButton } from "./dom.js";
import { isObject } from "./paths.js";
import { readScalar, showScalar, swap, take } from "./widgets.js";

export function drawTable(context, schema, path, field, value = []) {
  const columns = [...new Set(value.flatMap((row) => (isObject(row?.then) ? Object.keys(row.then) : [])))];
  const cell = (index, label, shown, set, more = {}) => h("textarea", {
    class: "form-control form-control-mono", rows: 1, spellcheck: "false", "aria-label": `${label}, row ${index + 1}`, value: shown, oninput: ({ target }) => set(target.value),
    onkeydown: (event) => moveInTable(event),
    ...more,
  });
  const rows = value.map((row, index) => h(
    "tr",
    {},
    h("th", { scope: "row" }, String(index + 1)),
    h("td", { data: { label: "If" } }, cell(index, "If", text(row?.when), (typed) => context.set([...path, index, "when"], typed.trim() === "" ? undefined : typed), { placeholder: "always" })),
    columns.map((name) => h("td", { data: { label: name } }, outputCell(context, path, index, name, row?.then?.[name], cell))),
    h("td", { class: "table-tools" },
      index > 0 && iconButton("chevron-right", `Move row ${index + 1} up`, () => swap(context, path, index, index - 1), { class: "btn btn-quiet btn-sm btn-icon turn-up" }),
      value.length > 1 && iconButton("trash", `Remove row ${index + 1}`, () => take(context, path, index))),
  ));
  const table = h(
    "table",
    { class: "decision", id: field.id },
    h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, "If"), columns.map((name) => h("th", { scope: "col" }, h("span", { class: "decision-name" }, name, columns.length > 1 && iconButton("x", `Remove the column ${name}`, () => dropColumn(context, path, value, name))))), h("td", {}))),
    h("tbody", {}, rows),
  );
  return h("div", { class: "widget", data: { group: "yes" } }, h("div", { class: "table-wrap", tabindex: "0", role: "region", "aria-label": "Decision table" }, table), tools(context, path, value, columns));
}

function outputCell(context, path, index, name, value, cell) {
  if (value !== null && typeof value === "object") return h("code", { class: "decision-fixed", title: "Change it in the YAML" }, snippet(value));
  return cell(index, name, showScalar(value), (typed) => context.set([...path, index, "then", name], readScalar(typed)));
}

function text(value) {
  return value === undefined || value === null ? "" : String(value);
}

function tools(context, path, value, columns) {
  const name = h("input", { class: "form-control", "aria-label": "Name of a new column", placeholder: "Name of a result" });
  const addColumn = () => {
    const key = name.value.trim().toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
    if (!key || columns.includes(key)) return;
    context.change((doc, at) => value.forEach((_, index) => doc.setIn([...at, ...path, index, "then", key], "")));
    context.redraw();
  };
  const addRow = () => {
    context.set([...path, value.length], { when: "true", then: Object.fromEntries(columns.map((one) => [one, ""])) });
    context.redraw();
  };
  return h(
    "div",
    { class: "table-foot" },
    h("button", { type: "button", class: "btn btn-sm", onclick: addRow }, icon("plus"), "Add a row"),
    h("span", { class: "form-line" }, name, h("button", { type: "button", class: "btn btn-sm", onclick: addColumn }, icon("plus"), "Add a column")),
  );
}

function dropColumn(context, path, value, name) {
  context.change((doc, at) => value.forEach((_, index) => doc.deleteIn([...at, ...path, index, "then", name])));
  context.redraw();
}

/** Up and down go from row to row. */
function moveInTable(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || event.altKey || event.ctrlKey) return;
  const cell = event.target.closest("td");
  const row = cell.parentElement;
  const next = by > 0 ? row.nextElementSibling : row.previousElementSibling;
  const field = next?.cells[cell.cellIndex]?.querySelector("textarea");
  if (!field) return;
  event.preventDefault();
  field.focus();
}
