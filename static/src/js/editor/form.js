// The form of a step, or of the workflow itself, made from the schema of its kind.
import { renameStep, setValue } from "./document.js";
import { freshId, h } from "./dom.js";
import { getIn, nameOf } from "./paths.js";
import { variablesAt } from "./scope.js";
import { drawWidget } from "./widgets.js";

const FIRST = ["name", "description"];
const LATE_ORDER = ["when", "due", "on_error", "timeout", "sla", "audience", "owner", "waiting_on", "id"];
const HEAD_FIRST = ["name", "description", "family", "owners", "classification", "trigger", "input", "sla", "deadline", "connections"];
const HEAD_HIDDEN = new Set(["format", "key", "steps"]);

function rank(name) {
  const at = LATE_ORDER.indexOf(name);
  return at < 0 ? LATE_ORDER.length - 1.5 : at;
}

export class Form {
  constructor(store, root, samples) {
    this.store = store;
    this.root = root;
    this.samples = samples;
    // Everything is saved as it is typed; Enter in a field sends nothing.
    root.addEventListener("submit", (event) => event.preventDefault());
  }

  /** Draw the form of what is chosen; whoever was in a field stays in it, and what was unfolded stays so. */
  draw() {
    const { store, root } = this;
    const isSame = this.drawn === store.selected;
    this.drawn = store.selected;
    const focus = focusIn(root);
    const folds = isSame ? foldsOf(root) : new Map();
    const scroll = root.scrollTop;
    root.replaceChildren(...this.#content());
    if (store.error) root.prepend(h("p", { class: "field-problem tone-danger" }, `Line ${store.error.line} of the YAML cannot be read. Mend it there, or undo, to go on here.`));
    if (!store.mayWrite || store.error) root.querySelectorAll("input, select, textarea, button").forEach((field) => (field.disabled = true));
    this.showProblems();
    for (const fold of root.querySelectorAll("details")) fold.open = folds.get(nameOfFold(fold)) ?? fold.open;
    if (isSame) root.scrollTop = scroll;
    focus();
  }

  /** The name is typed in the form itself. */
  retitle() {
    const place = this.store.selected ? this.store.place(this.store.selected) : null;
    const title = this.root.querySelector(".form-title");
    if (place && title) title.textContent = nameOf(place.step);
  }

  #content() {
    const { store } = this;
    if (store.selected === null) return [h("p", { class: "editor-empty" }, "Choose a step to see and change what it does, or press + to add one.")];
    if (store.selected === "") return this.#head();
    const place = store.place(store.selected);
    if (!place) return [];
    const kind = store.kinds[place.step.kind];
    if (!kind) return [h("h2", {}, nameOf(place.step)), h("p", { class: "editor-empty" }, `“${place.step.kind}” is not a kind of step. Change it in the YAML.`)];
    // What every step has comes last; what only this kind has is what it is about.
    const all = Object.values(store.kinds);
    const late = Object.keys(kind.properties)
      .filter((name) => name !== "kind" && !FIRST.includes(name) && all.every((one) => name in one.properties))
      .sort((one, other) => rank(one) - rank(other));
    const own = Object.keys(kind.properties).filter((name) => name !== "kind" && !FIRST.includes(name) && !late.includes(name));
    const isUsed = late.some((name) => name !== "id" && getIn(place.step, [name]) !== undefined);
    const context = this.#context(place, kind);
    const field = (name) => this.#field(context, kind, [name]);
    return [
      h("h2", { class: "form-title", tabindex: "-1" }, nameOf(place.step)),
      h("p", { class: "form-kind" }, h("strong", {}, kind.title), ` ${kind.description ?? ""}`),
      ...FIRST.map(field),
      ...own.map(field),
      h("details", { class: "fold form-more", open: isUsed }, h("summary", {}, "When, how long, who, and if it fails"), ...late.map(field)),
    ];
  }

  #head() {
    const { schema } = this.store;
    const names = Object.keys(schema.properties).filter((name) => !HEAD_HIDDEN.has(name));
    const order = [...HEAD_FIRST.filter((name) => names.includes(name)), ...names.filter((name) => !HEAD_FIRST.includes(name))];
    const context = this.#context(null, schema);
    return [
      h("h2", { class: "form-title", tabindex: "-1" }, "The workflow"),
      h("p", { class: "form-kind" }, "What starts it, what it begins with, and who owns it."),
      ...order.map((name) => this.#field(context, schema, [name])),
    ];
  }

  #field(context, owner, path) {
    const schema = owner.properties[path[0]];
    return drawField(context, schema, path, { isRequired: owner.required?.includes(path[0]) });
  }

  /** What widgets need to know and may do; paths are those inside the step. */
  #context(place, kind) {
    const { store } = this;
    const id = place?.step.id ?? "";
    const at = () => (place ? (store.place(id)?.path ?? place.path) : []);
    return {
      store,
      id,
      kind,
      samples: this.samples,
      get: (path) => getIn(store.data, [...at(), ...path]),
      set: (path, value) => {
        if (path.length === 1 && path[0] === "id" && place) this.#rename(at(), value);
        else store.edit((doc) => setValue(doc, [...at(), ...path], value), { key: `${id}/${path.join("/")}`, origin: "form" });
      },
      change: (change) => store.edit((doc) => change(doc, at()), { origin: "form" }),
      redraw: () => this.draw(),
      variables: (path) => variablesAt(store, place ? store.place(id) : null, path),
    };
  }

  #rename(path, fresh) {
    const taken = this.store.ids;
    if (!/^[a-z][a-z0-9_]{0,59}$/.test(fresh ?? "") || taken.has(fresh)) {
      this.draw();
      return;
    }
    this.store.selected = fresh;
    this.store.edit((doc) => renameStep(doc, path, fresh));
  }

  /** Put what the server found wrong beside the fields it is about. */
  showProblems() {
    const fields = [...this.root.querySelectorAll("[data-field]")];
    for (const field of fields) showProblem(field, []);
    const rest = [];
    for (const problem of this.store.problems) {
      if ((problem.step ?? "") !== (this.store.selected ?? null)) continue;
      const path = JSON.stringify(problem.rest);
      const field = fields
        .filter((one) => path.startsWith(one.dataset.field.slice(0, -1)))
        .sort((one, other) => other.dataset.field.length - one.dataset.field.length)[0];
      if (field) showProblem(field, [...(field.problems ?? []), problem]);
      else rest.push(problem);
    }
    this.root.querySelector(".form-problems")?.remove();
    if (rest.length) this.root.querySelector(".form-kind")?.after(h("ul", { class: "form-problems" }, rest.map((one) => h("li", { class: `tone-${one.severity === "error" ? "danger" : "warning"}` }, words(one)))));
  }

  /** Bring a field into view, opening what hides it. */
  focusField(path) {
    const wanted = JSON.stringify(path);
    const fields = [...this.root.querySelectorAll("[data-field]")].filter((one) => wanted.startsWith(one.dataset.field.slice(0, -1)));
    const field = fields.sort((one, other) => other.dataset.field.length - one.dataset.field.length)[0];
    for (let fold = field?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    const control = field?.querySelector("input, select, textarea") ?? this.root.querySelector(".form-title");
    control?.focus();
    control?.scrollIntoView({ block: "center" });
  }
}

/** What brings the focus, and the caret, back to the control it is in now. */
function focusIn(root) {
  const active = document.activeElement;
  const field = root.contains(active) ? active.closest("[data-field]") : null;
  if (!field) return () => {};
  const { selectionStart: from, selectionEnd: to } = active;
  const at = controlsOf(field).indexOf(active);
  return () => {
    const again = root.querySelector(`[data-field="${CSS.escape(field.dataset.field)}"]`);
    const control = again && (controlsOf(again)[at] ?? controlsOf(again)[0]);
    control?.focus({ preventScroll: true });
    if (typeof from === "number" && control?.setSelectionRange && control.type !== "number") control.setSelectionRange(from, to);
  };
}

function controlsOf(field) {
  return [...field.querySelectorAll("input, select, textarea, button")];
}

function foldsOf(root) {
  return new Map([...root.querySelectorAll("details")].map((fold) => [nameOfFold(fold), fold.open]));
}

function nameOfFold(fold) {
  const order = [...(fold.closest("[data-field]")?.querySelectorAll("details") ?? [])].indexOf(fold);
  return `${fold.closest("[data-field]")?.dataset.field ?? ""} ${order}`;
}

/** A field with its label, explanation, and room for what is wrong with it. */
export function drawField(context, schema, path, { isRequired = false, label = "" } = {}) {
  if (!schema || "const" in schema) return null;
  const id = freshId("field");
  const said = schema["x-hint"];
  const hint = said ? `${id}-hint` : null;
  const widget = drawWidget(context, schema, path, { id, describedBy: [hint, `${id}-problem`].filter(Boolean).join(" "), isRequired });
  if (!widget) return null;
  const title = label || schema.title || String(path.at(-1));
  const optional = isRequired || widget.dataset.plain === "no" ? null : h("span", { class: "form-optional" }, " optional");
  const explain = hint && h("p", { class: "form-hint", id: hint }, said);
  const problem = h("p", { class: "field-problem", id: `${id}-problem` });
  const marks = { class: "form-field", data: { field: JSON.stringify(path) } };
  if (widget.dataset.group === "yes") return h("fieldset", { ...marks, class: "form-field form-group" }, h("legend", {}, title), explain, widget, problem);
  return h("div", marks, h("label", { class: "form-label", for: id }, title, optional), widget, explain, problem);
}

function showProblem(field, problems) {
  field.problems = problems;
  const slot = field.querySelector(":scope > .field-problem");
  if (!slot) return;
  slot.replaceChildren(...problems.map((one) => h("span", {}, words(one))));
  slot.className = `field-problem${problems.length ? ` tone-${problems.some((one) => one.severity === "error") ? "danger" : "warning"}` : ""}`;
  const control = field.querySelector(":scope > input, :scope > select, :scope > textarea, :scope > .widget input, :scope > .widget textarea, :scope > .widget select");
  if (problems.some((one) => one.severity === "error")) control?.setAttribute("aria-invalid", "true");
  else control?.removeAttribute("aria-invalid");
}

function words(problem) {
  const place = problem.isExpression && problem.column ? ` (line ${problem.line}, column ${problem.column} of the text)` : "";
  return `${problem.message}${place} ${problem.remedy ?? ""}`.trim();
}
