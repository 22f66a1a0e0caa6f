// A formula, or a value that may be one: what it can refer to at a click, and what it gives in a sample.
import { debounce, freshId, h, icon } from "./dom.js";
import { readScalar, showScalar } from "./widgets.js";

const LATER = 300;

/** `isAlways`: the text is a formula with or without `=`; otherwise only with it. */
export function drawExpression(context, schema, path, field, value, { isAlways }) {
  const shown = isAlways ? withoutMark(value === undefined || value === null ? "" : String(value)) : showScalar(value);
  const result = h("p", { class: "expression-result", id: freshId("result"), "aria-live": "polite" });
  const area = h("textarea", {
    class: "form-control form-control-mono", rows: 1, spellcheck: "false", autocomplete: "off", id: field.id, value: shown,
    "aria-describedby": [field.describedBy, result.id].filter(Boolean).join(" "), "aria-label": field.label ?? null,
    placeholder: isAlways ? "for example input.amount.value > 50000" : null,
    oninput: () => {
      context.set(path, read(area.value, isAlways));
      evaluate();
    },
    onkeydown: (event) => {
      if (event.key === "Enter" && !event.shiftKey) event.preventDefault();
    },
  });
  const evaluate = debounce(LATER, () => showResult(context, result, formulaOf(area.value, isAlways)));
  const panel = h("div", { class: "insert", hidden: true, id: freshId("insert") });
  const opener = h("button", {
    type: "button", class: "btn btn-sm btn-fx", "aria-expanded": "false", "aria-controls": panel.id, "aria-label": "Insert into the formula",
    onclick: () => {
      panel.hidden = !panel.hidden;
      opener.setAttribute("aria-expanded", String(!panel.hidden));
      if (!panel.hidden) {
        fillPanel(context, path, panel, (text) => insert(area, text, isAlways));
        panel.querySelector("input")?.focus();
      }
    },
  }, "fx");
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    panel.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    opener.focus();
  });
  const isFormula = formulaOf(shown, isAlways) !== null;
  if (isFormula && shown.trim() !== "") evaluate();
  return h("div", { class: "widget expression" }, h("div", { class: "form-line" }, area, context.store.mayWrite && opener), result, panel);
}

function withoutMark(text) {
  return text.startsWith("=") ? text.slice(1).trim() : text;
}

function read(text, isAlways) {
  if (text.trim() === "") return undefined;
  if (isAlways) return text;
  return text.startsWith("=") ? text : readScalar(text);
}

function formulaOf(text, isAlways) {
  if (text.trim() === "") return null;
  if (text.startsWith("=")) return text.slice(1).trim() || null;
  return isAlways ? text : null;
}

function insert(area, text, isAlways) {
  const begin = area.value === "" && !isAlways ? "= " : "";
  const { selectionStart: from, selectionEnd: to, value } = area;
  area.value = `${value.slice(0, from)}${begin}${text}${value.slice(to)}`;
  const inner = text.search(/\(\)|''/);
  const at = from + begin.length + (inner >= 0 ? inner + 1 : text.length);
  area.focus();
  area.setSelectionRange(at, at);
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function fillPanel(context, path, panel, choose) {
  const search = h("input", { class: "form-control", type: "search", "aria-label": "Search what can be inserted", placeholder: "Search", oninput: () => filter(panel, search.value) });
  const groups = context.variables(path).map((group) =>
    h(
      "section",
      { class: "insert-group" },
      h("h3", {}, group.title),
      h("ul", {}, group.items.map((item) => h("li", {}, h("button", { type: "button", data: { words: `${item.label} ${item.about} ${group.title}`.toLowerCase() }, onclick: () => choose(item.insert) }, h("code", {}, item.label), item.about && h("span", {}, item.about))))),
    ),
  );
  panel.replaceChildren(search, ...groups);
}

function filter(panel, words) {
  const wanted = words.toLowerCase();
  for (const button of panel.querySelectorAll("[data-words]")) button.parentElement.hidden = !button.dataset.words.includes(wanted);
  for (const group of panel.querySelectorAll(".insert-group")) group.hidden = !group.querySelector("li:not([hidden])");
}

async function showResult(context, result, formula) {
  result.className = "expression-result";
  if (formula === null) {
    result.replaceChildren();
    return;
  }
  const found = await context.samples.evaluate(formula);
  if (!found) return;
  if (found.error) {
    const { code, message, line, column } = found.error;
    const isGap = code === "missing_key" || code === "unknown_name";
    result.classList.add(isGap ? "tone-neutral" : "tone-danger");
    const where = code === "syntax" ? `Line ${line}, column ${column}: ` : isGap ? "No value in this sample: " : "";
    result.replaceChildren(icon(isGap ? "info-circle" : "circle-x"), h("span", {}, `${where}${message}`));
  } else {
    result.classList.add("tone-success");
    result.replaceChildren(icon("circle-check"), h("span", {}, "gives ", h("code", {}, shorten(JSON.stringify(found.value)))));
  }
}

function shorten(text) {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
