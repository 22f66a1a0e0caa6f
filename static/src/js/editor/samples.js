// Where the values of a trial come from: a past run of the workflow, or an input made up for it.
import { call } from "./api.js";
import { h } from "./dom.js";
import { isObject } from "./paths.js";

export class Samples {
  constructor(store, key) {
    this.store = store;
    this.path = `workflow-templates/${key}/draft/evaluate`;
    this.key = key;
    this.runs = [];
    this.run = "";
    this.input = null;
    this.known = new Map();
  }

  async load() {
    try {
      this.runs = (await call("GET", `runs?template=${this.key}&limit=20`)).results;
      this.run = this.runs[0]?.id ?? "";
    } catch {
      this.runs = [];
    }
  }

  /** What a formula gives, `{value, error}`; null when it cannot be asked now. */
  async evaluate(expression) {
    const body = this.run ? { expression, run: this.run } : { expression, input: this.input ?? exampleOf(this.store.data.input) };
    const key = JSON.stringify(body);
    if (!this.known.has(key)) {
      const asked = call("POST", this.path, body).catch((error) => (error.status === 422 ? { value: null, error: { code: "input", message: error.message } } : null));
      if (this.known.size > 300) this.known.clear();
      this.known.set(key, asked);
      if ((await asked) === null) this.known.delete(key);
    }
    return this.known.get(key) ?? null;
  }

  /** The choice of the sample; `onChange` is told of another one. */
  draw(onChange) {
    const select = h("select", {
      class: "form-select", id: "sample",
      onchange: ({ target }) => {
        this.run = target.value;
        area.hidden = this.run !== "";
        onChange();
      },
    }, this.runs.map((run) => h("option", { value: run.id, selected: run.id === this.run }, `${run.name} (${run.status})`)), h("option", { value: "", selected: this.run === "" }, "An input made up for it"));
    const wrong = h("p", { class: "field-problem" });
    const area = h("div", { hidden: this.run !== "" }, h("textarea", {
      class: "form-control form-control-json", rows: 6, spellcheck: "false", "aria-label": "Input to try formulas with, as JSON",
      value: JSON.stringify(this.input ?? exampleOf(this.store.data.input), null, 2),
      oninput: ({ target }) => {
        try {
          const read = JSON.parse(target.value);
          wrong.textContent = isObject(read) ? "" : "It begins with { and ends with }.";
          if (isObject(read)) this.input = read;
          onChange();
        } catch (error) {
          wrong.textContent = error.message;
        }
      },
    }), wrong);
    return h("details", { class: "fold samples" }, h("summary", {}, "Try formulas with…"), h("label", { class: "form-label", for: "sample" }, "Values from"), select, area);
  }
}

/** An input that fits a schema, made of examples and plain values. */
export function exampleOf(schema) {
  if (!isObject(schema)) return {};
  if (schema.examples?.length) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.enum?.length) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : (schema.type ?? (schema.properties ? "object" : "string"));
  if (type === "object") return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, one]) => [name, name === "amount" && one?.type === "string" ? "1000.00" : name === "currency" ? "EUR" : exampleOf(one)]));
  if (type === "array") return schema.items ? [exampleOf(schema.items)] : [];
  if (type === "number" || type === "integer") return schema.minimum ?? 1;
  if (type === "boolean") return true;
  return schema.format === "date" ? "2026-01-31" : schema.format === "date-time" ? "2026-01-31T09:00:00Z" : "example";
}
