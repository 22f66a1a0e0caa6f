// How long: a number and a unit, a formula, or counted out in working time.
import { h } from "./dom.js";
import { drawField } from "./form.js";
import { isObject } from "./paths.js";

const UNITS = [["PTM", "minutes", /^PT(\d+)M$/], ["PTH", "hours", /^PT(\d+)H$/], ["PD", "days", /^P(\d+)D$/], ["PW", "weeks", /^P(\d+)W$/]];

function written(unit, amount) {
  return `${unit.slice(0, -1)}${amount}${unit.slice(-1)}`;
}

function detailOf(schema) {
  return (schema.oneOf ?? []).find((one) => one.properties) ?? (schema.properties ? schema : null);
}

export function drawDuration(context, schema, path, field, value) {
  const detail = detailOf(schema);
  const simple = UNITS.map(([unit, , pattern]) => [unit, typeof value === "string" && pattern.exec(value)?.[1]]).find(([, amount]) => amount);
  const mode = value === undefined || value === null ? "" : isObject(value) ? "detail" : simple ? simple[0] : "text";
  const amount = h("input", {
    class: "form-control", type: "number", min: 0, step: 1, "aria-label": "How many", value: simple?.[1] ?? "",
    oninput: ({ target }) => {
      if (target.value !== "") context.set(path, written(select.value, Number(target.value)));
    },
  });
  const free = h("input", {
    class: "form-control form-control-mono", spellcheck: "false", "aria-label": "Duration as written, or a formula that begins with =", value: mode === "text" ? String(value) : "",
    oninput: ({ target }) => context.set(path, target.value === "" ? undefined : target.value),
  });
  const select = h("select", {
    class: "form-select", id: field.id, "aria-describedby": field.describedBy,
    onchange: ({ target }) => {
      const begin = { "": undefined, text: typeof value === "string" ? value : "P1D", detail: { working_days: 1 } };
      context.set(path, target.value in begin ? begin[target.value] : written(target.value, Number(amount.value) || 1));
      context.redraw();
    },
  },
  h("option", { value: "" }, field.isRequired ? "Choose…" : "No limit"),
  UNITS.map(([unit, word]) => h("option", { value: unit, selected: unit === mode }, word)),
  detail && h("option", { value: "detail", selected: mode === "detail" }, "counted out…"),
  h("option", { value: "text", selected: mode === "text" }, "formula or as written"));
  return h(
    "div",
    { class: "widget" },
    h("div", { class: "form-line" }, simple && amount, mode === "text" && free, select),
    mode === "detail" && detail && h("div", { class: "form-nested" }, Object.entries(detail.properties).map(([name, one]) => drawField(context, one, [...path, name], {}))),
  );
}
