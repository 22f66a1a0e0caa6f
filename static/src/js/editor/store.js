// What is being edited: one text, the document it stands for, and the way back. Everything else listens to it.
import { printText, readText } from "./document.js";
import { walk } from "./paths.js";

const STEPS_BACK = 200;
const SAME_EDIT = 1500;

/**
 * Events: "change" (detail.origin: form, tree, yaml, undo, remote, load), "select", "problems", "state".
 */
export class Store extends EventTarget {
  constructor({ schema, catalogue, mayWrite, combine }) {
    super();
    this.schema = schema;
    this.kinds = Object.fromEntries(Object.entries(schema.$defs).filter(([name]) => name !== "step" && name !== "steps"));
    this.catalogue = catalogue;
    this.mayWrite = mayWrite;
    this.combine = combine;
    this.selected = null;
    this.problems = [];
    this.collapsed = new Set();
    this.past = [];
    this.future = [];
    this.remotes = [];
    this.lastEdit = { key: "", at: 0 };
    this.printed = "";
    this.isStale = false;
    this.doc = null;
    this.data = {};
    this.error = null;
    this.places = [];
  }

  /** The text as it is now; made from the document only when somebody asks for it. */
  get text() {
    if (this.isStale) {
      this.printed = printText(this.doc, this.printed);
      this.isStale = false;
    }
    return this.printed;
  }

  load(text) {
    this.#read(text);
    this.#tell("change", { origin: "load" });
  }

  /** Change the document; edits with the same `key` in quick succession are one step back. `select` is chosen afterwards. */
  edit(change, { key = "", origin = "tree", select } = {}) {
    if (!this.mayWrite || !this.doc || this.error) return;
    this.#remember(key);
    change(this.doc);
    this.isStale = true;
    this.data = this.doc.toJS() ?? {};
    this.error = null;
    if (select !== undefined) this.selected = select;
    this.#survey();
    this.#tell("change", { origin });
  }

  /** Somebody types in the text itself. */
  write(text) {
    if (!this.mayWrite || text === this.text) return;
    this.#remember("yaml");
    this.#read(text);
    this.#tell("change", { origin: "yaml" });
  }

  /** What others saved, merged with what is here. */
  adopt(text) {
    if (text === this.text) return;
    this.remotes.push({ from: this.text, to: text });
    this.#read(text);
    this.#tell("change", { origin: "remote" });
  }

  undo() {
    return this.#travel(this.past, this.future);
  }

  redo() {
    return this.#travel(this.future, this.past);
  }

  select(id) {
    if (this.selected === id) return;
    this.selected = id;
    this.#tell("select", {});
  }

  setProblems(problems) {
    this.problems = problems;
    this.#tell("problems", {});
  }

  /** The place of a step by id: undefined when there is none. */
  place(id) {
    return this.places.find(({ step }) => step.id === id);
  }

  get ids() {
    return new Set(this.places.map(({ step }) => step.id));
  }

  #read(text) {
    const { doc, data, error } = readText(text);
    this.printed = text;
    this.isStale = false;
    this.error = error;
    if (!error) {
      this.doc = doc;
      this.data = data;
      this.#survey();
    }
  }

  #survey() {
    this.places = walk(this.data, this.kinds);
    if (this.selected && this.selected !== "" && !this.place(this.selected)) this.selected = null;
  }

  #remember(key) {
    const now = performance.now();
    const goesOn = key && key === this.lastEdit.key && now - this.lastEdit.at < SAME_EDIT;
    this.lastEdit = { key, at: now };
    this.future.length = 0;
    if (goesOn && this.past.length) return;
    this.past.push({ text: this.text, selected: this.selected, remotes: this.remotes.length });
    if (this.past.length > STEPS_BACK) this.past.shift();
  }

  /** What others saved since a step was remembered stays, whichever way one goes. */
  async #travel(from, to) {
    const entry = from.pop();
    if (!entry) return false;
    let { text } = entry;
    for (const remote of this.remotes.slice(entry.remotes)) {
      text = await this.combine(remote.from, text, remote.to);
      if (text === null) {
        from.push(entry);
        return false;
      }
    }
    to.push({ text: this.text, selected: this.selected, remotes: this.remotes.length });
    this.lastEdit = { key: "", at: 0 };
    this.#read(text);
    if (entry.selected === null || entry.selected === "" || this.place(entry.selected)) this.selected = entry.selected;
    this.#tell("change", { origin: "undo" });
    return true;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
